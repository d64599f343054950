import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import { normal, seeded } from '../base/random.ts';
import { nodePort } from '../engine/node.ts';
import { buildStep, type BuiltStep } from '../engine/train/build.ts';
import type { TrainRequest } from '../engine/train/types.ts';
import type { Model } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import { stripesModel } from '../testing/train-data.ts';
import { SPARSITY, TRAINING } from './defaults.ts';
import type { StepInput, Trainer, TrainerState } from './trainer.ts';

const port = nodePort();
const job = silentJob();
const WASM = { backend: 'wasm', level: 'all', threads: 1 } as const;
const [BATCH, STEPS] = [8, 20];

const built = (request: Partial<TrainRequest> = {}, student: Model = stripesModel()): Promise<BuiltStep> =>
  buildStep(student, null, { ...TRAINING, batch: BATCH, backend: 'webgpu', ...request }, { x: [BATCH, 1, 8, 8] });

/** The weights beside the session, and the weights in it: the same step, with and without its optimizer. */
const beside = ({ step, setup }: BuiltStep): Promise<Trainer> =>
  port.train({ name: 'step', bytes: writeModel(step.model) }, { ...copied(setup), resident: null }, WASM, job);
const inside = ({ model, setup }: BuiltStep): Promise<Trainer> =>
  port.train({ name: 'step', bytes: writeModel(model) }, copied(setup), WASM, job);
const copied = (setup: BuiltStep['setup']): BuiltStep['setup'] => structuredClone(setup);

const tensor = (shape: readonly number[], data: Float32Array): HostTensor => ({ dtype: 'float32', shape, data });

function inputs(seed: number, { count = STEPS, rate = 0.01 } = {}): StepInput[] {
  const random = seeded(seed);
  const draw = normal(random);
  return Array.from({ length: count }, (_, at) => {
    const target = new Float32Array(BATCH * 3);
    for (let row = 0; row < BATCH; row++) target[row * 3 + Math.floor(random() * 3)] = 1;
    const feeds: Feeds = {
      x: tensor([BATCH, 1, 8, 8], Float32Array.from({ length: BATCH * 64 }, draw)),
      'target 0': tensor([BATCH, 3], target),
      'factor 0': tensor([], Float32Array.of(1)),
      smoothing: tensor([], Float32Array.of(0.1)),
    };
    return { feeds, rate: rate * (1 - at / (2 * count)) };
  });
}

function expectAlike(a: unknown, b: unknown, tolerance: number, place = 'state'): void {
  if (a instanceof Float32Array && b instanceof Float32Array) {
    expect(a.length, place).toBe(b.length);
    const off = a.reduce((most, each, i) => Math.max(most, Math.abs(each - b[i]!)), 0);
    expect(off, place).toBeLessThanOrEqual(tolerance);
  } else if (a !== null && typeof a === 'object' && b !== null && typeof b === 'object') {
    expect(Object.keys(a).sort(), place).toEqual(Object.keys(b).sort());
    for (const [key, each] of Object.entries(a)) {
      expectAlike(each, (b as Record<string, unknown>)[key], tolerance, `${place}.${key}`);
    }
  } else if (typeof a === 'number' && typeof b === 'number') {
    expect(Math.abs(a - b), place).toBeLessThanOrEqual(tolerance);
  } else {
    expect(a, place).toEqual(b);
  }
}

async function both<T>(step: BuiltStep, work: (beside: Trainer, inside: Trainer) => Promise<T>): Promise<T> {
  const [a, b] = [await beside(step), await inside(step)];
  try {
    return await work(a, b);
  } finally {
    await a.release();
    await b.release();
  }
}

const { optimizer } = TRAINING;
const KINDS = [
  ['AdamW', optimizer],
  ['AdamW without decay, clipped short, averaged', { ...optimizer, weightDecay: 0, clip: 0.05, average: 0.99 }],
  ['AdamW without clipping', { ...optimizer, clip: null, weightDecay: 0.2 }],
  ['SGD', { ...optimizer, kind: 'sgd', clip: null }],
  ['SGD with decay, clipped short, averaged', { ...optimizer, kind: 'sgd', weightDecay: 0.3, clip: 0.1, average: 0.9 }],
  ['SGD without momentum', { ...optimizer, kind: 'sgd', momentum: 0 }],
] as const;

