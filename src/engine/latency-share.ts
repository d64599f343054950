import { quantile } from '../bench/statistics.ts';
import type { BenchRequest, BenchResult } from '../bench/types.ts';

export interface TimedShare {
  /** The second model's latency as a share of the first one's. */
  readonly share: number;
  /** Median of the first one, ms. */
  readonly ms: number;
}

/** An interval of the ratio that is wider than this share of it was disturbed. */
const WIDE = 0.15;
/** Times that a disturbed measurement is made again. */
const AGAIN = 2;

/**
 * Times two models against each other; again where the machine was disturbed, and of several measurements the one with
 * the narrowest interval counts. Lower quartiles of the samples: whatever else the machine does only adds time, to a
 * short run a lot or nothing.
 */
export async function timeShare(
  time: (request: BenchRequest) => Promise<BenchResult>,
  request: BenchRequest,
): Promise<TimedShare> {
  let best = await time(request);
  for (let again = 0; again < AGAIN && !(spreadOf(best) <= WIDE); again++) {
    const next = await time(request);
    if (!(spreadOf(best) <= spreadOf(next))) best = next;
  }
  const { a, b } = best;
  if (!b) throw new Error('invariant: a share is one of two models');
  return { share: quantile(b.samples, 0.25) / quantile(a.samples, 0.25), ms: a.median };
}

/** Width of the interval, as a share of the ratio; NaN where there is none. */
const spreadOf = ({ ratio, interval }: BenchResult): number =>
  ratio && interval ? (interval[1] - interval[0]) / ratio : NaN;
