import { defined } from '../base/assert.ts';
import type { Model } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import type { OptimizerSettings, StepFactors } from '../train/optimizer.ts';
import type { ResidentSetup, ResidentTensor, StateSlot } from '../train/trainer.ts';
import { Emit, type TrainBackend } from './emit.ts';
import type { StepParameter, TrainingStep } from './step.ts';
import { removeUnused } from './unused.ts';

export interface OptimizerStepOptions {
  readonly backend: TrainBackend;
  readonly optimizer: OptimizerSettings;
  /** Whether a parameter decays, in their order. */
  readonly decays: readonly boolean[];
  /** Of parameters with zeros that stay, by index: 1 where a weight is moved, 0 where it is not, of the same size. */
  readonly held: ReadonlyMap<number, Float32Array>;
  /** Share of the running values of batch norms that stays at a step. */
  readonly runningStays: number;
}

const FACTORS = {
  rate: 'rate of the step',
  correction: 'correction of the mean square',
  stays: 'share of the weights that stays',
  gain: 'gain of the running average',
} as const satisfies Record<keyof StepFactors, string>;

/** The output with the length of all gradients together. */
const NORM = 'length of the gradients';

/**
 * A training step that moves its weights by itself: behind its gradients stand the formulas of `train/optimizer.ts`, and
 * weights, moments and running values are inputs that come out changed, so that they may stay on the device. Gradients and
 * statistics of the batch are no outputs any more. Weights that are held at zero have moments of 0 from the start on, so a
 * gradient of 0 holds them.
 *
 * @returns a model of its own; that of the step stays as it is
 */
export function writeOptimizerStep(
  step: TrainingStep,
  options: OptimizerStepOptions,
): { readonly model: Model; readonly resident: ResidentSetup } {
  const model = step.model.clone();
  const writer = new OptimizerWriter(new Emit(model, options.backend), options);
  const resident = writer.emit.in('optimizer', () => writer.write(step));
  removeUnused(model);
  return { model, resident };
}

class OptimizerWriter {
  readonly emit: Emit;
  private readonly options: OptimizerStepOptions;
  private readonly values: ReadonlyMap<string, ValueId>;
  private readonly factors = new Map<keyof StepFactors, ValueId>();

  constructor(emit: Emit, options: OptimizerStepOptions) {
    this.emit = emit;
    this.options = options;
    const { inputs, outputs } = emit.model.graph;
    this.values = new Map([...inputs, ...outputs].map((id) => [emit.nameOf(id), id]));
  }

  write({ parameters, statistics }: TrainingStep): ResidentSetup {
    const { emit, options } = this;
    const gradients = parameters.map(({ gradient }, index) => this.held(this.taken(gradient), index));
    const running = statistics.map(({ mean, variance, count }) => ({
      mean: this.taken(mean),
      variance: this.taken(variance),
      unbiased: count > 1 ? count / (count - 1) : 1,
    }));
    const norm = this.norm(gradients);
    const scale = options.optimizer.clip === null ? null : this.clipping(norm, options.optimizer.clip);
    this.give(norm, NORM);
    const tensors = parameters.map((parameter, index) => {
      const gradient = defined(gradients[index], 'a gradient for each parameter');
      const scaled = scale === null ? gradient : emit.mul(gradient, scale);
      return emit.in(parameter.name, () => this.move(parameter, scaled, options.decays[index] ?? false));
    });
    const followed = running.map(({ mean, variance, unbiased }, index) => ({
      mean: this.follow(mean, `running mean ${index}`, 1),
      variance: this.follow(variance, `running variance ${index}`, unbiased),
    }));
    const names = [...this.factors.keys()].map((factor) => [factor, FACTORS[factor]] as const);
    return { tensors, statistics: followed, norm: NORM, factors: Object.fromEntries(names) };
  }

  /** A value that was an output, and is none any more. */
  private taken(name: string): ValueId {
    const { outputs } = this.emit.model.graph;
    const value = defined(this.values.get(name), `the output ${name} of the step`);
    outputs.splice(outputs.indexOf(value), 1);
    return value;
  }

  private give(value: ValueId, name: string): string {
    this.emit.model.getValue(value).name = name;
    this.emit.model.graph.outputs.push(value);
    return name;
  }

