import { useMemo, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { formatInteger } from '../../base/format.ts';
import type { PruneGroupView } from '../../prune/types.ts';
import { barHeights, barPath, keptAtoms, sortedImportance, unitsOf } from './cut.ts';
import { widthAfterKey, widthText } from './WidthSlider.tsx';

const WIDTH = 330;
const HEIGHT = 120;

interface Props {
  readonly group: PruneGroupView;
  readonly kept: number;
  readonly roundTo: number;
  readonly locked: boolean;
  /** `alike`: so for all groups that are built like this one; Shift was held. */
  onChange(kept: number, alike: boolean): void;
}

/** Quarters of the axis, in channels or heads; fewer where they would not be whole numbers. */
function Ticks({ count }: { readonly count: number }) {
  return [0, 1, 2, 3, 4]
    .filter((quarter) => Number.isInteger((quarter / 4) * count))
    .map((quarter) => (
      <text key={quarter} x={(quarter / 4) * WIDTH} y={HEIGHT + 15} textAnchor={quarter === 4 ? 'end' : 'middle'}>
        {formatInteger((quarter / 4) * count)}
      </text>
    ));
}

const Grid = () =>
  [0, 0.5, 1].map((value) => (
    <g key={value}>
      <line x1={0} x2={WIDTH} y1={HEIGHT * (1 - value)} y2={HEIGHT * (1 - value)} />
      <text x={-6} y={HEIGHT * (1 - value) + 4} textAnchor="end">
        {value.toFixed(1)}
      </text>
    </g>
  ));

/** Sorted importances with a handle on the cut line: it is dragged, or moved by the keys of a slider. */
export function CutChart({ group, kept, roundTo, locked, onChange }: Props) {
  const box = useRef<SVGRectElement>(null);
  const path = useMemo(() => barPath(barHeights(sortedImportance(group), WIDTH), WIDTH, HEIGHT), [group]);
  const at = (keptAtoms(group, kept) / group.atoms) * WIDTH;
  const drag = (event: PointerEvent): void => {
    const bounds = box.current?.getBoundingClientRect();
    if (!bounds || locked || event.buttons !== 1) return;
    const share = (event.clientX - bounds.left) / bounds.width;
    onChange(Math.min(group.channels, Math.max(1, Math.round(share * group.channels))), event.shiftKey);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = locked ? null : widthAfterKey(group, kept, roundTo, event.key);
    if (next === null) return;
    event.preventDefault();
    onChange(next, event.shiftKey);
  };
  const start = (event: PointerEvent): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag(event);
  };
  return (
    <svg viewBox={`-28 -8 ${WIDTH + 34} ${HEIGHT + 28}`} className="axis w-full" data-cut-chart="">
      <Grid />
      <svg x={0} y={0} width={at} height={HEIGHT}>
        <path d={path} className="cut-bars" />
      </svg>
      <svg x={at} y={0} width={WIDTH - at} height={HEIGHT} viewBox={`${at} 0 ${Math.max(WIDTH - at, 0.01)} ${HEIGHT}`}>
        <path d={path} className="spark-cut" />
      </svg>
      <Ticks count={unitsOf(group, group.channels)} />
      <text
        x={at + 8}
        y={6}
        className="cut-label"
        textAnchor={at > WIDTH * 0.74 ? 'end' : 'start'}
        dx={at > WIDTH * 0.74 ? -16 : 0}
      >
        keep {formatInteger(unitsOf(group, kept))}
      </text>
      {kept < group.channels && at < WIDTH * 0.6 && (
        <text x={WIDTH} y={6} className="cut-removed" textAnchor="end">
          remove {formatInteger(unitsOf(group, group.channels) - unitsOf(group, kept))}
        </text>
      )}
      <rect
        ref={box}
        x={0}
        y={0}
        width={WIDTH}
        height={HEIGHT}
        className="cut-area"
        onPointerDown={start}
        onPointerMove={drag}
      />
      <g
        role="slider"
        tabIndex={locked ? -1 : 0}
        aria-label={`Cut of ${group.name}`}
        aria-valuemin={0}
        aria-valuemax={group.channels}
        aria-valuenow={kept}
        aria-valuetext={widthText(group, kept)}
        aria-disabled={locked}
        className="cut-handle"
        transform={`translate(${at} 0)`}
        onKeyDown={onKeyDown}
        onPointerDown={start}
        onPointerMove={drag}
      >
        <rect x={-12} y={-8} width={24} height={HEIGHT + 8} fill="transparent" />
        <line x1={0} x2={0} y1={-2} y2={HEIGHT} />
        <circle r={4} cy={-2} />
      </g>
    </svg>
  );
}
