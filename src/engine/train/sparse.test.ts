import { beforeAll, describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import type { Model } from '../../ir/model.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel } from '../../testing/build.ts';
import { normalFeeds, run, worstError } from '../../testing/prune-oracle.ts';
import { preparedStripes, stripes, stripesModel } from '../../testing/train-data.ts';
import { SPARSITY, TRAINING } from '../../train/defaults.ts';
import { nodePort } from '../node.ts';
import { Studio } from '../studio.ts';
import type { SparseRequest, TrainAsk } from './types.ts';

const SLOW = 60_000;
const job = silentJob();
const REQUEST = { ...TRAINING, rate: 0.02, steps: 30, batch: 16, evaluateEvery: 10, holdOut: 40, seed: 5 };

/** Two convolutions whose sum is read by a third, then a dense layer: a residual group, and one of its own. */
const residual = (): Model =>
  buildModel({ seed: 3 }, (g) => {
    const x = g.input('x', [1, 1, 8, 8]);
    const conv = (from: Parameters<typeof g.op>[1][number], name: string, shape: number[]) =>
      g.op('Conv', [from, g.weight(name, shape, { scale: 0.4 }), g.floats(`${name}.b`, [shape[0]!], 0.1)], {
        pads: [1, 1, 1, 1],
      });
    const stem = g.op('Relu', [conv(x, 'stem', [6, 1, 3, 3])]);
    const inner = g.op('Relu', [conv(stem, 'inner', [4, 6, 3, 3])]);
    const sum = g.op('Relu', [g.op('Add', [stem, conv(inner, 'outer', [6, 4, 3, 3])])]);
    const flat = g.op('Flatten', [g.op('MaxPool', [sum], { kernel_shape: [2, 2], strides: [2, 2] })]);
    g.output(g.op('Gemm', [flat, g.weight('dense', [96, 3], { scale: 0.1 })]), 'scores', { shape: [1, 3] });
  });

/** Rows of an image as places, two heads of 4 channels, and a class from all of them. */
const attention = (): Model =>
  buildModel({ seed: 4 }, (g) => {
    const x = g.op('Squeeze', [g.input('x', [1, 1, 8, 8]), g.int64s('axis', [1])]);
    const heads = (name: string, perm: number[]) => {
      const y = g.op('MatMul', [x, g.weight(name, [8, 8])]);
      return g.op('Transpose', [g.op('Reshape', [y, g.int64s(`${name}.shape`, [0, 0, 4, 2])])], { perm });
    };
    const scores = g.op('MatMul', [heads('q', [0, 2, 1, 3]), heads('k', [0, 2, 3, 1])]);
    const mixed = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), heads('v', [0, 2, 1, 3])]);
    const flat = g.op('Reshape', [g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), g.int64s('flat', [0, 0, 8])]);
    const out = g.op('Flatten', [g.op('Add', [x, g.op('MatMul', [flat, g.weight('o', [8, 8])])])]);
    g.output(g.op('MatMul', [out, g.weight('head', [64, 3], { scale: 0.1 })]), 'scores', { shape: [1, 3] });
  });

let prepared: Awaited<ReturnType<typeof preparedStripes>>;
beforeAll(async () => {
  prepared = await preparedStripes(stripes(300));
});

const ask = (sparsity: Partial<SparseRequest>, more: Partial<TrainAsk['request']> = {}): TrainAsk => ({
  student: 0,
  teacher: null,
  request: { ...REQUEST, sparsity: { ...SPARSITY, target: 0.5, ...sparsity }, ...more },
});

async function opened(model: Model): Promise<Studio> {
  const studio = new Studio(nodePort());
  const external = { size: () => null, read: () => new Uint8Array() };
  await studio.openFile({ name: 'net.onnx', bytes: writeModel(model), external }, job);
  studio.trainings.give({ ...prepared, notes: [] }, 'train');
  return studio;
}

async function kept(model: Model, asked: TrainAsk) {
  const studio = await opened(model);
  const result = await studio.trainings.run(asked, job);
  const document = await studio.trainings.keep(job);
  const verified = async (a: number, b: number) =>
    (await studio.verify({ a, b, request: { seeds: 2, backends: ['wasm'], levels: ['disabled'], threads: 1 } }, job))
      .result;
  return { studio, result, document, verified, after: readModel(studio.exportModel().bytes).model };
}

const shapes = (model: Model): Record<string, string> =>
  Object.fromEntries(
    [...model.graph.initializers]
      .filter(([, { dtype, shape }]) => dtype === 'float32' && shape.length > 1)
      .map(([value, { shape }]) => [model.getValue(value).name, shape.join('x')]),
  );
const shareOfZeros = (model: Model, name: string): number => {
  const [, tensor] = [...model.graph.initializers].find(([value]) => model.getValue(value).name === name)!;
  const numbers = Array.from(tensor.numbers());
  return numbers.filter((each) => each === 0).length / numbers.length;
};

