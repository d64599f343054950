import type { ChannelMoments, ChannelSpread, ChannelStats, Observed, PairMoments } from '../../rewrite/facts.ts';
import { outputName, pairOutput, spreadOutput, type Measured } from './outputs.ts';

/** Adds up what the runs of an observing model gave; runs weigh by the positions that they saw. */
export class StatsSum {
  private readonly observed: Observed;
  private count = 0;
  private readonly sums: Record<'abs' | 'square' | 'mean' | 'zeros', Float64Array | null> = {
    abs: null,
    square: null,
    mean: null,
    zeros: null,
  };
  private min: Float64Array | null = null;
  private max: Float64Array | null = null;

  constructor(observed: Observed) {
    this.observed = observed;
  }

  add(run: Measured): void {
    const total = run[outputName(this.observed, 'count')]?.[0] ?? 0;
    for (const figure of ['abs', 'square', 'mean', 'zeros'] as const) {
      const values = run[outputName(this.observed, figure)] ?? [];
      const sum = (this.sums[figure] ??= new Float64Array(values.length));
      const positions = total / Math.max(values.length, 1);
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + positions * (values[i] ?? 0);
    }
    this.count += total / Math.max(this.sums.abs?.length ?? 1, 1);
    this.min = extremes(this.min, run[outputName(this.observed, 'min')] ?? [], Math.min);
    this.max = extremes(this.max, run[outputName(this.observed, 'max')] ?? [], Math.max);
  }

  result(): ChannelStats {
    const mean = (sums: Float64Array | null): Float64Array =>
      (sums ?? new Float64Array()).map((sum) => sum / Math.max(this.count, 1));
    const { abs, square, mean: first, zeros } = this.sums;
    const means = { meanAbs: mean(abs), meanSquare: mean(square), mean: mean(first), zeros: mean(zeros) };
    const none = new Float64Array();
    return { count: this.count, ...means, min: this.min ?? none, max: this.max ?? none };
  }
}

/** The same for moments. */
export class MomentsSum {
  private readonly observed: Observed;
  private count = 0;
  private first: Float64Array | null = null;
  private second: Float64Array | null = null;

  constructor(observed: Observed) {
    this.observed = observed;
  }

  add(run: Measured): void {
    const [first, second] = ['first', 'second'].map((figure) => run[outputName(this.observed, figure)] ?? []);
    this.first = added(this.first, first ?? []);
    this.second = added(this.second, second ?? []);
    this.count += (run[outputName(this.observed, 'elements')]?.[0] ?? 0) / Math.max(this.first.length, 1);
  }

  result(): ChannelMoments {
    const mean = (sums: Float64Array | null): Float64Array =>
      (sums ?? new Float64Array()).map((sum) => sum / Math.max(this.count, 1));
    return { count: this.count, mean: mean(this.first), second: mean(this.second) };
  }
}

/** The same for the moments of a pair, by its place in the list. */
export class PairSum {
  private readonly index: number;
  private count = 0;
  private readonly sums: Record<'before' | 'after' | 'cross' | 'second', Float64Array | null> = {
    before: null,
    after: null,
    cross: null,
    second: null,
  };

  constructor(index: number) {
    this.index = index;
  }

  add(run: Measured): void {
    for (const figure of ['before', 'after', 'cross', 'second'] as const) {
      this.sums[figure] = added(this.sums[figure], run[pairOutput(this.index, figure)] ?? []);
    }
    const elements = run[pairOutput(this.index, 'elements')]?.[0] ?? 0;
    this.count += elements / Math.max(this.sums.after?.length ?? 1, 1);
  }

  result(): PairMoments {
    const mean = (sums: Float64Array | null): Float64Array =>
      (sums ?? new Float64Array()).map((sum) => sum / Math.max(this.count, 1));
    const { before, after, cross, second } = this.sums;
    return {
      count: this.count,
      meanBefore: mean(before),
      meanAfter: mean(after),
      cross: mean(cross),
      second: mean(second),
    };
  }
}

/**
 * Mean and variance over runs from those of each run (Chan, Golub & LeVeque 1979, Updating Formulae and a Pairwise
 * Algorithm for Computing Sample Variances), by its place in the list.
 */
export class SpreadSum {
  private readonly index: number;
  private count = 0;
  private mean: Float64Array | null = null;
  /** Σ (x - mean)² */
  private squares = new Float64Array();

  constructor(index: number) {
    this.index = index;
  }

  add(run: Measured): void {
    const [means, variances] = ['mean', 'variance'].map((figure) => run[spreadOutput(this.index, figure)] ?? []);
    const channels = means?.length ?? 0;
    const count = (run[spreadOutput(this.index, 'elements')]?.[0] ?? 0) / Math.max(channels, 1);
    if (count === 0) return;
    const total = this.count + count;
    const mean = (this.mean ??= new Float64Array(channels));
    if (this.squares.length !== channels) this.squares = new Float64Array(channels);
    for (let i = 0; i < channels; i++) {
      const apart = (means?.[i] ?? 0) - (mean[i] ?? 0);
      const between = (apart * apart * this.count * count) / total;
      this.squares[i] = (this.squares[i] ?? 0) + count * (variances?.[i] ?? 0) + between;
      mean[i] = (mean[i] ?? 0) + (apart * count) / total;
    }
    this.count = total;
  }

  result(): ChannelSpread {
    const variance = this.squares.map((sum) => sum / Math.max(this.count, 1));
    return { count: this.count, mean: this.mean ?? new Float64Array(), variance };
  }
}

const extremes = (
  known: Float64Array | null,
  values: ArrayLike<number>,
  of: (a: number, b: number) => number,
): Float64Array => Float64Array.from(values, (value, i) => of(known?.[i] ?? value, value));

function added(sums: Float64Array | null, values: ArrayLike<number>): Float64Array {
  const result = sums ?? new Float64Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = (result[i] ?? 0) + (values[i] ?? 0);
  return result;
}
