import type { Progress } from '../../base/job.ts';
import type { PairFigures } from '../../report/measured/accuracy.ts';
import type { OptimizationLevel, RuntimeBackend } from '../../runtime/types.ts';

export interface AccuracyRequest {
  /** At most so many samples, drawn by a fixed seed where there are more; null: all, in their order. */
  readonly samples: number | null;
  /** Class of an output element less that of a label: 1 where a model has a background class before all others. */
  readonly labelOffset: number;
  /** The output that holds the answer; null: the first that can. */
  readonly output: string | null;
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
  readonly threads: number;
  /** An error of your own of a sample, of its outputs `y` and targets `t`: `mean(abs(y - t))`. Null: none. */
  readonly formula: string | null;
}

/** A share of samples, with its 95 % interval by Wilson's score (Wilson, 1927). */
export interface Proportion {
  readonly right: number;
  readonly share: number;
  readonly interval: readonly [number, number];
}

export interface ClassAccuracy {
  readonly label: number;
  readonly right: number;
  readonly total: number;
}

/** So many samples of `label` were taken for `predicted`. */
export interface ConfusionCell {
  readonly label: number;
  readonly predicted: number;
  readonly count: number;
}

export interface ClassificationMetrics {
  readonly kind: 'classification';
  readonly top1: Proportion;
  /** Null where there are five classes or fewer. */
  readonly top5: Proportion | null;
  /** Mean cross entropy, nats. */
  readonly crossEntropy: number;
  /** Expected calibration error over 15 bins of equal width (Guo et al., 2017). */
  readonly calibrationError: number;
  readonly classes: readonly ClassAccuracy[];
  /** Every pair that occurs, right ones included. */
  readonly confusion: readonly ConfusionCell[];
}

export interface RegressionMetrics {
  readonly kind: 'regression';
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  readonly largest: number;
  /** Coefficient of determination; null where the targets do not vary. */
  readonly r2: number | null;
  /** Mean of the error of one's own; null: none was given. */
  readonly own: number | null;
}

/** Nothing to hold it against but another model. */
interface NoMetrics {
  readonly kind: 'agreement';
}

export interface ModelAccuracy {
  readonly name: string;
  readonly metrics: ClassificationMetrics | RegressionMetrics | NoMetrics;
}

export interface ChangedSample {
  readonly index: number;
  /** Its file, where samples are files. */
  readonly file: string | null;
  readonly label: number | null;
  /** Classes in terms of the labels, and the probabilities given to them. */
  readonly before: number;
  readonly after: number;
  readonly confidence: readonly [number, number];
}

/** The second model against the first, sample by sample. */
export interface PairAccuracy extends PairFigures {
  /** Samples whose top class changed: broken first, then fixed, then others. At most `MOST_CHANGED`. */
  readonly changed: readonly ChangedSample[];
  readonly changedCount: number;
}

export interface AccuracyResult {
  readonly data: string;
  readonly samples: number;
  /** Samples that the data have. */
  readonly count: number;
  readonly output: string;
  /** Elements of the answer of one sample. */
  readonly width: number;
  readonly labelNames: readonly string[] | null;
  readonly labelOffset: number;
  readonly models: readonly ModelAccuracy[];
  /** Null: one model alone. */
  readonly pair: PairAccuracy | null;
  readonly notes: readonly string[];
  readonly request: AccuracyRequest;
  readonly software: boolean;
  readonly ms: number;
}

/** How far it is, and what was right so far, by model: it is told where the rest is cancelled. */
export interface AccuracyProgress extends Progress {
  readonly right?: readonly number[];
}
