import { defined } from '../base/assert.ts';
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
 * Times two models against each other, and again where the machine was disturbed. The fastest samples of both are
 * compared: whatever else a machine does only adds time (Chen and Revels, 2016, Robust benchmarking in noisy
 * environments).
 */
export async function timeShare(
  time: (request: BenchRequest) => Promise<BenchResult>,
  request: BenchRequest,
): Promise<TimedShare> {
  let [a, b, ms] = [Infinity, Infinity, Infinity];
  for (let taken = 0, disturbed = true; disturbed && taken <= AGAIN; taken++) {
    const result = await time(request);
    a = Math.min(a, result.a.min);
    b = Math.min(b, defined(result.b, 'the second model').min);
    ms = Math.min(ms, result.a.median);
    disturbed = !(spreadOf(result) <= WIDE);
  }
  return { share: b / a, ms };
}

/** Width of the interval, as a share of the ratio; NaN where there is none. */
const spreadOf = ({ ratio, interval }: BenchResult): number =>
  ratio && interval ? (interval[1] - interval[0]) / ratio : NaN;
