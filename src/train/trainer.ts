import type { Job } from '../base/job.ts';
import type { StateSlot } from '../runtime/device-state.ts';
import type { Feeds } from '../runtime/types.ts';
import type { Optimizer, OptimizerSettings, StepFactors } from './optimizer.ts';
import type { Sparsifier, SparsitySetup } from './sparsity.ts';

export type { StateSlot };

/** Share of the running values of batch norms that stays at each step (default of BatchNormalization's `momentum`). */
export const RUNNING_STAYS = 0.9;

/** A tensor that training moves, with what it holds at the start. */
export interface TrainedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Output of the step that holds its gradient. */
  readonly gradient: string;
  readonly decays: boolean;
  readonly data: Float32Array<ArrayBuffer>;
}

/** The running values of a batch norm, with what they hold at the start, and the outputs with what a batch had. */
export interface TrainedStatistics {
  readonly mean: string;
  readonly variance: string;
  /** Elements behind each mean: the running variance is the unbiased one, N/(N − 1) of the batch's. */
  readonly count: number;
  readonly runningMean: { readonly name: string; readonly data: Float32Array<ArrayBuffer> };
  readonly runningVariance: { readonly name: string; readonly data: Float32Array<ArrayBuffer> };
}

export interface TrainerSetup {
  readonly tensors: readonly TrainedTensor[];
  readonly statistics: readonly TrainedStatistics[];
  /** Outputs of the step: the sum, then its terms. */
  readonly total: string;
  readonly losses: readonly string[];
  readonly optimizer: OptimizerSettings;
  /** Weights that are, or become, zero; null: none are. */
  readonly sparsity: SparsitySetup | null;
  /** Where the step moves the weights by itself; null: it gives gradients. */
  readonly resident: ResidentSetup | null;
}

/** What a step is given and gives back of a trained tensor: what an optimizer remembers, as in `Moments`. */
export interface ResidentTensor {
  readonly weight: StateSlot;
  readonly first: StateSlot;
  readonly second: StateSlot | null;
  readonly average: StateSlot | null;
}

/** A step with its optimizer in it, by names of its inputs and outputs. */
export interface ResidentSetup {
  /** In the order of the trained tensors. */
  readonly tensors: readonly ResidentTensor[];
  /** In the order of the statistics. */
  readonly statistics: readonly { readonly mean: StateSlot; readonly variance: StateSlot }[];
  /** The output with the length of all gradients together, before clipping. */
  readonly norm: string;
  /** Scalar inputs for the `StepFactors`, those that it takes. */
  readonly factors: Readonly<Partial<Record<keyof StepFactors, string>>>;
}

/** What one step is fed with beside the weights. */
export interface StepInput {
  readonly feeds: Feeds;
  readonly rate: number;
  /** The step is run once for each, with its feeds beside those of all, and gradients are the mean of all of them. */
  readonly parts?: readonly StepPart[];
}

/** One of several networks that a step trains together. */
export interface StepPart {
  readonly feeds: Feeds;
  /** Inputs that are fed what the first part gave: names of outputs, by input (Yu et al. 2019, in-place distillation). */
  readonly learns?: Readonly<Record<string, string>>;
}

export interface StepOutput {
  /** Of several parts, the first one's; so are the terms, and what batch norms saw. */
  readonly loss: number;
  /** Where there are several. */
  readonly parts?: readonly number[];
  /** The terms, each without its factor. */
  readonly terms: readonly number[];
  /** Length of all gradients together, before clipping. */
  readonly norm: number;
  /** Bytes that were handed to the runtime and taken back from it. */
  readonly given: number;
  readonly taken: number;
}

/** By name of the initializer. */
export type Weights = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

/** All that a trainer knows: enough to go on as if nothing had happened. */
export interface TrainerState {
  readonly weights: Weights;
  readonly optimizer: ReturnType<Optimizer['state']>;
  readonly sparsity: ReturnType<Sparsifier['state']> | null;
}

/** A training step that stays loaded, with its weights and what its optimizer remembers. */
export interface Trainer {
  /** Throws `bad-request` with the step at which the loss is no number any more; the weights are those before it. */
  steps(inputs: readonly StepInput[], job: Job): Promise<readonly StepOutput[]>;
  /** As a model is to have them: with the zeros that were decided, averaged where an average is kept. */
  weights(): Promise<Weights>;
  /** All that is needed to go on later. */
  state(): Promise<TrainerState>;
  /** Throws `bad-request` where the state is of another training. */
  restore(state: TrainerState): Promise<void>;
  release(): Promise<void>;
}
