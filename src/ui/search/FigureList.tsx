import { clsx } from 'clsx';
import { formatBytes, formatCount, formatMs, formatRatio } from '../../base/format.ts';
import type { SearchPoint } from '../../search/types.ts';
import { type SearchRun } from '../../state/searching-run.ts';
import { QUALITY_WORDS, qualityText } from '../../search/figures.ts';

/** What a network comes to. */
export function FigureList({
  run,
  point,
  className,
}: {
  readonly run: SearchRun;
  readonly point: SearchPoint;
  readonly className?: string;
}) {
  const { metrics, latency, measured } = point;
  const { quality, points } = run;
  const first = points[0];
  // Like is held against like: what was predicted against what was predicted.
  const faster = (now: number | null, before: number | null | undefined): string | null =>
    point.id !== 0 && now && before ? formatRatio(before / now) : null;
  const rows: readonly (readonly [string, string, string | null])[] = [
    ['Predicted', formatMs(latency), faster(latency, first?.latency)],
    ...(measured === null ? [] : [['Measured', formatMs(measured), faster(measured, first?.measured)] as const]),
    [QUALITY_WORDS[quality], qualityText(metrics.quality[quality], quality), null],
    ['Size', formatBytes(metrics.bytes), null],
    ['MACs', formatCount(metrics.macs), null],
  ];
  return (
    <dl className={clsx('search-figures num', className)}>
      {rows.map(([name, text, more]) => (
        <div key={name} className="contents">
          <dt>{name}</dt>
          <dd>
            {text}
            {more !== null && <span className="ml-1.5 text-ink-3">{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