  private factor(name: keyof StepFactors): ValueId {
    const known = this.factors.get(name) ?? this.emit.input(FACTORS[name], 'float32', []);
    this.factors.set(name, known);
    return known;
  }

  private held(gradient: ValueId, index: number): ValueId {
    const mask = this.options.held.get(index);
    const { emit } = this;
    return mask ? emit.mul(gradient, emit.constant(floats(emit.shape(gradient), Float32Array.from(mask)))) : gradient;
  }

  /** √ΣΣg². */
  private norm(gradients: readonly ValueId[]): ValueId {
    const { emit } = this;
    const squares = gradients.map((gradient) => {
      // One long row: kernels that sum along the last axis share the work.
      const row = emit.reshape(gradient, [emit.size(gradient)]);
      return emit.sum(emit.mul(row, row), [0], false);
    });
    return emit.op('Sqrt', [squares.reduce((sum, each) => emit.add(sum, each))]);
  }

  /** c/‖g‖ where that is longer than c, else 1. */
  private clipping(norm: ValueId, clip: number): ValueId {
    const { emit } = this;
    const bound = emit.scalar(clip);
    return emit.op('Where', [emit.op('Greater', [norm, bound]), emit.div(bound, norm), emit.scalar(1)]);
  }

  private move({ name, shape }: StepParameter, gradient: ValueId, decays: boolean): ResidentTensor {
    const { emit } = this;
    const { kind, weightDecay, average } = this.options.optimizer;
    const weight = defined(this.values.get(name), `the input ${name} of the step`);
    const left = decays && weightDecay !== 0 ? emit.mul(weight, this.factor('stays')) : weight;
    const { change, ...moments } =
      kind === 'sgd' ? this.velocity(name, shape, gradient) : this.moments(name, shape, gradient);
    const next = emit.sub(left, change);
    return {
      weight: { input: name, output: this.give(next, `next ${name}`) },
      ...moments,
      average: average === null ? null : this.average(name, shape, next),
    };
  }

  /** v ← μ·v + g; w ← w − rate·v. */
  private velocity(name: string, shape: readonly number[], gradient: ValueId) {
    const { emit } = this;
    const before = emit.input(`velocity of ${name}`, 'float32', shape);
    const velocity = emit.add(emit.scale(before, this.options.optimizer.momentum), gradient);
    const change = emit.mul(velocity, this.factor('rate'));
    return { change, first: this.slot(before, velocity), second: null };
  }

  /** m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; w ← w − rate·m/(√(v·correction) + ε). */
  private moments(name: string, shape: readonly number[], gradient: ValueId) {
    const { emit } = this;
    const { beta1, beta2, epsilon } = this.options.optimizer;
    const [m, v] = ['mean', 'mean square'].map((what) => emit.input(`${what} of ${name}`, 'float32', shape)) as [
      ValueId,
      ValueId,
    ];
    const mean = emit.add(emit.scale(m, beta1), emit.scale(gradient, 1 - beta1));
    const square = emit.add(emit.scale(v, beta2), emit.scale(emit.mul(gradient, gradient), 1 - beta2));
    const root = emit.op('Sqrt', [emit.mul(square, this.factor('correction'))]);
    const change = emit.mul(emit.div(mean, emit.shift(root, epsilon)), this.factor('rate'));
    return { change, first: this.slot(m, mean), second: this.slot(v, square) };
  }

  /** a ← a + gain·(w − a). */
  private average(name: string, shape: readonly number[], weight: ValueId): StateSlot {
    const { emit } = this;
    const before = emit.input(`average of ${name}`, 'float32', shape);
    return this.slot(before, emit.add(before, emit.mul(emit.sub(weight, before), this.factor('gain'))));
  }

  /** r ← s·r + (1 − s)·b, the variance of a batch made unbiased. */
  private follow(batch: ValueId, name: string, unbiased: number): StateSlot {
    const { emit } = this;
    const { runningStays } = this.options;
    const before = emit.input(name, 'float32', emit.shape(batch));
    const next = emit.add(emit.scale(before, runningStays), emit.scale(batch, (1 - runningStays) * unbiased));
    return this.slot(before, next);
  }

  private slot(before: ValueId, after: ValueId): StateSlot {
    const input = this.emit.nameOf(before);
    return { input, output: this.give(after, `next ${input}`) };
  }
}
