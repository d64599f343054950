import { expect } from 'vitest';
import { defined } from '../base/assert.ts';
import { normal, seeded, type Random } from '../base/random.ts';
import type { TrainBackend } from '../grad/emit.ts';
import { Model } from '../ir/model.ts';
import { sizeOf, staticShape } from '../ir/types.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { writeModel } from '../onnx/write.ts';
import { isTensor } from '../ops/shapes.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from './build.ts';
import { finiteDifferences, type Differences } from './finite-differences.ts';
import { floatTargets, gradientModel, type GradientModel } from './gradient-model.ts';
import { evaluate, type RefFeeds } from './reference/evaluate.ts';
import { runOnRuntime } from './reference/on-runtime.ts';
import { fromTensor, refTensor, type RefTensor } from './reference/tensor.ts';

/** Draws one element of an input from uniform numbers in [0, 1). */
export type Draw = (random: Random) => number;

export const between =
  (low: number, high: number): Draw =>
  (random) =>
    low + (high - low) * random();
/** At least `low` and at most `high` away from 0, on either side: away from the kink of Abs or Relu. */
export const awayFromZero =
  (low = 0.1, high = 2): Draw =>
  (random) =>
    (random() < 0.5 ? -1 : 1) * between(low, high)(random);

export interface GradientCheck extends BuildOptions {
  /** What inputs hold, by name: elements, or how to draw them. Default: normal numbers; whole numbers have to be given. */
  readonly inputs?: Readonly<Record<string, Draw | readonly number[]>>;
  /** Float inputs and initializers whose gradient is not asked for, by name. */
  readonly fixed?: readonly string[];
  /** How far a gradient may be from finite differences, relative to the largest element. Default 1e-6. */
  readonly tolerance?: number;
  /** How far the runtime's float32 may be from float64, relative to the largest element. Default 1e-4. */
  readonly runtimeTolerance?: number;
  /** Why what is emitted is not run on ONNX Runtime. */
  readonly skipRuntime?: string;
  /** Of finite differences. Default 1e-5. */
  readonly step?: number;
}

/** What was found, for further assertions. */
export interface GradientFindings {
  /** By name of the input or initializer, as emitted for WASM; one that has none is left out. */
  readonly gradients: ReadonlyMap<string, RefTensor>;
  /** What was emitted, forward and backward, by backend. */
  readonly models: Readonly<Record<TrainBackend, Model>>;
  /** The largest errors against finite differences, and of the runtime. */
  readonly worst: number;
  readonly worstRuntime: number;
}

const BACKENDS = ['wasm', 'webgpu'] as const;
/** Elements of one tensor that are held against differences. */
const MOST = 200;
/** Gradients below this, or below a hundredth of the largest one, are compared as if they were as large. */
const SMALLEST = 1e-3;
const SMALLEST_SHARE = 1e-2;

type Build = Model | ((g: GraphBuilder) => void);

/** A model for operator set 21 unless it is told. */
const modelOf = (build: Build, options: BuildOptions): Model =>
  build instanceof Model
    ? build
    : buildModel({ opset: 21, irVersion: 10, ...options, domains: { 'com.microsoft': 1, ...options.domains } }, build);

/**
 * Holds the gradients that `backward` writes, by every float input and initializer of a forward model, against central
 * finite differences in float64, for a random linear functional of all float outputs. Both emissions (WASM, WebGPU) are
 * evaluated in float64, and run on ONNX Runtime's WASM, which has to agree.
 */
export async function checkGradients(build: Build, options: GradientCheck = {}): Promise<GradientFindings> {
  const forward = modelOf(build, options);
  const { tolerance = 1e-6, runtimeTolerance = 1e-4, step = 1e-5, seed = 1 } = options;
  const targets = floatTargets(forward).filter((name) => !options.fixed?.includes(name));
  expect(targets, 'something to take the gradient by').not.toEqual([]);
  const inputs = feedsOf(forward, options);
  const constants = Object.fromEntries(
    [...forward.graph.initializers].map(([id, tensor]) => [forward.getValue(id).name, fromTensor(tensor)]),
  );
  const models = { wasm: gradientModel(forward, targets, 'wasm'), webgpu: gradientModel(forward, targets, 'webgpu') };
  const seeds = seedsOf(models.wasm, normal(seeded(seed + 1)));
  const differences = finiteDifferences(forward, { ...constants, ...inputs }, byOutput(seeds), targets, {
    step,
    most: MOST,
    seed,
  });
  let [worst, worstRuntime] = [0, 0];
  const answers = new Map<TrainBackend, ReadonlyMap<string, RefTensor>>();
  const seen = new Set<string>();
  for (const backend of BACKENDS) {
    const written = models[backend];
    const bytes = writeModel(written.model);
    const text = Buffer.from(bytes).toString('latin1');
    const known = seen.has(text);
    seen.add(text);
    if (known) continue;
    verifyModel(written.model);
    const gradients = gradientsOf(written, evaluate(written.model, { ...inputs, ...seeds }));
    answers.set(backend, gradients);
    worst = Math.max(worst, compareDifferences(differences, gradients, tolerance, backend));
    if (options.skipRuntime !== undefined) continue;
    const actual = gradientsOf(written, await runOnRuntime(bytes, { ...inputs, ...seeds }, 'all'));
    worstRuntime = Math.max(worstRuntime, compareRuntime(gradients, actual, runtimeTolerance, backend));
  }
  return {
    gradients: defined(answers.get('wasm'), 'the gradients'),
    models: { wasm: models.wasm.model, webgpu: models.webgpu.model },
    worst,
    worstRuntime,
  };
}

