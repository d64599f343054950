import type { CostTerms } from '../types.ts';
import type { Term } from '../terms.ts';

/** A part of the latency that changes with the widths in one way: `terms` add up to 1 at the full widths. */
export interface LatencyFeature {
  /** Kind of kernel and what its time follows: `pointwise: MACs`. */
  readonly name: string;
  /** What the profile of the whole model lets expect of it: its share of the time. */
  readonly prior: number;
  readonly terms: readonly Term[];
}

/** A model cut to some widths, timed against the whole one, interleaved. */
export interface LatencyPoint {
  /** Channels kept, by group index. */
  readonly kept: Int32Array;
  /** Its latency as a share of the whole model's. */
  readonly share: number;
}

/** Latency as a function of the widths, fitted to points that were measured on one device. */
export interface LatencyFit {
  /** The share of the whole model's latency at given widths. */
  readonly terms: CostTerms;
  /** Median over the points of |predicted / measured − 1|, each predicted from the others. */
  readonly error: number;
  /** What the latency is made of at the full widths, the largest first; shares of it. */
  readonly parts: readonly { readonly name: string; readonly share: number }[];
  readonly points: number;
}