describe('single weights', () => {
  it.each(['movement', 'magnitude'] as const)(
    'become zero by %s; the zeros are a step of prune-weights, which changes nothing more',
    { timeout: SLOW },
    async (kind) => {
      const { document, result, after, verified, studio } = await kept(residual(), ask({ kind, target: 0.8 }));
      expect(document.stops.map(({ pass }) => pass)).toEqual([null, 'recover', 'prune-weights']);
      // Only weights that are as sparse as was asked for may be kept.
      expect(result.evaluations[result.best]!.step).toBeGreaterThanOrEqual(21);
      expect(shareOfZeros(after, 'inner')).toBeCloseTo(0.8, 2);
      expect(shareOfZeros(after, 'dense')).toBeCloseTo(0.8, 2);
      expect(document.stops.at(-1)?.preserves).toBe('bits');
      expect(await verified(1, 2)).toMatchObject({ verdict: 'agrees', class: 'bits' });
      expect(studio.sparsity().nonzero).toBeLessThan(0.25 * studio.sparsity().parameters);
    },
  );

  it('go in blocks outputs × inputs, as prune-weights has them', { timeout: SLOW }, async () => {
    const { after, document } = await kept(residual(), ask({ block: { height: 1, width: 6 } }));
    expect(document.recipe.steps.at(-1)).toMatchObject({ options: { pattern: 'block', block: '1x6' } });
    const [, dense] = [...after.graph.initializers].find(([value]) => after.getValue(value).name === 'dense')!;
    const numbers = dense.numbers();
    // [96, 3] is stored inputs first: a block is six rows of one column.
    for (let column = 0; column < 3; column++) {
      for (let row = 0; row < 96; row += 6) {
        const zeros = Array.from({ length: 6 }, (_, i) => Number(numbers[(row + i) * 3 + column] === 0));
        expect(new Set(zeros).size).toBe(1);
      }
    }
  });
});

describe('whole channels', () => {
  it(
    'go for good with all that is tied to them, and what is left equals what was masked',
    { timeout: SLOW },
    async () => {
      const { studio, document, after, verified } = await kept(residual(), ask({ block: 'channel' }));
      expect(document.stops.map(({ pass }) => pass)).toEqual([null, 'recover', 'prune-channels']);
      expect(shapes(after)).toEqual({ stem: '3x1x3x3', inner: '2x3x3x3', outer: '3x2x3x3', dense: '48x3' });
      expect(document.stops.at(-1)?.preserves).toBe('order');
      expect(await verified(1, 2)).toMatchObject({ verdict: 'agrees', class: 'order' });
      const masked = readModel(studio.moveTo(1) && studio.exportModel().bytes).model;
      const feeds = normalFeeds(masked, 3);
      expect(worstError(await run(masked, feeds), await run(after, feeds))).toBeLessThan(1e-5);
      // The trained model is handed over cut as well.
      expect(shapes(readModel((await studio.trainings.trained('x')).bytes).model)).toEqual(shapes(after));
    },
  );

  it('are replayed from the recipe, without training', { timeout: SLOW }, async () => {
    const { studio, document } = await kept(stripesModel(), ask({ block: 'channel' }));
    const bytes = studio.exportModel().bytes;
    await studio.replay({ json: JSON.stringify(document.recipe) }, job);
    expect(studio.document().stops.map(({ error }) => error)).toEqual([null, null, null]);
    expect(studio.exportModel().bytes).toEqual(bytes);
  });

  it('stay whole where a weight that reads them is frozen, and it is said', { timeout: SLOW }, async () => {
    const studio = await opened(residual());
    const plan = await studio.trainings.plan(ask({ block: 'channel' }, { frozen: ['dense'] }));
    expect(plan.notes.join(' ')).toMatch(/Whole stays .*, which reads it, has no weight that is trained/);
    await expect(
      studio.trainings.plan(ask({ block: 'channel' }, { frozen: ['dense', 'inner', 'outer'] })),
    ).rejects.toThrow('Nothing can become zero');
  });
});

describe('whole heads', () => {
  it('go with their queries, keys and values', { timeout: SLOW }, async () => {
    const { document, after, verified } = await kept(attention(), ask({ block: 'head', target: 0.5 }));
    expect(document.stops.map(({ pass }) => pass)).toEqual([null, 'recover', 'prune-heads']);
    expect(shapes(after)).toEqual({ q: '8x4', k: '8x4', v: '8x4', o: '4x8', head: '64x3' });
    expect(document.stops.at(-1)?.preserves).toBe('order');
    expect(await verified(1, 2)).toMatchObject({ verdict: 'agrees' });
  });

  it('are refused where there are none', { timeout: SLOW }, async () => {
    await expect((await opened(residual())).trainings.plan(ask({ block: 'head' }))).rejects.toThrow(
      'Nothing can become zero',
    );
  });
});

describe('the outlook before a run', () => {
  it('is what comes out', { timeout: SLOW }, async () => {
    const asked = ask({ block: 'channel' });
    const { studio, document } = await kept(residual(), asked);
    const { sparse } = await studio.trainings.plan(asked);
    const [before, , after] = document.stops.map(({ summary }) => summary);
    expect(sparse).toMatchObject({ units: 10, gone: 5, before: { parameters: before!.parameters } });
    expect(sparse?.after.parameters).toBe(after!.parameters);
  });

  it('counts zeros, and what a compressed file has to hold at least', { timeout: SLOW }, async () => {
    const { sparse } = await (await opened(residual())).trainings.plan(ask({ target: 0.9 }));
    const weights = 54 + 216 + 216 + 288;
    expect(sparse).toMatchObject({ units: weights, gone: 48 + 194 + 194 + 259 });
    expect(sparse!.before.parameters - sparse!.after.parameters).toBe(sparse!.gone);
    expect(sparse!.after.packed).toBeLessThan(sparse!.after.bytes - 4 * sparse!.gone + weights / 8);
  });
});