/** No gradient passes, for the reason that is given; the error is `unsupported` and names the node. */
export function expectRefusal(build: Build, reason: RegExp, options: GradientCheck = {}): void {
  const forward = modelOf(build, options);
  const targets = floatTargets(forward).filter((name) => !options.fixed?.includes(name));
  for (const backend of BACKENDS) {
    let refusal: unknown = null;
    try {
      gradientModel(forward, targets, backend);
    } catch (error) {
      refusal = error;
    }
    const message = expect.stringMatching(reason) as unknown;
    expect(refusal, `a refusal on ${backend}`).toMatchObject({ code: 'unsupported', message });
  }
}

/** Every float is one that float32 has, so that the runtime is given the same. */
function feedsOf(model: Model, { inputs = {}, seed = 1 }: GradientCheck): Record<string, RefTensor> {
  const random = seeded(seed);
  const gauss = normal(random);
  const feeds: Record<string, RefTensor> = {};
  for (const id of model.graph.inputs) {
    const { name, type } = model.getValue(id);
    if (!isTensor(type)) throw new Error(`${name} is no tensor`);
    const shape = defined(staticShape(type.shape), `the sizes of ${name}`);
    const given = inputs[name];
    const float = type.dtype === 'float32';
    if (given === undefined && !float) throw new Error(`${name} is ${type.dtype}: its elements have to be given`);
    const draw = typeof given === 'function' ? () => given(random) : gauss;
    const data = isList(given) ? given : Array.from({ length: sizeOf(shape) }, draw);
    feeds[name] = refTensor(type.dtype, shape, float ? data.map(Math.fround) : data);
  }
  return feeds;
}

const isList = (given: Draw | readonly number[] | undefined): given is readonly number[] => Array.isArray(given);

function seedsOf({ seeds }: GradientModel, random: Random): Record<string, RefTensor> {
  return Object.fromEntries(
    [...seeds].map(([name, shape]) => [
      name,
      refTensor(
        'float32',
        shape,
        Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(random())),
      ),
    ]),
  );
}

const byOutput = (seeds: RefFeeds): ReadonlyMap<string, RefTensor> =>
  new Map(Object.entries(seeds).map(([name, r]) => [name.replace(/^r of /, ''), r]));

/** By what the gradient is taken by. */
const gradientsOf = (
  { gradients }: GradientModel,
  outputs: ReadonlyMap<string, RefTensor>,
): ReadonlyMap<string, RefTensor> =>
  new Map([...gradients].map(([name, output]) => [name, defined(outputs.get(output), output)]));

const largest = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] ?? 0));
  return most;
};

function compareDifferences(
  expected: ReadonlyMap<string, Differences>,
  actual: ReadonlyMap<string, RefTensor>,
  tolerance: number,
  backend: TrainBackend,
): number {
  const overall = Math.max(...[...expected.values()].map(({ values }) => largest(values)));
  let worst = 0;
  for (const [name, { at, values }] of expected) {
    const gradient = actual.get(name);
    const scale = Math.max(largest(values), overall * SMALLEST_SHARE, SMALLEST);
    at.forEach((place, i) => {
      const [got, wanted] = [gradient?.data[place] ?? 0, values[i] ?? NaN];
      const error = Math.abs(got - wanted) / scale;
      worst = Math.max(worst, error);
      const where = `${backend}: gradient of ${name}, element ${place}: ${got}, by differences ${wanted}`;
      if (!(error <= tolerance)) expect.fail(`${where}; off by ${error.toExponential(1)} of ${scale}`);
    });
  }
  return worst;
}

function compareRuntime(
  expected: ReadonlyMap<string, RefTensor>,
  actual: ReadonlyMap<string, RefTensor>,
  tolerance: number,
  backend: TrainBackend,
): number {
  const overall = Math.max(0, ...[...expected.values()].map(({ data }) => largest(data)));
  let worst = 0;
  for (const [name, wanted] of expected) {
    const got = defined(actual.get(name), name);
    expect(got.shape, `shape of the gradient of ${name}`).toEqual(wanted.shape);
    const scale = Math.max(largest(wanted.data), overall * SMALLEST_SHARE, SMALLEST);
    wanted.data.forEach((value, i) => {
      const error = Math.abs((got.data[i] ?? NaN) - value) / scale;
      worst = Math.max(worst, error);
      const where = `${backend}, run: gradient of ${name}, element ${i}: ${got.data[i]}, in float64 ${value}`;
      if (!(error <= tolerance)) expect.fail(`${where}; off by ${error.toExponential(1)} of ${scale}`);
    });
  }
  return worst;
}