describe('a step that moves its weights by itself', () => {
  it.each(KINDS)('goes where the optimizer over arrays goes: %s', async (_, settings) => {
    const step = await built({ optimizer: settings });
    for (const seed of [1, 2]) {
      await both(step, async (a, b) => {
        const given = inputs(seed);
        const [told, said] = [await a.steps(given, job), await b.steps(given, job)];
        const figures = (outputs: typeof told) => outputs.map(({ loss, terms, norm }) => ({ loss, terms, norm }));
        expectAlike(figures(said), figures(told), 1e-5, 'losses');
        expectAlike(await b.state(), await a.state(), 1e-5);
        expectAlike(await b.weights(), await a.weights(), 1e-5, 'weights');
        const moved = (await b.state()).weights['dense.w']!;
        expect(moved.some((each, i) => Math.abs(each - step.setup.tensors.at(-2)!.data[i]!) > 1e-3)).toBe(true);
      });
    }
  });

  it('gives back losses alone, and takes no weights after the first step', async () => {
    const step = await built();
    const trainer = await inside(step);
    const outputs = await trainer.steps(inputs(4, { count: 3 }), job);
    const weights = step.setup.tensors.reduce((sum, { data }) => sum + 4 * data.length, 0);
    // The loss, its one term and the length of the gradients.
    expect(outputs.map(({ taken }) => taken)).toEqual([12, 12, 12]);
    const [first, second, third] = outputs.map(({ given }) => given);
    // Images, targets, and five scalars: a factor, smoothing, and three of the optimizer.
    expect(second).toBe(4 * (BATCH * 64 + BATCH * 3 + 5));
    expect(third).toBe(second);
    expect(first! - second!).toBeGreaterThan(3 * weights);
    await trainer.release();
  });

  it('goes on from where the other one stood, and the other way round', async () => {
    const step = await built({ optimizer: { ...optimizer, average: 0.9 } });
    const given = inputs(5);
    const crossed = async (first: Trainer, second: Trainer): Promise<TrainerState> => {
      await first.steps(given.slice(0, 8), job);
      await second.restore(await first.state());
      await second.steps(given.slice(8), job);
      return second.state();
    };
    const whole = await both(step, async (a) => (await a.steps(given, job), a.state()));
    expectAlike(await both(step, (a, b) => crossed(a, b)), whole, 1e-5);
    expectAlike(await both(step, (a, b) => crossed(b, a)), whole, 1e-5);
    // Its own state is taken up bit for bit.
    const again = await both(step, async (_, b) => {
      await b.steps(given.slice(0, 8), job);
      const state = await b.state();
      await b.steps(given.slice(8, 12), job);
      await b.restore(state);
      await b.steps(given.slice(8), job);
      return b.state();
    });
    const straight = await both(step, async (_, b) => (await b.steps(given, job), b.state()));
    expect(again).toEqual(straight);
  });

  it('leaves the weights where they were when the loss is no number', async () => {
    const step = await built();
    await both(step, async (a, b) => {
      const [first, second] = inputs(6, { count: 2 });
      const broken: StepInput = {
        ...second!,
        feeds: { ...second!.feeds, 'factor 0': tensor([], Float32Array.of(NaN)) },
      };
      for (const trainer of [a, b]) {
        await trainer.steps([first!], job);
        const before = await trainer.state();
        await expect(trainer.steps([broken], job)).rejects.toThrow(
          'The loss is not a number at step 2. Lower the learning rate, or clip gradients.',
        );
        expect(await trainer.state()).toEqual(before);
        await trainer.steps([second!], job);
      }
      expectAlike(await b.state(), await a.state(), 1e-5);
    });
  });

  it('leaves the weights where they were when a gradient is infinite and the loss is not', async () => {
    const trainer = await inside(await built());
    const [first, second] = inputs(7, { count: 2 });
    // A factor of 1e37 leaves the loss finite, and not the squares of its gradients.
    const steep = { ...first!, feeds: { ...first!.feeds, 'factor 0': tensor([], Float32Array.of(1e37)) } };
    const before = (await trainer.state()).weights;
    const [told] = await trainer.steps([steep], job);
    expect(told!.norm).toBe(Infinity);
    const { weights } = await trainer.state();
    expect(weights['dense.w']).toEqual(before['dense.w']);
    expect(weights['norm.mean']).not.toEqual(before['norm.mean']);
    await trainer.steps([second!], job);
    const after = await trainer.state();
    expect(after.weights['dense.w']).not.toEqual(before['dense.w']);
    expect(after.optimizer.steps).toBe(2);
    await trainer.release();
  });

  it('holds zeros', async () => {
    const student = stripesModel();
    for (const [id, { shape, size }] of student.graph.initializers) {
      if (student.getValue(id).name !== 'dense.w') continue;
      const numbers = student.graph.initializers.get(id)!.numbers();
      student.setInitializer(
        id,
        floats(
          shape,
          Float32Array.from({ length: size }, (_, i) => (i % 2 ? Number(numbers[i]) : 0)),
        ),
      );
    }
    const step = await built({ sparsity: { ...SPARSITY, kind: 'held' } }, student);
    await both(step, async (a, b) => {
      const given = inputs(8);
      await a.steps(given, job);
      await b.steps(given, job);
      expectAlike(await b.state(), await a.state(), 1e-5);
      const { 'dense.w': dense } = await b.weights();
      expect(dense!.filter((each) => each === 0)).toHaveLength(dense!.length / 2);
    });
  });

  it('leaves zeros that are yet to be decided to the optimizer over arrays, and says so', async () => {
    const { setup, notes, step, model } = await built({ sparsity: SPARSITY });
    expect(setup.resident).toBeNull();
    expect(model).toBe(step.model);
    expect(notes.join(' ')).toContain('gradients are read back');
  });

  it('refuses a state of another training', async () => {
    const trainer = await inside(await built());
    const other = await inside(await built({}, stripesModel(4)));
    await expect(trainer.restore(await other.state())).rejects.toThrow('The checkpoint is of another training');
    await trainer.release();
    await other.release();
  });
});
