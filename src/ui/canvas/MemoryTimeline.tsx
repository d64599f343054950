import { useMemo } from 'react';
import { formatBytes } from '../../base/format.ts';
import type { OverlayValues } from '../../engine/types.ts';
import type { Scene } from './scene.ts';
import type { GraphCanvasProps } from './types.ts';

const WIDTH = 320;
const HEIGHT = 52;

interface Props {
  readonly scene: Scene;
  readonly entry: GraphCanvasProps['overlayEntry'];
  /** Brings an item into view. */
  readonly onGoTo: (item: number) => void;
}

/** Live activations over the run, first node to last; a press goes to the node that runs then. */
export function MemoryTimeline({ scene, entry, onGoTo }: Props) {
  const values = entry?.state === 'ready' ? entry.values : null;
  const shape = useMemo(() => values && timelineOf(values), [values]);
  if (!values || !shape || !(shape.most > 0)) return null;
  const goTo = (index: number): void => {
    const row = scene.rowOf.get(values.nodes[index] ?? -1);
    if (row !== undefined) onGoTo(scene.items.ofRow[row]!);
  };
  const peakRow = scene.rowOf.get(values.nodes[shape.peak] ?? -1);
  const peak = `${formatBytes(shape.most)} at ${peakRow === undefined ? '–' : scene.label(peakRow)}`;
  const x = ((shape.peak + 0.5) / values.nodes.length) * WIDTH;
  return (
    <div className="gc-timeline">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={`Live memory over ${values.nodes.length} nodes; the peak is ${peak}.`}
        onPointerDown={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const share = Math.max(0, Math.min(1 - 1e-9, (event.clientX - box.left) / box.width));
          goTo(Math.floor(share * values.nodes.length));
        }}
      >
        <path d={shape.path} />
        <line x1={x} x2={x} y1={0} y2={HEIGHT} />
      </svg>
      <button type="button" className="gc-do" onClick={() => goTo(shape.peak)}>
        Peak {peak}
      </button>
    </div>
  );
}

/** The outline of the area, at most one step a pixel: of several nodes the highest counts. */
export function timelineOf({ values }: Pick<OverlayValues, 'values'>): {
  readonly path: string;
  readonly peak: number;
  readonly most: number;
} {
  let peak = 0;
  values.forEach((value, index) => {
    if (value > (values[peak] ?? 0)) peak = index;
  });
  const most = values[peak] ?? 0;
  const columns = Math.min(WIDTH, values.length);
  const steps: string[] = [`M0 ${HEIGHT}`];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * values.length) / columns);
    const end = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const highest = values.subarray(from, end).reduce((a, b) => Math.max(a, b), 0);
    const y = HEIGHT - (most > 0 ? (highest / most) * (HEIGHT - 2) : 0);
    steps.push(`V${y.toFixed(1)}H${(((column + 1) * WIDTH) / columns).toFixed(1)}`);
  }
  return { path: `${steps.join('')}V${HEIGHT}Z`, peak, most };
}
