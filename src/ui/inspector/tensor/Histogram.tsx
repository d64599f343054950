import { useId, useMemo, useState, type KeyboardEvent } from 'react';
import { formatInteger, formatShare, formatValue } from '../../../base/format.ts';
import type { TensorStats } from '../../../engine/detail-types.ts';

const WIDTH = 280;
const HEIGHT = 58;
const FLOOR = 52.5;

/** Share of the full height, 0 to 1; on the log scale a single element still shows. */
const heightOf = (count: number, largest: number, log: boolean): number =>
  log ? Math.log1p(count) / Math.log1p(largest) : count / largest;

/** Bars over equal bins; the tallest reaches the top. A bin that holds anything is at least half a pixel high. */
function barsPath(histogram: Float64Array, log: boolean): string {
  const largest = Math.max(1, ...histogram);
  const pitch = WIDTH / histogram.length;
  let path = '';
  histogram.forEach((count, index) => {
    const height = count === 0 ? 0 : Math.max(0.5, heightOf(count, largest, log) * (FLOOR - 4));
    const width = Math.max(0.5, pitch - 1.1);
    path += `M${(index * pitch + 0.5).toFixed(1)} ${(FLOOR - height).toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h-${width.toFixed(1)}z`;
  });
  return path;
}

/** `−0.12 to −0.08: 412 elements, 3.2 %`. */
function binText({ min, max, histogram, size }: TensorStats, bin: number): string {
  const width = (max - min) / histogram.length;
  const count = histogram[bin] ?? 0;
  const from = formatValue(min + bin * width);
  const to = formatValue(min + (bin + 1) * width);
  return `${from} to ${to}: ${formatInteger(count)}, ${formatShare(count / size)}`;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -8, PageDown: 8 };

/** Distribution of a constant; one bin at a time is read out, by the mouse or by the arrows. */
export function Histogram({ stats, family }: { readonly stats: TensorStats; readonly family: string }) {
  const [log, setLog] = useState(false);
  const [bin, setBin] = useState<number | null>(null);
  const readout = useId();
  const { histogram, name, min, max, mean, std, size } = stats;
  const path = useMemo(() => barsPath(histogram, log), [histogram, log]);
  const bins = histogram.length;
  const pitch = WIDTH / bins;
  const clamp = (at: number): number => Math.max(0, Math.min(bins - 1, at));
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setBin(clamp(bin === null ? (by > 0 ? 0 : bins - 1) : bin + by));
  };
  return (
    <div className="relative">
      <button
        type="button"
        className="ins-log"
        aria-pressed={log}
        title="Counts on a logarithmic scale"
        onClick={() => setLog(!log)}
      >
        log
      </button>
      <svg
        width="100%"
        height={HEIGHT}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        tabIndex={0}
        aria-label={`${name}: from ${formatValue(min)} to ${formatValue(max)}, mean ${formatValue(mean)}`}
        aria-describedby={readout}
        className="rounded-1"
        onKeyDown={onKeyDown}
        onBlur={() => setBin(null)}
        onPointerLeave={() => setBin(null)}
        onPointerMove={({ clientX, currentTarget }) => {
          const box = currentTarget.getBoundingClientRect();
          setBin(clamp(Math.floor(((clientX - box.left) / box.width) * bins)));
        }}
      >
        {bin !== null && <rect x={bin * pitch} width={pitch} height={FLOOR} fill="var(--hover)" />}
        <path className={`f-${family}`} d={path} fill="var(--f)" opacity=".83" />
        <path d={`M0 ${FLOOR}H${WIDTH}`} stroke="var(--line-strong)" />
      </svg>
      <p id={readout} className="num flex justify-between gap-2 text-105 text-ink-3">
        {bin === null ? (
          <>
            <span>{formatValue(min)}</span>
            <span className="ell">
              mean {formatValue(mean)} · σ {formatValue(std)} · {formatShare(size > 0 ? stats.zeros / size : null)} zero
            </span>
            <span>{formatValue(max)}</span>
          </>
        ) : (
          <span className="ell">{binText(stats, bin)}</span>
        )}
      </p>
    </div>
  );
}
