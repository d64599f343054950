import type { Analysis } from '../analysis/analyze.ts';
import type { Json } from '../base/json.ts';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NodeId, ValueId } from '../ir/types.ts';

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

/** Values of two models, to be held against one another on the same inputs. */
export interface ObservedPair {
  readonly before: Observed;
  readonly after: Observed;
}

/**
 * An input slot of a node whose channels are scaled by gates that are all 1: index i along `dim` by that of unit
 * `units[i]`; -1: by none. A unit may have slots in many places.
 */
export interface Gated {
  readonly node: NodeId;
  readonly index: number;
  readonly dim: number;
  readonly units: Int32Array;
}

interface Asked {
  /** Of how many inquiries this is which, for progress. */
  readonly done: number;
  readonly total: number;
}
/** How values of a draft go with those of the model that it is made from. */
export interface PairInquiry extends Asked {
  readonly kind: 'pairs';
  readonly before: Model;
  readonly after: Model;
  readonly pairs: readonly ObservedPair[];
}
/** How channels of a draft are spread. */
export interface SpreadInquiry extends Asked {
  readonly kind: 'spreads';
  readonly draft: Model;
  /** Of the model that the draft is a clone of: values have the same ids, shapes and types. */
  readonly analysis: Analysis;
  readonly observed: readonly Observed[];
}
/** What a pass wants to know of a draft of its result. */
export type Inquiry = PairInquiry | SpreadInquiry;

/** What became known, in the order in which it was asked for; the list that was not asked for is empty. */
export interface Answer {
  readonly pairs: readonly PairMoments[];
  readonly spreads: readonly ChannelSpread[];
}

/** Asks one inquiry after the other; what it returns is known to the pass by names that it chooses. */
export type Investigation = Generator<Inquiry, ReadonlyMap<string, Json>, Answer>;

/** Mean and variance of the channels along an axis, over all positions of all calibration samples. */
export interface ChannelSpread {
  readonly count: number;
  /** [channels] each; the variance is that of a population: divided by `count`. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Moments of two values over the same positions: x of before, z of after. */
export interface PairMoments {
  readonly count: number;
  /** [x's channels], [z's channels] */
  readonly meanBefore: Float64Array;
  readonly meanAfter: Float64Array;
  /** [x's · z's channels] mean of x·zᵀ, row by row. */
  readonly cross: Float64Array;
  /** [z's · z's channels] mean of z·zᵀ. */
  readonly second: Float64Array;
}

/** By `observedKey`. */
export type ActivationStats = ReadonlyMap<string, ChannelStats>;

/** What cannot be known by looking at the graph, and was computed by running some of it. */
export interface Facts {
  /** Calibration samples that a person gave; null: inputs are made up. */
  readonly samples: number | null;
  /** The model as it was opened, where it takes the same inputs. */
  readonly original: { readonly model: Model; readonly analysis: Analysis } | null;
  /** Float subgraphs that the runtime evaluated once: values that were asked for with `needs: constants`. */
  readonly constants: ReadonlyMap<ValueId, Tensor>;
  /** Statistics on calibration data, `needs: activations`; null: no data was run. */
  readonly activations: ActivationStats | null;
  /** The same for `moments`: by `observedKey`. */
  readonly moments: ReadonlyMap<string, ChannelMoments> | null;
  /**
   * What the loss does where units are scaled, `needs: gradients`: by unit the mean over runs of (∂L/∂gate)²; null: no
   * gradient was taken.
   */
  readonly gradients: Float64Array | null;
  /** Learnt weights by name of the constant, that a step names by their SHA-256; null: they are not at hand. */
  readonly weights: (sha256: string) => ReadonlyMap<string, Tensor> | null;
  /** What the pass's own `investigate` came to, by what it calls its parts. */
  readonly investigated: ReadonlyMap<string, Json> | null;
}

export const noFacts: Facts = {
  samples: null,
  original: null,
  constants: new Map(),
  activations: null,
  moments: null,
  gradients: null,
  weights: () => null,
  investigated: null,
};
