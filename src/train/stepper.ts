import { defined } from '../base/assert.ts';
import type { Job } from '../base/job.ts';
import type { Feeds, HostTensor, RuntimeSession } from '../runtime/types.ts';
import { Optimizer } from './optimizer.ts';
import { Sparsifier } from './sparsity.ts';
import { bytesOf, floatsOf, inTurn, keptOf, lossOf, numberOf, stateArrays, unbiasedBy } from './step-values.ts';
import {
  RUNNING_STAYS,
  type StepInput,
  type StepOutput,
  type StepPart,
  type Trainer,
  type TrainerSetup,
  type TrainerState,
  type Weights,
} from './trainer.ts';

/**
 * Runs training steps that give gradients: the weights lie here and are fed anew each time, which on WASM costs less than
 * an optimizer in the graph.
 */
export class Stepper implements Trainer {
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

  steps(inputs: readonly StepInput[], job: Job): Promise<StepOutput[]> {
    return inTurn(inputs, job, (input) => this.step(input));
  }

  weights(): Promise<Weights> {
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
    return Promise.resolve(named);
  }

  state(): Promise<TrainerState> {
    const weights: Record<string, Float32Array<ArrayBuffer>> = {};
    for (const { name, data } of stateArrays(this.setup)) weights[name] = data.slice();
    return Promise.resolve({
      weights,
      optimizer: this.optimizer.state(),
      sparsity: this.sparsifier?.state() ?? null,
    });
  }

  async restore(state: TrainerState): Promise<void> {
    for (const { data, kept } of keptOf(this.setup, state)) data.set(kept);
    this.optimizer.restore(state.optimizer);
    if (state.sparsity) this.sparsifier?.restore(state.sparsity);
    this.done = state.optimizer.steps;
    await Promise.resolve();
  }

  release = (): Promise<void> => this.session.release();

  private async step({ feeds, rate, parts }: StepInput): Promise<StepOutput> {
    const { tensors, losses } = this.setup;
    const weights = tensors.map(({ name, shape, data }, index): readonly [string, HostTensor] => {
      return [name, { dtype: 'float32', shape, data: this.sparsifier?.masked(index, data) ?? data }];
    });
    const given = { ...feeds, ...Object.fromEntries(weights) };
    const { outputs, gradients, each } = await this.run(given, parts ?? [{ feeds: {} }]);
    this.sparsifier?.learn(gradients, rate);
    const norm = this.optimizer.step(this.sparsifier?.through(gradients) ?? gradients, rate);
    this.sparsifier?.hold(this.done + 1);
    this.follow(outputs);
    this.done += 1;
    const terms = losses.map((name) => numberOf(outputs[name]));
    const told = { loss: each[0] ?? NaN, terms, norm, given: bytesOf(given), taken: bytesOf(outputs) };
    return parts ? { ...told, parts: each } : told;
  }

  /** What the first part gives, the mean of all gradients, and each loss. */
  private async run(given: Feeds, parts: readonly StepPart[]) {
    const first = await this.session.run({ ...given, ...parts[0]?.feeds });
    const each = [lossOf(this.setup, first, this.done + 1)];
    const gradients = this.setup.tensors.map(({ gradient }) => floatsOf(first[gradient]));
    for (const { feeds, learns = {} } of parts.slice(1)) {
      const told = Object.entries(learns).map(([input, output]) => [input, defined(first[output], output)] as const);
      const outputs = await this.session.run({ ...given, ...feeds, ...Object.fromEntries(told) });
      each.push(lossOf(this.setup, outputs, this.done + 1));
      this.setup.tensors.forEach(({ gradient }, i) => addTo(gradients[i]!, floatsOf(outputs[gradient])));
    }
    if (parts.length > 1) for (const sum of gradients) for (let i = 0; i < sum.length; i++) sum[i]! /= parts.length;
    return { outputs: first, gradients, each };
  }

  private follow(outputs: Readonly<Record<string, HostTensor>>): void {
    for (const { mean, variance, count, runningMean, runningVariance } of this.setup.statistics) {
      mix(runningMean.data, floatsOf(outputs[mean]), 1);
      mix(runningVariance.data, floatsOf(outputs[variance]), unbiasedBy(count));
    }
  }
}

function addTo(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
}

function mix(running: Float32Array, batch: Float32Array, scale: number): void {
  for (let i = 0; i < running.length; i++) {
    running[i] = RUNNING_STAYS * running[i]! + (1 - RUNNING_STAYS) * scale * batch[i]!;
  }
}
