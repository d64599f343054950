import { useEffect, useMemo } from 'react';
import { formatBytes, formatInteger, formatShape, formatShare, formatValue } from '../../base/format.ts';
import type { TensorStats } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { useDocument } from '../kit/use-store.ts';

const WIDTH = 280;
const HEIGHT = 58;
const FLOOR = 52.5;

/** Bars over equal bins; the tallest reaches the top. A bin that holds anything is at least half a pixel high. */
function barsPath(histogram: Float64Array): string {
  const largest = Math.max(1, ...histogram);
  const pitch = WIDTH / histogram.length;
  let path = '';
  histogram.forEach((count, index) => {
    const height = count === 0 ? 0 : Math.max(0.5, (count / largest) * (FLOOR - 4));
    const width = Math.max(0.5, pitch - 1.1);
    path += `M${(index * pitch + 0.5).toFixed(1)} ${(FLOOR - height).toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h-${width.toFixed(1)}z`;
  });
  return path;
}

function Bars({ stats, family }: { readonly stats: TensorStats; readonly family: string }) {
  const path = useMemo(() => barsPath(stats.histogram), [stats]);
  const count = stats.shape.reduce((product, size) => product * size, 1);
  const label = `${stats.name}: from ${formatValue(stats.min)} to ${formatValue(stats.max)}, mean ${formatValue(stats.mean)}`;
  return (
    <>
      <svg
        width="100%"
        height={HEIGHT}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <path className={`f-${family}`} d={path} fill="var(--f)" opacity=".83" />
        <path d={`M0 ${FLOOR}H${WIDTH}`} stroke="var(--line-strong)" />
      </svg>
      <p className="num flex justify-between gap-2 text-105 text-ink-3">
        <span>{formatValue(stats.min)}</span>
        <span className="ell">
          mean {formatValue(stats.mean)} · σ {formatValue(stats.std)} ·{' '}
          {formatShare(count > 0 ? stats.zeros / count : null)} zero
        </span>
        <span>{formatValue(stats.max)}</span>
      </p>
      {stats.nans > 0 && <p className="text-11 text-error">{formatInteger(stats.nans)} are not numbers (NaN).</p>}
    </>
  );
}

interface TensorHistogramProps {
  readonly app: App;
  readonly value: number;
  readonly title: string;
  readonly family: string;
}

/** A constant in numbers: asked for when it is shown. Its height is kept free while it is computed. */
export function TensorHistogram({ app, value, title, family }: TensorHistogramProps) {
  const entry = useDocument(app, (state) => state.tensors[value]);
  const wanted = entry === undefined;
  useEffect(() => {
    if (wanted) app.actions.loadTensor(value);
  }, [app, value, wanted]);
  const stats = entry?.state === 'ready' ? entry.stats : null;
  const count = stats?.shape.reduce((product, size) => product * size, 1);
  return (
    <div>
      <h4 className="h4 mb-1">
        <span className="ell">
          {title} {stats && <span className="mono font-regular text-ink-3">{formatShape(stats.shape)}</span>}
        </span>
        <span className="num font-regular text-ink-3">
          {stats ? `${formatInteger(count)} · ${formatBytes(stats.bytes)}` : ''}
        </span>
      </h4>
      <div className="min-h-[74px]">
        {stats && <Bars stats={stats} family={family} />}
        {entry?.state === 'failed' && (
          <p className="text-11 text-warning [overflow-wrap:anywhere]">{entry.error.message}</p>
        )}
      </div>
    </div>
  );
}
