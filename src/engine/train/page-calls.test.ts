import { beforeEach, describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import { seeded } from '../../base/random.ts';
import type { DataFile } from '../../data/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel } from '../../testing/build.ts';
import { LOSSES, SPARSITY, TRAINING } from '../../train/defaults.ts';
import { writeNpy } from '../../verify/npz.ts';
import { nodePort } from '../node.ts';
import { Studio } from '../studio.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { TrainAsk, TrainProgress } from './types.ts';

const COUNT = 60;
const WIDTH = 4;
const CLASSES = 3;

const network = (seed: number) =>
  buildModel({ seed }, (g) => {
    const x = g.input('x', ['N', WIDTH]);
    const hidden = g.op('MatMul', [x, g.weight('w1', [WIDTH, 8])]);
    const scores = g.op('MatMul', [g.op('Relu', [hidden]), g.weight('w2', [8, CLASSES])]);
    g.output(scores, 'scores', { shape: ['N', CLASSES] });
  });

const file = (name: string, bytes: Uint8Array): DataFile => ({ name, bytes: () => Promise.resolve(bytes) });
const random = seeded(5);
const samples = file(
  'x.npy',
  writeNpy({
    dtype: 'float32',
    shape: [COUNT, WIDTH],
    data: Float32Array.from(
      { length: COUNT * WIDTH },
      (_, i) => random() + (i % WIDTH === Math.floor(i / WIDTH) % CLASSES ? 2 : 0),
    ),
  }),
);
const labels = (turn = 0) =>
  file('y.csv', new TextEncoder().encode(Array.from({ length: COUNT }, (_, i) => (i + turn) % CLASSES).join('\n')));

const opened = async (seed = 1, studio = new Studio(nodePort())): Promise<Studio> => {
  const bytes = writeModel(network(seed));
  await studio.openFile(
    { name: 'net.onnx', bytes, external: { size: () => null, read: () => new Uint8Array() } },
    silentJob(),
  );
  return studio;
};
const give = (studio: Studio, with_: DataFile | null = labels()) =>
  studio.trainings.open({ drawn: null, files: [samples], labels: with_, tokenizer: null, changes: {} }, 'train');

const ask = (patch: Partial<TrainAsk['request']> = {}): TrainAsk => ({
  student: 0,
  teacher: null,
  request: { ...TRAINING, steps: 24, batch: 8, evaluateEvery: 8, checkpointEvery: 6, ...patch },
});

/** In memory; what was saved last. */
class Memory implements CheckpointStore {
  bytes: Uint8Array | null = null;
  load = () => Promise.resolve(this.bytes);
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.bytes = bytes.slice();
    return Promise.resolve();
  }
  drop(): Promise<void> {
    this.bytes = null;
    return Promise.resolve();
  }
}

let studio: Studio;
beforeEach(async () => {
  studio = await opened();
});

describe('samples that are given', () => {
  it('are described, with what feeds the model', async () => {
    const view = await give(studio);
    expect(view).toMatchObject({ count: COUNT, labels: { classes: CLASSES, fewest: 20, most: 20 } });
    expect(view?.feeds[0]).toMatchObject({ name: 'x', dtype: 'float32', shape: [WIDTH] });
  });

  it('may be digits that are drawn here, of which other ones judge', async () => {
    const image = new Studio(nodePort());
    const bytes = writeModel(
      buildModel({}, (g) => {
        const flat = g.op('Flatten', [g.input('image', ['N', 1, 28, 28])]);
        g.output(g.op('MatMul', [flat, g.weight('w', [784, 10])]), 'scores', { shape: ['N', 10] });
      }),
    );
    const external = { size: () => null, read: () => new Uint8Array() };
    await image.openFile({ name: 'digits.onnx', bytes, external }, silentJob());
    const drawn = { drawn: 'digits', files: [], labels: null, tokenizer: null, changes: {} } as const;
    expect(await image.trainings.open(drawn, 'train')).toMatchObject({ count: 6000, labels: { classes: 10 } });
    expect(await image.trainings.open(drawn, 'judge')).toMatchObject({ count: 1000, labels: { classes: 10 } });
  });

  it('are gone when they are given back, and when another model is opened', async () => {
    await give(studio);
    await expect(studio.trainings.plan(ask())).resolves.toMatchObject({ terms: ['labels'] });
    expect(await studio.trainings.open(null, 'train')).toBeNull();
    await expect(studio.trainings.plan(ask())).rejects.toThrow('nothing to train on');
    await give(studio);
    await opened(2, studio);
    await expect(studio.trainings.plan(ask())).rejects.toThrow('nothing to train on');
  });
});

