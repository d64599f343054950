import type { NodeId } from '../ir/types.ts';

export type ImportanceId =
  | 'l2'
  | 'l1'
  | 'bn-scale'
  | 'fpgm'
  | 'lamp'
  | 'activation'
  | 'apoz'
  | 'wanda'
  | 'taylor'
  | 'order'
  | 'random'
  | 'scores'
  | 'formula';
/**
 * What is ranked together: the channels of a group, of all groups, or of all groups of one topology (Fang et al. 2024,
 * Isomorphic Pruning for Vision Models).
 */
export type PruneScope = 'group' | 'global' | 'isomorphic';
/** A cost that may be the target. */
export type PruneTarget = 'macs' | 'parameters' | 'bytes' | 'latency';

/** What makes up for removed channels: nothing, their means, or combinations of the channels that stay. */
export type RepairId = 'none' | 'mean' | 'least-squares';

/** Options of `prune-channels`, as they stand in a recipe. */
export interface PruneOptions {
  /** Share of channels *removed*, 0 to 1. */
  readonly ratio: number;
  readonly scope: PruneScope;
  readonly importance: ImportanceId;
  /** Widths are rounded to a multiple of this (never below it, never to 0). */
  readonly roundTo: number;
  /** Share removed, by group key, in place of `ratio`. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Group keys that keep all channels. */
  readonly protected: readonly string[];
  /** Seed of the `random` baseline. */
  readonly seed: number;
  /** Targets, each as a share of the original's; null: `ratio` rules. Found by bisection over the ratio. */
  readonly macs: number | null;
  readonly parameters: number | null;
  readonly bytes: number | null;
  /** As predicted from points that were measured on a device. A step of a recipe holds the ratio that it came to. */
  readonly latency: number | null;
  readonly repair: RepairId;
  /** Attention heads are cut as well. */
  readonly heads: boolean;
  /** Scores of a person's own, by group key, for the importance `scores`: one for each atom or channel. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
  /** For the importance `formula`: a term over other importances, as `l2 * apoz / mean(l2)`. */
  readonly formula: string;
  /** Channels that a norm takes its statistics over are cut as well: what stays is normalised anew. */
  readonly acrossNorms: boolean;
}

/** A group of channels that can only be cut together. */
export interface PruneGroupView {
  readonly key: string;
  /** Name that a person recognises: the deepest common scope and the role. */
  readonly name: string;
  readonly channels: number;
  /** Atoms: channels that go together (1, or a block per convolution group, per flattened position, …). */
  readonly atoms: number;
  readonly members: readonly {
    readonly node: NodeId;
    readonly label: string;
    /** `out axis`, `in axis`, `in ≡ out`, … */
    readonly role: string;
    /** Why it is tied, in one sentence. */
    readonly why: string;
  }[];
  /** Importance per atom, in file order, scaled to max 1. */
  readonly importance: Float64Array;
  /** Atoms from the least to the most important (what goes first). */
  readonly order: Int32Array;
  /** Its atoms are attention heads. */
  readonly isHeads: boolean;
  /** Norms that take their statistics over these channels: a cut changes them (with `acrossNorms`). */
  readonly normalisedBy: readonly string[];
  /** The same for groups whose members are built alike. */
  readonly topology: string;
}

export interface FrozenView {
  readonly node: NodeId;
  readonly label: string;
  readonly reason: string;
  /** A norm takes its statistics over these channels: they can be cut with `acrossNorms`. */
  readonly underNorm: boolean;
}

/** Sent once when the prune panel opens; the forecast below needs nothing else. */
export interface PrunePlanView {
  readonly groups: readonly PruneGroupView[];
  readonly frozen: readonly FrozenView[];
  readonly forecast: ForecastTable;
}

/**
 * Costs as polynomials of the kept widths: every node's MACs, every constant's elements, every value's bytes are a
 * coefficient times the shares of a few axes, so a slider step is a sum over terms. Terms are CSR over `groups`.
 */
export interface ForecastTable {
  readonly macs: CostTerms;
  readonly parameters: CostTerms;
  readonly bytes: CostTerms;
  readonly activation: PeakTerms;
  /** What cutting does to constants beside slicing them. */
  readonly copies: readonly CopyCost[];
  readonly added: readonly AddedCost[];
}
/** value = Σ_t coefficients[t] · Π_{i in starts[t]…starts[t+1]} kept(groups[i]) / channels(groups[i]) */
export interface CostTerms {
  readonly coefficients: Float64Array;
  readonly starts: Int32Array;
  readonly groups: Int32Array;
}
/**
 * Peak of live bytes. `sizes` are the terms of all values, value v having terms `values[v]…values[v+1]`; step s of the
 * schedule holds the values `live[i]` for i in `steps[s]…steps[s+1]`.
 */
export interface PeakTerms {
  readonly sizes: CostTerms;
  readonly values: Int32Array;
  readonly steps: Int32Array;
  readonly live: Int32Array;
}
/**
 * A constant whose uses want different slices. `parameters` and `bytes` count one slice per list of `groups`; slices
 * that no group cuts are one and the same, `always` where some use is never cut.
 */
export interface CopyCost {
  readonly elements: number;
  readonly bytes: number;
  readonly uses: readonly (readonly number[])[];
  readonly always: boolean;
}
/** Constants that appear once one of `groups` is cut. */
export interface AddedCost {
  readonly elements: number;
  readonly bytes: number;
  readonly groups: readonly number[];
}

export interface PruneForecast {
  readonly macs: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly activation: number;
  /** Predicted, as a share of the original's; null: no points were measured. */
  readonly latency: number | null;
  /** Kept channels by group index. */
  readonly kept: Int32Array;
}
