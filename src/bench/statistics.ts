import { seeded } from '../base/random.ts';
import type { BenchVerdict, TierUp } from './types.ts';

/** The q-quantile, linear between order statistics (Hyndman and Fan's type 7); NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const place = q * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? NaN;
  const high = sorted[Math.ceil(place)] ?? NaN;
  return low + (high - low) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Median absolute deviation from the median: the spread that outliers do not move. */
export function medianDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** Theil and Sen's slope: the median of the slopes of all pairs, per index. */
export function slope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values.length; j++) slopes.push(((values[j] ?? 0) - (values[i] ?? 0)) / (j - i));
  }
  return slopes.length === 0 ? 0 : median(slopes);
}

const WINDOW = 8;
/** Share of the median by which a warm-up window may still fall. */
const FLAT = 0.02;

/** Whether times have stopped falling: over the last windows the slope takes off less than 2 %. */
export function isSettled(times: readonly number[]): boolean {
  if (times.length < WINDOW) return false;
  const last = times.slice(-WINDOW);
  return slope(last) * (WINDOW - 1) > -FLAT * median(last);
}

/** A step that is worth speaking of. */
const STEP = 1.3;

/** The step in a warm-up: the split with the least absolute deviations from the medians of both sides. Null: no step. */
export function tierUpOf(times: readonly number[]): TierUp | null {
  let best = { after: 0, cost: Infinity, factor: 1 };
  for (let after = 1; after < times.length; after++) {
    const [before, since] = [times.slice(0, after), times.slice(after)];
    const [high, low] = [median(before), median(since)];
    const cost =
      before.reduce((sum, each) => sum + Math.abs(each - high), 0) +
      since.reduce((sum, each) => sum + Math.abs(each - low), 0);
    if (cost < best.cost) best = { after, cost, factor: high / low };
  }
  return best.factor >= STEP ? { after: best.after, factor: best.factor } : null;
}

const RESAMPLES = 2000;

/**
 * The 95 % percentile interval of median(a)/median(b), by resampling *pairs*: samples taken side by side share what
 * the machine did meanwhile, and stay together. Where the samples were taken in rounds, these are resampled first, as
 * clusters: sessions that lie elsewhere in memory may differ (Efron and Tibshirani, 1993, chapters 8 and 13).
 *
 * @param blocks samples of each round
 */
export function bootstrapRatio(
  a: readonly number[],
  b: readonly number[],
  seed = 1,
  blocks: readonly number[] = [Math.min(a.length, b.length)],
): readonly [number, number] {
  const random = seeded(seed);
  const toss = (count: number): number => Math.floor(random() * count);
  const starts = blocks.map((_, round) => blocks.slice(0, round).reduce((sum, size) => sum + size, 0));
  const ratios: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    const picks: number[] = [];
    for (let round = 0; round < blocks.length; round++) {
      const from = blocks.length === 1 ? 0 : toss(blocks.length);
      const [start, size] = [starts[from] ?? 0, blocks[from] ?? 0];
      for (let k = 0; k < size; k++) picks.push(start + toss(size));
    }
    ratios.push(median(picks.map((at) => a[at] ?? NaN)) / median(picks.map((at) => b[at] ?? NaN)));
  }
  return [quantile(ratios, 0.025), quantile(ratios, 0.975)];
}

/** Half the width of an interval, as a share of its middle. */
export const halfWidth = ([low, high]: readonly [number, number]): number => (high - low) / (high + low);

/** Below this an interval says more than the samples do. */
export const MIN_PAIRS = 6;
/** A speed-up within this of 1 is no change worth having. */
const NO_CHANGE = 0.03;

export function judge(interval: readonly [number, number], pairs: number): BenchVerdict {
  const [low, high] = interval;
  if (pairs < MIN_PAIRS || !Number.isFinite(low) || !Number.isFinite(high)) return 'inconclusive';
  if (low >= 1 - NO_CHANGE && high <= 1 + NO_CHANGE) return 'no change';
  if (low > 1) return 'faster';
  return high < 1 ? 'slower' : 'inconclusive';
}
