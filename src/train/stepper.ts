import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import type { Job } from '../base/job.ts';
import type { Feeds, HostTensor, RuntimeSession } from '../runtime/types.ts';
import { Optimizer, type OptimizerSettings } from './optimizer.ts';
import { Sparsifier, type SparsitySetup } from './sparsity.ts';

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
}

/** What one step is fed with beside the weights. */
export interface StepInput {
  readonly feeds: Feeds;
  readonly rate: number;
}

export interface StepOutput {
  readonly loss: number;
  /** The terms, each without its factor. */
  readonly terms: readonly number[];
  /** Length of all gradients together, before clipping. */
  readonly norm: number;
}

/** By name of the initializer. */
export type Weights = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

/** All that a trainer knows: enough to go on as if nothing had happened. */
export interface TrainerState {
  readonly weights: Weights;
  readonly optimizer: ReturnType<Optimizer['state']>;
  readonly sparsity: ReturnType<Sparsifier['state']> | null;
}

/** Share of the running values that stays at each step (default of BatchNormalization's `momentum`). */
const STAYS = 0.9;

/**
 * Runs training steps on WASM: the runtime gives losses and gradients, the weights lie here and are fed anew each time,
 * which costs less than an optimizer in the graph.
 */
export class Stepper {
  private readonly session: RuntimeSession;
  private readonly setup: TrainerSetup;
  private readonly optimizer: Optimizer;
  private readonly sparsifier: Sparsifier | null;
  private done = 0;

  /** Takes the arrays of the setup over. */
  constructor(session: RuntimeSession, setup: TrainerSetup) {
    this.session = session;
    this.setup = setup;
    this.optimizer = new Optimizer(setup.tensors, setup.optimizer);
    this.sparsifier = setup.sparsity && new Sparsifier(setup.tensors, setup.sparsity);
  }

  /** Throws `bad-request` with the step at which the loss is no number any more; the weights are those before it. */
  async steps(inputs: readonly StepInput[], job: Job): Promise<StepOutput[]> {
    const outputs: StepOutput[] = [];
    for (const input of inputs) {
      await job.checkpoint();
      outputs.push(await this.step(input));
    }
    return outputs;
  }

  /** As they are used: with the zeros that were decided, averaged where an average is kept. */
  weights(): Weights {
    const { tensors, statistics } = this.setup;
    const named: Record<string, Float32Array<ArrayBuffer>> = {};
    tensors.forEach(({ name }, index) => {
      const data = this.optimizer.averaged(index);
      named[name] = (this.sparsifier?.masked(index, data) ?? data).slice();
    });
    for (const { runningMean, runningVariance } of statistics) {
      named[runningMean.name] = runningMean.data.slice();
      named[runningVariance.name] = runningVariance.data.slice();
    }
    return named;
  }

  state(): TrainerState {
    const { tensors, statistics } = this.setup;
    const weights: Record<string, Float32Array<ArrayBuffer>> = {};
    for (const { name, data } of tensors) weights[name] = data.slice();
    for (const each of statistics.flatMap(({ runningMean, runningVariance }) => [runningMean, runningVariance])) {
      weights[each.name] = each.data.slice();
    }
    return { weights, optimizer: this.optimizer.state(), sparsity: this.sparsifier?.state() ?? null };
  }

  restore({ weights, optimizer, sparsity }: TrainerState): void {
    const { tensors, statistics } = this.setup;
    const all = [
      ...tensors,
      ...statistics.flatMap(({ runningMean, runningVariance }) => [runningMean, runningVariance]),
    ];
    for (const { name, data } of all) {
      const kept = weights[name];
      if (kept?.length !== data.length) {
        throw new CodedError(
          'bad-request',
          `The checkpoint is of another training: it has no ${name} of ${data.length} numbers.`,
        );
      }
      data.set(kept);
    }
    this.optimizer.restore(optimizer);
    if (sparsity) this.sparsifier?.restore(sparsity);
    this.done = optimizer.steps;
  }

  release = (): Promise<void> => this.session.release();

  private async step({ feeds, rate }: StepInput): Promise<StepOutput> {
    const { tensors, losses, total } = this.setup;
    const weights = tensors.map(({ name, shape, data }, index): readonly [string, HostTensor] => {
      return [name, { dtype: 'float32', shape, data: this.sparsifier?.masked(index, data) ?? data }];
    });
    const outputs = await this.session.run({ ...feeds, ...Object.fromEntries(weights) });
    const loss = numberOf(outputs[total]);
    if (!Number.isFinite(loss)) {
      throw new CodedError(
        'bad-request',
        `The loss is ${Number.isNaN(loss) ? 'not a number' : 'infinite'} at step ${this.done + 1}. Lower the learning rate, or clip gradients.`,
        { step: this.done + 1 },
      );
    }
    const gradients = tensors.map(({ gradient }) => floatsOf(outputs[gradient]));
    this.sparsifier?.learn(gradients, rate);
    const norm = this.optimizer.step(this.sparsifier?.through(gradients) ?? gradients, rate);
    this.sparsifier?.hold(this.done + 1);
    this.follow(outputs);
    this.done += 1;
    return { loss, terms: losses.map((name) => numberOf(outputs[name])), norm };
  }

  private follow(outputs: Readonly<Record<string, HostTensor>>): void {
    for (const { mean, variance, count, runningMean, runningVariance } of this.setup.statistics) {
      const unbiased = count > 1 ? count / (count - 1) : 1;
      mix(runningMean.data, floatsOf(outputs[mean]), 1);
      mix(runningVariance.data, floatsOf(outputs[variance]), unbiased);
    }
  }
}

function mix(running: Float32Array, batch: Float32Array, scale: number): void {
  for (let i = 0; i < running.length; i++) running[i] = STAYS * running[i]! + (1 - STAYS) * scale * batch[i]!;
}

function floatsOf(tensor: HostTensor | undefined): Float32Array {
  const { data } = defined(tensor, 'an output of the step');
  if (data instanceof Float32Array) return data;
  throw new Error('invariant: outputs of a training step are float32');
}
const numberOf = (tensor: HostTensor | undefined): number => floatsOf(tensor)[0] ?? NaN;
