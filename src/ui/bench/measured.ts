import { formatRatio, formatRatioInterval, plural } from '../../base/format.ts';
import type { BenchVerdict } from '../../bench/types.ts';
import type { StopView } from '../../engine/types.ts';
import type { MeasuredGroup } from '../../recipe/types.ts';
import type { TrialRow } from './TuneTrials.tsx';
import { BENCH_VERDICTS } from './verdicts.ts';

/** Recipes come from files: a verdict that nobody knows settles nothing. */
const verdictOf = (text: string): BenchVerdict =>
  Object.hasOwn(BENCH_VERDICTS, text) ? (text as BenchVerdict) : 'inconclusive';

/** Everything that timing decided in these steps. */
export const measuredRows = (stops: readonly StopView[]): readonly TrialRow[] =>
  stops.flatMap(({ title, measured }) =>
    (measured ?? []).map(({ rule, sites, ratio, interval, verdict, kept }) => ({
      title,
      what: rule,
      sites,
      ratio,
      interval,
      verdict: verdictOf(verdict),
      kept,
    })),
  );

/** What stands on the card of a step: `1.08×, 1.05 to 1.11` for one group that was kept, the span for several. */
export function measuredText(groups: readonly MeasuredGroup[]): string {
  const kept = groups.filter((group) => group.kept);
  const [first] = kept;
  if (!first) return `${plural(groups.length, 'group')} timed, none kept`;
  if (kept.length === 1) return formatRatioInterval(first.ratio, first.interval);
  const ratios = kept.map(({ ratio }) => ratio);
  return `${formatRatio(Math.min(...ratios))} to ${formatRatio(Math.max(...ratios))}`;
}
