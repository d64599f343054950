import { expect } from 'vitest';
import { defined } from '../base/assert.ts';
import { normal, seeded } from '../base/random.ts';
import { parametersOf } from '../grad/parameters.ts';
import { TOTAL, writeTrainingStep, type StepOptions, type TrainingStep } from '../grad/step.ts';
import type { Model } from '../ir/model.ts';
import { sizeOf } from '../ir/types.ts';
import { verifyModel } from '../ir/verify-model.ts';
import type { RefFeeds } from './reference/evaluate.ts';
import { fromTensor, refTensor, type RefTensor } from './reference/tensor.ts';

export interface StepChoice extends Partial<Omit<StepOptions, 'losses' | 'trained'>> {
  readonly losses: StepOptions['losses'];
  /** Names of what is trained; default: all that trains. */
  readonly trained?: readonly string[];
}

/** The training step of a forward model, which stays as it is; for WASM, batch norms with statistics of the batch. */
export function stepOf(forward: Model, { losses, trained, backend = 'wasm', batchNorm = 'batch' }: StepChoice) {
  const moved = parametersOf(forward).filter(({ name, trains }) => trained?.includes(name) ?? trains);
  const step = writeTrainingStep(forward.clone(), {
    backend,
    losses,
    trained: new Set(moved.map(({ value }) => value)),
    batchNorm,
  });
  verifyModel(step.model);
  return step;
}

/** What the initializers of a model hold, by name. */
export const initializersOf = (model: Model): Record<string, RefTensor> =>
  Object.fromEntries(
    [...model.graph.initializers].map(([id, tensor]) => [model.getValue(id).name, fromTensor(tensor)]),
  );

/** Seeded normal numbers that float32 holds exactly. */
export function gaussian(shape: readonly number[], seed: number, scale = 1): RefTensor {
  const draw = normal(seeded(seed));
  return refTensor(
    'float32',
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(scale * draw())),
  );
}

export const scalar = (value: number): RefTensor => refTensor('float32', [], [Math.fround(value)]);

/** Rows of a one-hot matrix. */
export function oneHot(labels: readonly number[], classes: number): RefTensor {
  const data = labels.flatMap((label) => Array.from({ length: classes }, (_, i) => Number(i === label)));
  return refTensor('float32', [labels.length, classes], data);
}

export interface StepAnswer {
  readonly loss: number;
  /** The terms, without their factors. */
  readonly terms: readonly number[];
  readonly gradients: ReadonlyMap<string, RefTensor>;
}

/** What a step says, out of its outputs. */
export function answerOf({ parameters, losses }: TrainingStep, outputs: ReadonlyMap<string, RefTensor>): StepAnswer {
  const first = (name: string): number => defined(outputs.get(name)?.data[0], name);
  return {
    loss: first(TOTAL),
    terms: losses.map(({ output }) => first(output)),
    gradients: new Map(
      parameters.map(({ name, gradient }) => [name, defined(outputs.get(gradient), `the gradient of ${name}`)]),
    ),
  };
}

/** Each gradient agrees, relative to its own largest element. */
export function expectGradients(
  actual: ReadonlyMap<string, RefTensor>,
  expected: ReadonlyMap<string, RefTensor>,
  tolerance: number,
): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, wanted] of expected) {
    const got = defined(actual.get(name), name);
    expect(got.shape, `shape of the gradient of ${name}`).toEqual(wanted.shape);
    const scale = wanted.data.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    expect(scale, `the gradient of ${name} is not 0`).toBeGreaterThan(0);
    wanted.data.forEach((each, i) => {
      const error = Math.abs((got.data[i] ?? NaN) - each) / scale;
      if (!(error <= tolerance)) {
        expect.fail(`gradient of ${name}, element ${i}: ${got.data[i]}, expected ${each}; off by ${error} of ${scale}`);
      }
    });
  }
}

/** Inputs of a step that are the same for every test: factors of 1 where nothing else is said. */
export function stepFeeds(step: TrainingStep, feeds: RefFeeds): RefFeeds {
  const factors = step.losses.map(({ coefficient }) => [coefficient, scalar(1)] as const);
  return { ...Object.fromEntries(factors), ...feeds };
}
