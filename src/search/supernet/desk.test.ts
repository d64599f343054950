import { beforeAll, describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import type { DataFile } from '../../data/types.ts';
import { nodePort } from '../../engine/node.ts';
import { Studio } from '../../engine/studio.ts';
import type { CheckpointStore } from '../../engine/train/checkpoint.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import type { ValueId } from '../../ir/types.ts';
import { memoryFiles } from '../../onnx/external.ts';
import { buildModel } from '../../testing/build.ts';
import { SearchDesk } from '../desk.ts';
import { MemoryFindings } from '../store.ts';
import { SUPERNET } from './defaults.ts';
import { SupernetDesk } from './desk.ts';
import { supernetOf, trainedKinds } from './info.ts';
import type { SupernetAsk, SupernetProgress } from './types.ts';

const SLOW = 60_000;
const port = nodePort();
const plain = { labels: null, tokenizer: null, changes: {} };
const ASK: SupernetAsk = {
  stop: 0,
  request: {
    ...SUPERNET,
    space: { ...SUPERNET.space, kinds: ['kernel', 'width', 'heads'], shares: [0.5, 1] },
    steps: 6,
    batch: 4,
    holdOut: 8,
    evaluateEvery: 100,
    checkpointEvery: 2,
    seed: 3,
  },
};

/** For images [n, 1, 28, 28], ten classes: two convolutions that soon make them small. */
const network = () =>
  buildModel({ seed: 3, opset: 17 }, (g) => {
    const layer = (x: ValueId, name: string, [to, from, kernel, stride]: [number, number, number, number]): ValueId =>
      g.op('Relu', [
        g.op('Conv', [x, g.weight(`${name}.w`, [to, from, kernel, kernel], { scale: 0.2 })], {
          pads: Array.from({ length: 4 }, () => (kernel - 1) / 2),
          strides: [stride, stride],
        }),
      ]);
    const inner = layer(layer(g.input('x', ['n', 1, 28, 28]), 'first', [8, 1, 5, 4]), 'second', [8, 8, 3, 2]);
    const flat = g.op('Flatten', [g.op('GlobalAveragePool', [inner])]);
    const scores = g.op('Gemm', [flat, g.weight('dense.w', [8, 10]), g.floats('dense.b', [10], 0)]);
    g.output(scores, 'scores', { shape: ['n', 10] });
  });

/** Images of noise [40, 1, 28, 28], as idx. */
function noise(): DataFile {
  const bytes = new Uint8Array(16 + 40 * 784).map((_, at) => (at * 7919) % 251);
  const header = new DataView(bytes.buffer);
  [0x0803, 40, 28, 28].forEach((each, at) => header.setUint32(4 * at, each));
  return { name: 'noise-images-idx3-ubyte', bytes: () => Promise.resolve(bytes) };
}

let studio: Studio;
beforeAll(async () => {
  studio = new Studio(port);
  const bytes = writeModel(network());
  await studio.openFile({ name: 'edge.onnx', bytes, external: memoryFiles(new Map()) }, silentJob());
});
const desk = (): SupernetDesk => new SupernetDesk({ port, stopOf: (index) => studio.stopOf(index) });

describe('the desk of supernets', () => {
  it(
    'trains on digits that are drawn, judges by others, and hands over a model whose space knows of it',
    { timeout: SLOW },
    async () => {
      const own = desk();
      own.give({ drawn: 'digits', files: [], ...plain });
      const result = await own.run(ASK, silentJob());
      expect(result.steps).toBe(6);
      expect(result.looks.map(({ full }) => [full.step, full.samples])).toEqual([
        [0, 8],
        [6, 8],
      ]);
      // None of those that were drawn to train on.
      expect(result.test?.smallest.samples).toBe(1000);
      const { bytes } = own.trained('edge.supernet.onnx');
      expect(trainedKinds(supernetOf(readModel(bytes).model)!).toSorted()).toEqual(['kernel', 'width']);
      expect(own.trained('again').bytes).not.toBe(bytes);

      const opened = new Studio(port);
      await opened.openFile({ name: 'edge.supernet.onnx', bytes, external: memoryFiles(new Map()) }, silentJob());
      const search = new SearchDesk({
        port,
        store: new MemoryFindings(),
        weights: opened.artifacts.weights,
        stopOf: (index) => opened.stopOf(index),
        portOf: () => port,
      });
      const { supernet } = search.space(0, SUPERNET.space);
      expect(supernet?.kinds?.toSorted()).toEqual(['kernel', 'width']);
      expect(supernet?.kernels).toBeGreaterThan(0);
    },
  );

  it(
    'holds a part of files out, learns from the model where they have no labels, and goes on from a checkpoint',
    { timeout: SLOW },
    async () => {
      const own = desk();
      own.give({ drawn: null, files: [noise()], ...plain });
      const ask = { ...ASK, request: { ...ASK.request, labels: false } };
      let kept: Uint8Array | null = null;
      const store: CheckpointStore = {
        load: () => Promise.resolve(kept),
        save: async (bytes) => void (kept = bytes),
        drop: async () => void (kept = null),
      };
      const broken = new AbortController();
      const until = {
        ...createJob(broken.signal, () => {}),
        progress: ({ done = 0 }: SupernetProgress) => void (done >= 4 && broken.abort()),
      };
      await expect(own.run(ask, until, async () => store)).rejects.toThrow();
      expect(kept).not.toBeNull();
      const stages: string[] = [];
      const listening = {
        ...createJob(new AbortController().signal, () => {}),
        progress({ stage }: SupernetProgress) {
          stages.push(stage);
          if (stage === 'Paused') own.resume();
        },
      };
      const going = own.run(ask, listening, async () => store);
      // Before it has begun: it waits at its first step all the same.
      own.pause();
      const result = await going;
      expect(stages).toEqual(expect.arrayContaining(['Going on from a checkpoint', 'Paused']));
      expect(result.looks.at(-1)?.full).toMatchObject({ samples: 8, top1: null });
      expect(result.looks.at(-1)?.full.agreement).not.toBeNull();
      expect(result.test).toBeNull();
      expect(await own.keyOf(ask)).not.toBe(await own.keyOf(ASK));
    },
  );

  it('refuses to train on nothing, twice at once, and to hand over what was not trained', async () => {
    const own = desk();
    await expect(own.run(ASK, silentJob())).rejects.toThrow(/nothing to train on: give samples/);
    expect(() => own.trained('x')).toThrow(/No supernet was trained yet/);
    own.give({ drawn: null, files: [noise()], ...plain });
    const first = own.run(
      ASK,
      createJob(AbortSignal.abort(), () => {}),
    );
    await expect(own.run(ASK, silentJob())).rejects.toThrow(/being trained already/);
    await expect(first).rejects.toThrow();
  });
});
