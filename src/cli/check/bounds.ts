/** A value with what noise leaves open of it: its 95 % interval. What is counted exactly has an interval of itself. */
export interface Measured {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/**
 * A bound is broken only beyond noise: where the whole interval lies beyond it. It is met where the whole interval lies
 * within, and undecided where the bound lies inside of the interval.
 */
export type Status = 'met' | 'broken' | 'undecided';

export const exactly = (value: number): Measured => ({ value, interval: [value, value] });

export const atMost = ({ interval: [low, high] }: Measured, bound: number): Status =>
  high <= bound ? 'met' : low > bound ? 'broken' : 'undecided';

export const atLeast = ({ interval: [low, high] }: Measured, bound: number): Status =>
  low >= bound ? 'met' : high < bound ? 'broken' : 'undecided';

/** The 97.5 % quantile of the normal distribution. */
const Z = 1.96;

/**
 * By how many percentage points fewer samples are right, where of n samples `broken` are right only before, `fixed` only
 * after. The interval is the adjusted one of Wald for paired samples (Bonett and Price, 2012), which holds for few
 * samples too.
 */
export function dropOf(samples: number, broken: number, fixed: number): Measured {
  const total = samples + 2;
  const [lost, won] = [(broken + 1) / total, (fixed + 1) / total];
  const spread = Z * Math.sqrt((lost + won - (lost - won) ** 2) / total);
  const points = (share: number): number => 100 * Math.max(-1, Math.min(1, share));
  return {
    value: (100 * (broken - fixed)) / samples,
    interval: [points(lost - won - spread), points(lost - won + spread)],
  };
}

/** Percentage points of samples, of n, that are answered otherwise; Wilson's score interval (Wilson, 1927). */
export function changedOf(samples: number, changed: number): Measured {
  const share = changed / samples;
  const weight = Z ** 2 / samples;
  const middle = (share + weight / 2) / (1 + weight);
  const spread = (Z * Math.sqrt((share * (1 - share)) / samples + weight / (4 * samples))) / (1 + weight);
  return { value: 100 * share, interval: [100 * Math.max(0, middle - spread), 100 * Math.min(1, middle + spread)] };
}