describe('the key of a training', () => {
  it('is another for other models, labels, judges or requests, and else the same', async () => {
    await give(studio);
    const key = await studio.trainings.keyOf(ask());
    expect(await studio.trainings.keyOf(ask())).toBe(key);
    expect(await studio.trainings.keyOf(ask({ rate: 0.5 }))).not.toBe(key);
    expect(await studio.trainings.keyOf(ask({ backend: 'webgpu', threads: 2 }))).toBe(key);
    await studio.trainings.open(
      { drawn: null, files: [samples], labels: labels(1), tokenizer: null, changes: {} },
      'judge',
    );
    expect(await studio.trainings.keyOf(ask())).not.toBe(key);
    // The same name and the same size, other weights.
    const other = await opened(2);
    await give(other);
    expect(await other.trainings.keyOf(ask())).not.toBe(key);
  });
});

it('values that a hint may name are those between nodes, in running order', () => {
  expect(studio.trainings.valueNames(0)).toEqual([
    { name: 'matmul_out', node: expect.any(Number) as number, shape: ['N', 8] },
    { name: 'relu_out', node: expect.any(Number) as number, shape: ['N', 8] },
    { name: 'scores', node: expect.any(Number) as number, shape: ['N', CLASSES] },
  ]);
});

describe('the plan of a training', () => {
  it('counts weights and moments twice on WebGPU, where a step holds them before and after, and says so', async () => {
    await give(studio);
    const [wasm, webgpu] = [
      await studio.trainings.plan(ask()),
      await studio.trainings.plan(ask({ backend: 'webgpu' })),
    ];
    expect(wasm.memory.weights).toBe(4 * (4 * 8 + 8 * 3));
    expect(webgpu.memory.weights).toBe(2 * wasm.memory.weights);
    expect(webgpu.memory.optimizer).toBe(2 * wasm.memory.optimizer);
    expect(webgpu.nodes).toBeGreaterThan(wasm.nodes);
    expect(webgpu.notes.join(' ')).toContain('holds them twice');
    expect(wasm.notes.join(' ')).not.toContain('holds them twice');
  });

  it('holds weights once on WebGPU where zeros are decided outside of the step', async () => {
    await give(studio);
    const plan = await studio.trainings.plan(ask({ backend: 'webgpu', sparsity: SPARSITY }));
    expect(plan.memory.weights).toBe(4 * (4 * 8 + 8 * 3));
    expect(plan.notes.join(' ')).toContain('gradients are read back');
  });
});

describe('a run', () => {
  const watched = (on: (progress: TrainProgress) => void, signal = new AbortController().signal) => {
    const job = createJob(signal, () => {});
    return { signal, progress: on, checkpoint: () => job.checkpoint() };
  };

  it('that is paused and broken off goes on from there, to the same weights', async () => {
    await give(studio);
    const whole = await studio.trainings.run(
      ask(),
      watched(() => {}),
    );
    const weights = (await studio.trainings.trained('whole')).bytes;

    const broken = await opened();
    await give(broken);
    const store = new Memory();
    const abort = new AbortController();
    let at = 0;
    const running = broken.trainings.run(
      ask(),
      watched(({ stage, done = 0, points }) => {
        if (points && done > 6 && at === 0) broken.trainings.pause();
        if (stage !== 'Paused') return;
        at = done;
        abort.abort();
      }, abort.signal),
      store,
    );
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(at).toBeGreaterThan(6);
    expect(at).toBeLessThan(24);

    // As after a reload: nothing but the store is left.
    const again = await opened();
    await give(again);
    const stages: string[] = [];
    const result = await again.trainings.run(
      ask(),
      watched(({ stage, done }) => void stages.push(`${stage} ${done}`)),
      store,
    );
    expect(stages).toContain(`Going on from a checkpoint ${at}`);
    expect(result.curve.map(({ loss }) => loss)).toEqual(whole.curve.map(({ loss }) => loss));
    expect((await again.trainings.trained('again')).bytes).toEqual(weights);
    expect(store.bytes).toBeNull();
  });

  it('tells at once what the teacher does on the held-out samples', async () => {
    await give(studio);
    const told: TrainProgress[] = [];
    const losses = { ...LOSSES, logits: 1 };
    const result = await studio.trainings.run(
      { ...ask({ losses }), teacher: 0 },
      watched((each) => void told.push(each)),
    );
    const taught = told.findIndex(({ teacher }) => teacher !== undefined);
    expect(told[taught]?.teacher).toEqual(result.teacher);
    expect(result.teacher?.top1).not.toBeNull();
    expect(told.findIndex(({ evaluation }) => evaluation !== undefined)).toBeGreaterThan(taught);
  });
});
