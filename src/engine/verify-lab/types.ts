import type { Exactness } from '../../base/exactness.ts';
import type { TensorSummary } from '../../data/describe.ts';
import type { Preprocess } from '../../data/preprocess.ts';
import type { Json } from '../../base/json.ts';
import type { DataFile, DataSet } from '../../data/types.ts';
import type { OptimizationLevel, RuntimeBackend } from '../../runtime/types.ts';
import type { NonFinite } from '../../verify/values-types.ts';
import type { OutputError, VerifyResult } from '../../verify/types.ts';
import type { CompareSide } from '../compare-types.ts';

export interface Place {
  readonly level: OptimizationLevel;
  readonly backend: RuntimeBackend;
}

export interface LabRequest {
  readonly a: CompareSide;
  readonly b: CompareSide;
  /** How exact B must be where no steps say it: a second file. Null: `order`. */
  readonly class: Exactness | null;
  /** Random inputs beside the special ones; 0: the given ones alone. */
  readonly seeds: number;
  readonly backends: readonly RuntimeBackend[];
  readonly levels: readonly OptimizationLevel[];
  readonly threads: number;
  /** Where B runs for the values inside; A runs at `disabled` on WASM. Null: outputs alone. */
  readonly intermediates: Place | null;
}

/** Inputs of a person's own. */
export interface LabFiles {
  readonly files: readonly DataFile[];
  /** At most so many are used; null: all that were recorded, a few of a data set. */
  readonly samples: number | null;
  /** Fields of the proposed preprocessing that are set by hand. */
  readonly changes: Readonly<Record<string, Json>>;
  readonly tokenizer?: 'bytes' | 'characters' | DataFile;
}

/** What the files hold, and what the model is fed with. */
export interface LabInputs {
  readonly name: string;
  /** `recorded`: whole inputs by name (`input_N.pb`, `.npz`, `.npy`); else a data set. */
  readonly kind: 'recorded' | DataSet['kind'];
  readonly count: number;
  readonly used: number;
  /** Of the first run. */
  readonly feeds: readonly TensorSummary[];
  /** Names of the outputs that were recorded too. */
  readonly expected: readonly string[];
  readonly preprocess: Preprocess | null;
  readonly notes: readonly string[];
}

/** One of the two models. */
export interface LabSide {
  readonly side: CompareSide;
  /** The file, and the stop: `Original`, `Fold batch norm`; '' for the second file. */
  readonly name: string;
  readonly title: string;
}

export interface PortLink {
  readonly a: string;
  readonly b: string;
  /** `steps`: ids that the recipe keeps. */
  readonly by: 'steps' | 'name' | 'order';
}

/** How the one was held against the other. */
export interface Matched {
  readonly inputs: readonly PortLink[];
  readonly outputs: readonly PortLink[];
  /** Values inside that both compute, of so many that B computes. */
  readonly values: number;
  readonly of: number;
  readonly by: 'steps' | 'structure';
  /** Sentences: what answers to what, and what is not compared. */
  readonly notes: readonly string[];
}

/** A value that both compute, in running order of B. */
export interface LabValue extends OutputError {
  /** Its name in A. */
  readonly source: string;
  /** Node ids in A and in B. */
  readonly nodeA: number;
  readonly nodeB: number;
  /** The node of B that gives it, as a person finds it. */
  readonly producer: string;
  readonly shape: string;
  /** `sliced`: one of the two keeps only some channels, which were compared with the same ones of the other. */
  readonly relation: 'same' | 'sliced';
  /** Too sensitive to compare on most inputs: neither agrees nor parts. */
  readonly tooSensitive: boolean;
  readonly mismatch: string | null;
}

/** A value of B that was not compared, and why. */
export interface Uncompared {
  readonly name: string;
  readonly producer: string;
  readonly node: number;
  readonly reason: string;
}

/** A node whose result parts though all that it is computed from agrees. */
export interface Part {
  /** Index into the values. */
  readonly value: number;
  readonly name: string;
  readonly producer: string;
  readonly nodeA: number;
  readonly nodeB: number;
  readonly maxRel: number;
  readonly allowed: number;
  /** Largest error of the compared values that it is computed from. */
  readonly before: number;
  /** What differs between the two nodes; null: nothing, or it is not known. */
  readonly why: string | null;
  /** Nodes between it and those values, none of which was compared; as a person finds them. */
  readonly between: readonly string[];
}

/** Where NaN or an infinity shows first. */
export interface FirstNonFinite extends NonFinite {
  readonly of: 'a' | 'b';
  readonly value: string;
  readonly producer: string;
  readonly node: number;
  /** The constant of that node that holds it already; null: none. */
  readonly constant: string | null;
}

export interface Intermediates {
  readonly at: Place;
  /** The class that values were held to. */
  readonly class: Exactness;
  /** Relative to max|y|, before the model's own noise. */
  readonly tolerance: number;
  readonly values: readonly LabValue[];
  readonly uncompared: readonly Uncompared[];
  readonly inputs: readonly string[];
  /** Inputs that were left out because the time was up. */
  readonly untried: number;
}

export interface LabResult {
  /** The verdict is `agrees`, and what was recorded was met. */
  readonly ok: boolean;
  readonly a: LabSide;
  readonly b: LabSide;
  /** A and B have changed places for the comparison. */
  readonly swapped: boolean;
  readonly verify: VerifyResult;
  readonly matched: Matched;
  /** Null: not asked for, or not possible, which the notes say. */
  readonly intermediates: Intermediates | null;
  /** In running order; the first is where they part. */
  readonly parts: readonly Part[];
  readonly nonFinite: readonly FirstNonFinite[];
  /** Sentences beside the verdict's own. */
  readonly notes: readonly string[];
  readonly given: LabInputs | null;
  readonly ms: number;
}
