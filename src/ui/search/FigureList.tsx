import { clsx } from 'clsx';
import { formatBytes, formatCount, formatMs, formatRatio, UNKNOWN } from '../../base/format.ts';
import type { SearchPoint } from '../../search/types.ts';
import { qualityOf, type SearchRun } from '../../state/searching-run.ts';
import { QUALITY_WORDS, qualityText } from './figures.ts';

/** Predicted and measured, each with its name: they are not the same. */
export function latencyText({ latency, measured }: SearchPoint): string {
  if (measured !== null) {
    return latency === null
      ? `${formatMs(measured)} measured`
      : `${formatMs(measured)}, predicted ${formatMs(latency)}`;
  }
  return latency === null ? UNKNOWN : `${formatMs(latency)} predicted`;
}

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
  const quality = qualityOf(run);
  const first = run.points[0];
  const before = measured === null ? first?.latency : (first?.measured ?? null);
  const now = measured ?? latency;
  const rows: readonly (readonly [string, string, string | null])[] = [
    ['Latency', latencyText(point), before && now && point.id !== 0 ? formatRatio(before / now) : null],
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
