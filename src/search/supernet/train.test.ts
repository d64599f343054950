import { describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import { nodePort } from '../../engine/node.ts';
import type { CheckpointStore } from '../../engine/train/checkpoint.ts';
import { TrainControl } from '../../engine/train/control.ts';
import { batchFree } from '../../engine/train/samples.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel } from '../../testing/build.ts';
import { preparedStripes, stripes, stripesPort } from '../../testing/train-data.ts';
import { SUPERNET } from './defaults.ts';
import { supernetOf, trainedKinds } from './info.ts';
import { requireElastic } from './phases.ts';
import { trainSupernet, type SupernetInput } from './train.ts';
import type { SupernetProgress, SupernetRequest } from './types.ts';

const SLOW = 60_000;
const port = nodePort();
const job = silentJob();

/** For images [1, 8, 8]: a 5 × 5 convolution, two residual blocks, three classes. */
const network = (): Model =>
  buildModel({ seed: 3, opset: 17 }, (g) => {
    const layer = (x: ValueId, name: string, [to, from, kernel]: [number, number, number]): ValueId => {
      const pad = (kernel - 1) / 2;
      const scale = Math.sqrt(2 / (from * kernel * kernel));
      const y = g.op('Conv', [x, g.weight(`${name}.w`, [to, from, kernel, kernel], { scale })], {
        pads: [pad, pad, pad, pad],
      });
      const norm = ['scale', 'bias', 'mean', 'variance'].map((what, i) =>
        g.floats(`${name}.${what}`, [to], 1 - (Math.ceil(i / 2) % 2)),
      );
      return g.op('BatchNormalization', [y, ...norm]);
    };
    let x = g.op('Relu', [layer(g.input('x', [1, 1, 8, 8]), 'stem', [8, 1, 5])]);
    for (const block of ['a', 'b']) {
      const inner = g.op('Relu', [layer(x, `${block}.1`, [8, 8, 3])]);
      x = g.op('Add', [x, layer(inner, `${block}.2`, [8, 8, 1])], {}, { outputs: [`${block}.sum`] });
    }
    const flat = g.op('Flatten', [g.op('MaxPool', [g.op('Relu', [x])], { kernel_shape: [2, 2], strides: [2, 2] })]);
    const scores = g.op('Gemm', [flat, g.weight('dense.w', [128, 3], { scale: 0.05 }), g.floats('dense.b', [3], 0)]);
    g.output(scores, 'scores', { shape: [1, 3] });
  });

const REQUEST: SupernetRequest = {
  ...SUPERNET,
  space: { ...SUPERNET.space, shares: [0.5, 1], genes: {} },
  rate: 0.01,
  steps: 40,
  batch: 16,
  evaluateEvery: 20,
  holdOut: 60,
  checkpointEvery: 10,
  seed: 5,
};

async function input(request: Partial<SupernetRequest> = {}): Promise<SupernetInput> {
  const { dataSet, preprocess } = await preparedStripes(stripes(400));
  const data = { dataSet, preprocess, inputs: batchFree([stripesPort]) };
  return {
    model: network(),
    data,
    judges: null,
    ports: [stripesPort],
    request: { ...REQUEST, ...request },
    key: 'run',
  };
}

const lossesOf = ({ result }: Awaited<ReturnType<typeof trainSupernet>>): number[] =>
  result.curve.map(({ loss }) => loss);

describe('a supernet training', () => {
  it('makes sub-networks work without training of their own', { timeout: SLOW }, async () => {
    const told: SupernetProgress[] = [];
    const listening = {
      ...createJob(new AbortController().signal, () => {}),
      progress: (each: SupernetProgress) => told.push(each),
    };
    const { result, model } = await trainSupernet(await input({ steps: 110 }), port, listening);
    const [first, last] = [result.looks[0]!, result.looks.at(-1)!];
    expect(first.smallest.top1).toBeLessThan(0.7);
    expect(last.full.top1).toBeGreaterThan(0.95);
    expect(last.smallest.top1).toBeGreaterThan(0.8);
    expect(result.phases.map(({ kinds }) => kinds)).toEqual([['depth'], ['depth', 'width']]);
    expect(result.curve.map(({ terms }) => terms.length).filter((n) => n === 3)).toHaveLength(110);
    expect(told.filter(({ look }) => look)).toHaveLength(result.looks.length);
    expect(trainedKinds(supernetOf(model)!).toSorted()).toEqual(['depth', 'width']);
  });

  it(
    'gives the same losses for the same seed, and goes on from a checkpoint as if nothing had been',
    { timeout: SLOW },
    async () => {
      const whole = lossesOf(await trainSupernet(await input(), port, job));
      expect(whole).toHaveLength(40);
      let kept: Uint8Array | null = null;
      const store: CheckpointStore = {
        load: () => Promise.resolve(kept),
        save(bytes) {
          kept = bytes;
          return Promise.resolve();
        },
        drop() {
          kept = null;
          return Promise.resolve();
        },
      };
      const broken = new AbortController();
      const until = {
        ...createJob(broken.signal, () => {}),
        progress: ({ done }: SupernetProgress) => done !== undefined && done >= 25 && broken.abort(),
      };
      await expect(trainSupernet(await input(), port, until, { store })).rejects.toThrow();
      expect(kept).not.toBeNull();
      const rest = await trainSupernet(await input(), port, job, { store });
      expect(lossesOf(rest)).toEqual(whole);
      expect(rest.result.looks.map(({ full }) => full.step)).toEqual([0, 20, 40]);
      expect(kept).toBeNull();
    },
  );

  it(
    'learns from the opened model where there are no labels, and ends early when it is told to',
    { timeout: SLOW },
    async () => {
      const control = new TrainControl();
      const stopping = {
        ...createJob(new AbortController().signal, () => {}),
        progress: ({ done = 0 }: SupernetProgress) => done >= 10 && control.stop(),
      };
      const { result } = await trainSupernet(await input({ labels: false }), port, stopping, { control });
      expect(result.steps).toBeGreaterThanOrEqual(10);
      expect(result.steps).toBeLessThan(40);
      expect(result.curve[0]!.loss).toBeLessThan(0.2);
      expect(result.looks[0]!.full.agreement).toBeGreaterThan(0.5);
    },
  );

  it('refuses what has no sub-networks, and kinds that no training makes elastic', async () => {
    const none = input({ space: { ...REQUEST.space, kinds: ['heads'] } });
    await expect(none.then((each) => trainSupernet(each, port, job))).rejects.toThrow(/no sub-networks of heads/);
    expect(() => requireElastic(['width', 'resolution'])).toThrow(
      /for kernel, depth, width, heads, not for resolution/,
    );
  });
});
