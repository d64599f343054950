import type { HeldOutFigures } from '../../report/measured/training.ts';
import type { CompareSide } from '../compare-types.ts';
import type { OptimizerSettings } from '../../train/optimizer.ts';
import type { Schedule } from '../../train/schedule.ts';
import type { TrainBackend } from '../../grad/emit.ts';

/** A pair of values that are to be alike: of the student, of the teacher. */
export interface HintPair {
  readonly student: string;
  readonly teacher: string;
  /**
   * `hint`: through a learnt map of channels; `attention`: where each looks, whatever its channels; `block`: as they are,
   * and what comes behind is fed the teacher's, so that blocks learn apart.
   */
  readonly kind: 'hint' | 'attention' | 'block';
  readonly factor: number;
}

/** Factors of the terms of the loss; 0: it is left out. */
export interface LossSettings {
  /** Cross entropy with labels, or of the next token of a text. */
  readonly labels: number;
  /** KL to the teacher's softened classes. */
  readonly logits: number;
  /** Squared difference to the teacher's outputs, where they are no classes. */
  readonly values: number;
  readonly hints: readonly HintPair[];
  /** Softens the classes of both; null: by how far apart the teacher's scores lie. */
  readonly temperature: number | null;
  readonly smoothing: number;
}

/** Images are changed anew each time they are seen. Sizes in pixels of what the model gets. */
export interface Augmentation {
  readonly flip: boolean;
  /** Moved by at most so many pixels each way; what comes in is the edge. */
  readonly shift: number;
  /** Brightness and contrast by at most this share. */
  readonly jitter: number;
}

export interface SparseRequest {
  readonly kind: 'held' | 'magnitude' | 'movement' | 'soft';
  /** Share of each weight matrix, or of the channels or heads of each group, that is zero in the end. */
  readonly target: number;
  /** Shares of the run between which zeros come in. */
  readonly begin: number;
  readonly end: number;
  /** What goes together: 1 × 1 weight, blocks outputs × inputs, channels or attention heads with all that is tied to them. */
  readonly block: { readonly height: number; readonly width: number } | 'channel' | 'head';
  readonly scoreRate: number;
  readonly threshold: number;
  readonly penalty: number;
}

export interface TrainRequest {
  readonly losses: LossSettings;
  readonly optimizer: OptimizerSettings;
  readonly schedule: Schedule;
  /** The highest learning rate. */
  readonly rate: number;
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
  readonly batchNorm: 'batch' | 'fixed';
  /** Begins with nothing learnt: the student's weights are drawn anew by the seed. */
  readonly fresh: boolean;
  /** Names of constants, or beginnings of them with `*` behind, that stay as they are. */
  readonly frozen: readonly string[];
  readonly augment: Augmentation | null;
  readonly sparsity: SparseRequest | null;
  /** Steps between two looks at held-out samples. */
  readonly evaluateEvery: number;
  /** Samples that are held out, at most. */
  readonly holdOut: number;
  /** Steps between two checkpoints; 0: none is written. */
  readonly checkpointEvery: number;
  readonly backend: TrainBackend;
  readonly threads: number;
}

/** Which models take part: stops of the recipe, or the file opened beside. */
export interface TrainAsk {
  readonly student: CompareSide;
  readonly teacher: CompareSide | null;
  readonly request: TrainRequest;
}

/** What held-out samples say. Null: it does not apply. */
export interface Evaluation extends HeldOutFigures {
  readonly samples: number;
}

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly terms: readonly number[];
  readonly rate: number;
  readonly norm: number;
}

export interface TrainProgress {
  readonly stage: string;
  /** The teacher on the held-out samples: told once. */
  readonly teacher?: Evaluation;
  readonly done?: number;
  readonly total?: number;
  /** What came since the last message. */
  readonly points?: readonly CurvePoint[];
  readonly evaluation?: Evaluation;
  /** Steps a second, over the last chunk. */
  readonly pace?: number;
}

interface SparseSize {
  /** Numbers that are not zero, or are left. */
  readonly parameters: number;
  readonly bytes: number;
}

/** What zeros make of a model: before a run as far as they can be told, and after it. */
export interface SparseOutlook {
  /** Weights, blocks, channels or heads that are ranked, and those that become zero or go. */
  readonly units: number;
  readonly gone: number;
  readonly before: SparseSize;
  /** `packed`: bytes once the file is compressed, at best; null where nothing is left to be compressed away. */
  readonly after: SparseSize & { readonly packed: number | null };
}

/** What a run comes to. */
export interface TrainResult {
  readonly steps: number;
  /** Names of the terms, in the order of `CurvePoint.terms`. */
  readonly terms: readonly string[];
  readonly curve: readonly CurvePoint[];
  readonly evaluations: readonly Evaluation[];
  /** Of the evaluations, the one whose weights the model has. */
  readonly best: number;
  /** The teacher on the same held-out samples; null: there is none. */
  readonly teacher: Evaluation | null;
  /** Samples that neither trained nor chose the weights; null: none were given. */
  readonly test: {
    readonly before: Evaluation;
    readonly after: Evaluation;
    readonly teacher: Evaluation | null;
  } | null;
  readonly ms: number;
  readonly parameters: { readonly trained: number; readonly all: number };
  readonly notes: readonly string[];
}

/** Known before a run begins. */
export interface TrainPlan {
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly role: string;
    readonly node: string;
    readonly trains: boolean;
    readonly reason: string | null;
  }[];
  readonly terms: readonly string[];
  readonly nodes: number;
  readonly memory: { readonly weights: number; readonly optimizer: number; readonly activations: number | null };
  /** Null: nothing becomes zero, or how much is not known before. */
  readonly sparse: SparseOutlook | null;
  readonly notes: readonly string[];
}

/** A value inside a model that a hint may name. */
export interface NamedValue {
  readonly name: string;
  /** The node that gives it. */
  readonly node: number;
  /** As far as it is known. */
  readonly shape: readonly (number | string | null)[] | null;
}
