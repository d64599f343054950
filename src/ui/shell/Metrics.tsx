import { ArrowRight } from 'lucide-react';
import { useMemo } from 'react';
import {
  bytesPair,
  countPair,
  formatChange,
  formatRatio,
  formatRatioInterval,
  msPair,
  THIN,
  UNKNOWN,
  type Pair,
} from '../../base/format.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { App } from '../../state/app.ts';
import type { BenchEntry, DocumentState } from '../../state/document.ts';
import { Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';

type Numbers = Pick<ModelSummary, 'bytes' | 'macs' | 'parameters'>;

/** The numbers after: of what is in preview or being pruned, else of the stop shown. */
function after({ document, preview, prune }: DocumentState): Numbers | null {
  if (prune) return prune.forecast;
  if (preview?.result) return preview.result.summary;
  return document?.stops[document.cursor]?.summary ?? null;
}

interface ChipProps {
  readonly label: string;
  readonly pair: Pair;
  /** `−46.3 %`, `same`, `1.63× faster`. */
  readonly change: string;
  readonly tone: 'good' | 'bad' | 'plain';
  readonly title?: string;
  readonly className?: string;
}

const TONES = { good: 'text-added', bad: 'text-removed', plain: 'text-ink-3' } as const;

/** One number before and after. Its place tints once when it changes. */
export function Chip({ label, pair, change, tone, title, className = '' }: ChipProps) {
  const unit = pair.unit === '' ? '' : THIN + pair.unit;
  return (
    <div
      role="group"
      aria-label={label}
      title={title}
      className={`num flex flex-col justify-center gap-px border-l border-line-soft px-2.5 leading-[1.2] whitespace-nowrap min-w-[112px] roomy:min-w-[124px] roomy:px-[13px] ${className}`}
    >
      <span className="flex justify-between gap-2.5 text-10 text-ink-3">
        <span>{label}</span>
        <span className={TONES[tone]}>{change}</span>
      </span>
      <span key={pair.before + pair.after} className="tint flex items-center gap-1 rounded-1 text-12 font-medium">
        <span className="font-regular text-ink-3">{pair.before}</span>
        <Icon of={ArrowRight} size={10} className="text-ink-3 opacity-80" />
        {pair.after}
        {pair.after === UNKNOWN ? '' : unit}
      </span>
    </div>
  );
}

/** Less is better for size, MACs and parameters. */
export function counted(before: number | null, now: number | null): Pick<ChipProps, 'change' | 'tone'> {
  const change = formatChange(before, now);
  const tone = change === 'same' || before === null || now === null ? 'plain' : now < before ? 'good' : 'bad';
  return { change, tone };
}

/** The newest benchmark of the stop shown against the original. */
function benchOf({ benches, document }: DocumentState): BenchEntry | undefined {
  return benches.findLast(({ a, b, loads }) => a === 0 && b === document?.cursor && loads === undefined);
}

const VERDICT_TONES = {
  faster: 'good',
  slower: 'bad',
  'no change': 'plain',
  inconclusive: 'plain',
  'no verdict': 'plain',
} as const;

function LatencyChip({ app }: { readonly app: App }) {
  const entry = useDocument(app, benchOf);
  const unsettled = useDocument(app, (state) => state.preview !== null || state.prune !== null);
  const result = entry?.result;
  if (!result || !result.b || !result.verdict) {
    const title = unsettled ? 'Measured once the step is applied.' : 'Not timed yet: run a benchmark.';
    const before = result?.a.median ?? null;
    return <Chip label="Latency" pair={msPair(before, null)} change="not timed" tone="plain" title={title} />;
  }
  const { verdict, ratio, interval, a, b } = result;
  const moved = verdict === 'faster' || verdict === 'slower';
  return (
    <Chip
      label="Latency"
      pair={unsettled ? msPair(a.median, null) : msPair(a.median, b.median)}
      change={unsettled ? 'measured on apply' : moved ? `${formatRatio(ratio)} ${verdict}` : verdict}
      tone={unsettled ? 'plain' : VERDICT_TONES[verdict]}
      title={`${formatRatioInterval(ratio, interval)}, ${result.backend}, ${result.threads} threads`}
    />
  );
}

/** Before and after, in the top bar at all times. */
export function Metrics({ app }: { readonly app: App }) {
  const before = useDocument(app, (state) => state.document?.stops[0]?.summary);
  const now = useDocument(app, after);
  const assumed = useMemo(
    () => Object.entries(before?.assumed ?? {}).map(([name, size]) => `${name} = ${size}`),
    [before],
  );
  if (!before || !now) return null;
  const counts = assumed.length > 0 ? { title: `Counted with ${assumed.join(', ')}.` } : {};
  const unknown = before.macs === null ? { title: 'Some operators or shapes are unknown, so MACs are too.' } : {};
  return (
    <div className="ml-auto flex h-full" role="group" aria-label="Before and after">
      <Chip label="Size" pair={bytesPair(before.bytes, now.bytes)} {...counted(before.bytes, now.bytes)} />
      <Chip
        label="MACs"
        pair={countPair(before.macs, now.macs)}
        {...counted(before.macs, now.macs)}
        {...counts}
        {...unknown}
      />
      <Chip
        label="Parameters"
        className="hidden roomy:flex"
        pair={countPair(before.parameters, now.parameters)}
        {...counted(before.parameters, now.parameters)}
      />
      <LatencyChip app={app} />
    </div>
  );
}
