import { defined } from '../base/assert.ts';
import { seeded } from '../base/random.ts';
import { benchMessage } from './message.ts';
import { bootstrapRatio, judge, median, medianDeviation, quantile } from './statistics.ts';
import type { Across, BenchResult, Conditions, Timing } from './types.ts';

const RESAMPLES = 2000;
const SEED = 1;

/** One benchmark of several that asked for the same: their samples together, each with rounds of its own. */
export function mergeResults(results: readonly BenchResult[]): BenchResult {
  const [first, ...later] = results;
  if (!first || later.length === 0) return defined(first, 'a benchmark to merge');
  const a = mergeTimings(results.map((each) => each.a));
  const others = results.flatMap((each) => each.b ?? []);
  const b = others.length > 0 ? mergeTimings(others) : null;
  const interval = b && bootstrapRatio(a.samples, b.samples, SEED, a.blocks);
  const merged = {
    ...first,
    a,
    b,
    ratio: b && a.median / b.median,
    interval,
    verdict: interval && (first.software ? 'no verdict' : judge(interval, a.samples.length)),
    conditions: mergeConditions(results.map((each) => each.conditions)),
  };
  return { ...merged, message: benchMessage(merged, a.samples.length) };
}

function mergeTimings(timings: readonly Timing[]): Timing {
  const first = defined(timings[0], 'a timing to merge');
  const samples = timings.flatMap((each) => each.samples);
  return {
    ...first,
    median: median(samples),
    p95: quantile(samples, 0.95),
    min: Math.min(...samples),
    mad: medianDeviation(samples),
    samples,
    blocks: timings.flatMap((each) => each.blocks),
    warmups: timings.reduce((sum, each) => sum + each.warmups, 0),
    starts: timings.flatMap((each) => each.starts),
    firstRuns: timings.flatMap((each) => each.firstRuns),
    heapBytes: timings.find((each) => each.heapBytes !== null)?.heapBytes ?? null,
  };
}

/** The worst of all, each warning once. */
export function mergeConditions(all: readonly Conditions[]): Conditions {
  const worst = (read: (each: Conditions) => number | null): number | null =>
    all.reduce<number | null>((most, each) => {
      const value = read(each);
      return value === null ? most : Math.max(most ?? value, value);
    }, null);
  return {
    disturbed: worst((each) => each.disturbed),
    slowdown: worst((each) => each.slowdown),
    warnings: [...new Set(all.flatMap((each) => each.warnings))],
  };
}

/** What is compared across settings: the result where there is one, else the model that was timed alone. */
const subjectOf = ({ a, b }: BenchResult): Timing => b ?? a;

/**
 * How each setting does against the first. They take turns by rounds, not by runs, so rounds are resampled as clusters,
 * those of both by themselves, and samples within (Efron and Tibshirani, 1993, chapter 8).
 */
export function acrossSettings(cells: readonly BenchResult[]): readonly Across[] {
  const [first] = cells;
  if (!first) return [];
  const base = subjectOf(first);
  return cells.map((cell, index): Across => {
    if (index === 0) return { ratio: 1, interval: [1, 1], verdict: null };
    const timing = subjectOf(cell);
    const random = seeded(SEED);
    const ratios = Array.from({ length: RESAMPLES }, () => median(drawn(base, random)) / median(drawn(timing, random)));
    const interval = [quantile(ratios, 0.025), quantile(ratios, 0.975)] as const;
    const isSoftware = first.software || cell.software;
    const pairs = Math.min(base.samples.length, timing.samples.length);
    const verdict = isSoftware ? 'no verdict' : judge(interval, pairs);
    return { ratio: base.median / timing.median, interval, verdict };
  });
}

/** Rounds drawn with replacement, and samples in each. */
function drawn({ samples, blocks }: Timing, random: () => number): number[] {
  const toss = (count: number): number => Math.floor(random() * count);
  return blocks.flatMap(() => {
    const round = toss(blocks.length);
    const size = blocks[round] ?? 0;
    const start = blocks.slice(0, round).reduce((sum, each) => sum + each, 0);
    return Array.from({ length: size }, () => samples[start + toss(size)] ?? NaN);
  });
}
