import type { Tensor } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';

/** A computed value whose channels lie along `dim`. */
export interface Observed {
  readonly value: ValueId;
  readonly dim: number;
}
export const observedKey = ({ value, dim }: Observed): string => `${value}:${dim}`;

/** What is known of the channels along an axis of a value, over all positions of all calibration samples. */
export interface ChannelStats {
  /** Positions that were seen, over all samples. */
  readonly count: number;
  /** [channels] each: mean of |x|, of x² and of x, and the share of positions where x = 0. */
  readonly meanAbs: Float64Array;
  readonly meanSquare: Float64Array;
  readonly mean: Float64Array;
  readonly zeros: Float64Array;
  /** [channels] the least and the greatest x. */
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** First and second moments of the channels along an axis of a value, over all positions of all calibration samples. */
export interface ChannelMoments {
  readonly count: number;
  /** [channels] mean of x. */
  readonly mean: Float64Array;
  /** [channels · channels] mean of x·xᵀ, row by row. */
  readonly second: Float64Array;
}

/** By `observedKey`. */
export type ActivationStats = ReadonlyMap<string, ChannelStats>;

/** What cannot be known by looking at the graph, and was computed by running some of it. */
export interface Facts {
  /** Float subgraphs that the runtime evaluated once: values that were asked for with `needs: constants`. */
  readonly constants: ReadonlyMap<ValueId, Tensor>;
  /** Statistics on calibration data, `needs: activations`; null: no data was run. */
  readonly activations: ActivationStats | null;
  /** The same for `moments`: by `observedKey`. */
  readonly moments: ReadonlyMap<string, ChannelMoments> | null;
}

export const noFacts: Facts = { constants: new Map(), activations: null, moments: null };
