import type { Exactness } from '../base/exactness.ts';
import type { OptimizationLevel, RuntimeBackend } from '../runtime/types.ts';
import type { NamedFeeds } from './cases.ts';
import type { PortMap } from './ports.ts';
import type { OutputError } from './types.ts';

/** The part of a tensor that another one kept: `kept` are indices into `axis`. */
export interface Slice {
  readonly of: 'original' | 'result';
  readonly axis: number;
  readonly kept: readonly number[];
}

/** A value that both models give as an output. */
export interface ValuePair {
  /** Name in the result, and in the original. */
  readonly name: string;
  readonly source: string;
  /** One side is compared in part; null: both as they are. */
  readonly slice: Slice | null;
}

export interface ValuesRequest {
  /** `approximation` judges nothing by size: ask for the class that values are to be held to. */
  readonly class: Exactness;
  readonly seeds: number;
  readonly threads: number;
  readonly given: readonly NamedFeeds[];
  readonly ports: PortMap | null;
  readonly pairs: readonly ValuePair[];
  /** Where the result runs; the original runs at `disabled` on WASM. */
  readonly at: { readonly level: OptimizationLevel; readonly backend: RuntimeBackend };
}

/** Where a value first held what is no finite number. */
export interface NonFinite {
  readonly kind: 'NaN' | 'Inf';
  /** Name of the input. */
  readonly input: string;
}

/** Error of one value over all inputs. */
export interface ValueError extends OutputError {
  /** Inputs on which the original itself was too sensitive to compare. */
  readonly skipped: number;
  /** Why the two cannot be compared element by element; null: they can. */
  readonly mismatch: string | null;
  readonly original: NonFinite | null;
  readonly result: NonFinite | null;
}

export interface ValuesReport {
  readonly values: readonly ValueError[];
  readonly inputs: readonly string[];
  /** Inputs that were left out because the time was up. */
  readonly untried: number;
  /** What the class allows there, relative to max|y|, before the model's own noise. */
  readonly tolerance: number;
}
