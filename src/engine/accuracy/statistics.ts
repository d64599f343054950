import type { Proportion } from './types.ts';

const Z = 1.959963984540054;

/** Wilson's score interval, 95 %: it stays within 0 and 1 and holds for small counts (Wilson, 1927). */
export function proportion(right: number, total: number): Proportion {
  if (total === 0) return { right, share: NaN, interval: [NaN, NaN] };
  const share = right / total;
  const spread = 1 + Z ** 2 / total;
  const middle = (share + Z ** 2 / (2 * total)) / spread;
  const half = (Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2))) / spread;
  return { right, share, interval: [Math.max(0, middle - half), Math.min(1, middle + half)] };
}

/**
 * Exact two-sided p of McNemar's test: of the samples that only one of two models has right, how likely a split at least
 * as uneven is when both are as good (a binomial test at 1/2; Fay, 2010).
 */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const total = onlyFirst + onlySecond;
  if (total === 0) return 1;
  const most = Math.min(onlyFirst, onlySecond);
  let tail = 0;
  // The logarithm of the binomial coefficient over 2^total, term by term.
  let log = -total * Math.LN2;
  for (let k = 0; k <= most; k++) {
    tail += Math.exp(log);
    log += Math.log(total - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}

const BINS = 15;

/** Confidence against accuracy, bin by bin. */
export class Calibration {
  private readonly count = new Float64Array(BINS);
  private readonly confidence = new Float64Array(BINS);
  private readonly right = new Float64Array(BINS);

  add(confidence: number, isRight: boolean): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    this.count[bin] = (this.count[bin] ?? 0) + 1;
    this.confidence[bin] = (this.confidence[bin] ?? 0) + confidence;
    if (isRight) this.right[bin] = (this.right[bin] ?? 0) + 1;
  }

  /** Expected calibration error: the mean gap, weighted by the samples in each bin (Guo et al., 2017). */
  error(): number {
    const total = this.count.reduce((sum, each) => sum + each, 0);
    const gaps = this.count.map((_, bin) => Math.abs((this.confidence[bin] ?? 0) - (this.right[bin] ?? 0)));
    return gaps.reduce((sum, each) => sum + each, 0) / Math.max(total, 1);
  }
}
