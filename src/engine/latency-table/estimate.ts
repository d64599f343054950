import { quantile } from '../../bench/statistics.ts';

/** A group of samples spans at least this, ms: a browser's clock moves in steps of 5 µs or more. */
const SPAN = 0.2;
/** Groups that are left at least, however short the kernel. */
const GROUPS = 8;
/** Of the groups' means: whatever else a machine does only adds time, and the very fastest is luck. */
const LOW = 0.2;

export interface Estimate {
  /** ms */
  readonly ms: number;
  /** Interquartile range over `ms`; 0 where `ms` is 0. */
  readonly spread: number;
}

/**
 * Time of a kernel from its samples, ms: a low quantile of the means of groups of runs, as many in each as it takes for the
 * clock's step not to matter.
 */
export function estimate(samples: ArrayLike<number>): Estimate {
  const all = Array.from(samples).filter(Number.isFinite);
  if (all.length === 0) return { ms: 0, spread: 0 };
  const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
  const most = Math.max(1, Math.floor(all.length / GROUPS));
  const size = Math.min(most, Math.max(1, Math.ceil(SPAN / Math.max(mean, 1e-6))));
  const means: number[] = [];
  for (let from = 0; from + size <= all.length; from += size) {
    means.push(all.slice(from, from + size).reduce((sum, each) => sum + each, 0) / size);
  }
  const ms = quantile(means, LOW);
  return { ms, spread: ms > 0 ? (quantile(means, 0.75) - quantile(means, 0.25)) / ms : 0 };
}
