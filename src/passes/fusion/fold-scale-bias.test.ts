import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { foldConstants } from '../cleanup/fold-constants.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { foldScaleBias } from './fold-scale-bias.ts';

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

async function expectFolded(before: Model, ops: Record<string, number>): Promise<void> {
  const { model: after } = await afterPass(before, foldScaleBias);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
}

async function expectRefused(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, foldScaleBias);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

/** [2, 4, 6, 5] → [2, 6, 6, 5] */
const conv = (g: GraphBuilder, x: ValueId, { attributes = { pads: [1, 1, 1, 1] }, bias = true, group = 1 } = {}) =>
  g.op('Conv', [x, g.weight('w', [6, 4 / group, 3, 3]), ...(bias ? [g.weight('b', [6])] : [])], {
    ...attributes,
    group,
  });
const input = (g: GraphBuilder): ValueId => g.input('x', [2, 4, 6, 5]);

describe('fold-scale-bias: behind a convolution', () => {
  it.each(['Mul', 'Div', 'Add', 'Sub'])(
    'folds %s with one number for each channel, with and without a bias',
    async (type) => {
      for (const [bias, shape] of [
        [true, [1, 6, 1, 1]],
        [false, [6, 1, 1]],
        [false, []],
        [true, [1]],
      ] as const) {
        const before = model((g) =>
          g.op(type, [conv(g, input(g), { bias }), g.weight('k', shape, { offset: 2, scale: 0.1 })]),
        );
        await expectFolded(before, { Conv: 1 });
      }
    },
  );

  it('folds where the constant stands on the left, a difference too', async () => {
    for (const type of ['Mul', 'Add', 'Sub']) {
      await expectFolded(
        model((g) => g.op(type, [g.weight('k', [6, 1, 1]), conv(g, input(g))])),
        { Conv: 1 },
      );
    }
    expect(
      await sitesOf(
        model((g) => g.op('Div', [g.weight('k', [6, 1, 1]), conv(g, input(g))])),
        foldScaleBias,
      ),
    ).toEqual({ sites: [], refusals: [] });
  });

  it('folds a chain of them, groups minded', async () => {
    const before = model((g) => {
      const y = g.op('Mul', [conv(g, input(g), { group: 2, bias: false }), g.weight('a', [1, 6, 1, 1])]);
      return g.op('Div', [g.op('Add', [g.weight('b2', [6, 1, 1]), y]), g.floats('c', [], 3)]);
    });
    await expectFolded(before, { Conv: 1 });
  });

  it('adds no bias where there is only a scale', async () => {
    const before = model((g) => g.op('Mul', [conv(g, input(g), { bias: false }), g.weight('k', [6, 1, 1])]));
    const { model: after } = await afterPass(before, foldScaleBias);
    expect([...after.nodes.values()][0]?.inputs).toHaveLength(2);
  });

  it('folds into a transposed convolution, one and three spatial axes, groups minded', async () => {
    for (const spatial of [1, 3]) {
      for (const group of [1, 2]) {
        const before = model((g) => {
          const ones = Array(spatial).fill(1) as number[];
          const w = g.weight('w', [4, 3, ...ones.map(() => 2)]);
          const x = g.input('x', [1, 4, ...ones.map(() => 4)]);
          const y = g.op('ConvTranspose', [x, w], { strides: ones.map(() => 2), group });
          return g.op('Add', [
            g.op('Mul', [y, g.weight('k', [3 * group, ...ones])]),
            g.weight('d', [3 * group, ...ones]),
          ]);
        });
        await expectFolded(before, { ConvTranspose: 1 });
      }
    }
  });

  it('leaves constants alone that lie along columns or rows, as wide as the channels are many', async () => {
    for (const shape of [[6], [1, 1, 1, 6], [6, 1], [1, 6, 6, 1]]) {
      const before = model((g) => {
        const y = g.op('Conv', [g.input('x', [1, 4, 6, 6]), g.weight('w', [6, 4, 1, 1])]);
        return g.op('Add', [y, g.weight('k', shape)]);
      });
      await expectRefused(before, /varies along another axis than the channels/);
    }
  });

  it('leaves constants alone that would make the result larger', async () => {
    const higher = model((g) => g.op('Mul', [conv(g, input(g)), g.weight('k', [1, 1, 6, 1, 1])]));
    await expectRefused(higher, /higher rank/);
    const wider = model((g) => {
      const y = g.op('Conv', [g.input('x', [1, 4, 6, 6]), g.weight('w', [1, 4, 1, 1])]);
      return g.op('Add', [y, g.weight('k', [3, 1, 1])]);
    });
    await expectRefused(wider, /3 elements for 1 channels/);
  });

  it('leaves a division by zero alone, and what is computed', async () => {
    await expectRefused(
      model((g) => g.op('Div', [conv(g, input(g)), g.floats('k', [], 0)])),
      /no finite scale/,
    );
    await expectRefused(
      model((g) => g.op('Add', [conv(g, input(g)), g.input('k', [6, 1, 1])])),
      /nput 1 of Add add is not a constant/,
    );
  });

  it('leaves the broadcasting of versions before 7 alone', async () => {
    const before = model((g) => g.op('Add', [conv(g, input(g)), g.weight('k', [6])], { broadcast: 1, axis: 1 }), {
      opset: 6,
    });
    await expectRefused(before, /versions before 7/);
  });

  it('folds into a batch norm that stands alone', async () => {
    const norm = (g: GraphBuilder, shape: (number | string)[], attributes = {}, outputs = ['n']) => {
      const parameters = [g.weight('gamma', [4]), g.weight('beta', [4]), g.weight('mean', [4])];
      return g.op(
        'BatchNormalization',
        [g.input('x', shape), ...parameters, g.weight('variance', [4], { scale: 0.1, offset: 1 })],
        attributes,
        { outputs },
      );
    };
    for (const shape of [
      [2, 4, 5, 4],
      ['n', 4],
    ]) {
      const ones = shape.slice(2).map(() => 1);
      const before = model((g) =>
        g.op('Add', [g.op('Mul', [norm(g, shape), g.weight('k', [4, ...ones])]), g.weight('d', [1, 4, ...ones])]),
      );
      await expectFolded(before, { BatchNormalization: 1 });
    }
    await expectRefused(
      model((g) => g.op('Mul', [norm(g, [2, 4, 5, 4]), g.weight('k', [4])])),
      /along another axis/,
    );
    const training = model((g) =>
      g.op('Mul', [norm(g, [2, 4, 5], { training_mode: 1 }, ['n', 'm', 'v']), g.weight('k', [4, 1])]),
    );
    await expectRefused(training, /training mode/);
  });

  it('folds in float16, unless the weights would exceed it', async () => {
    const half = (offset: number) =>
      model((g) => {
        const w = g.weight('w', [4, 2, 3, 3], { dtype: 'float16', offset: 10 });
        const y = g.op('Conv', [g.input('x', [1, 2, 5, 5], 'float16'), w]);
        return g.op('Mul', [y, g.weight('k', [4, 1, 1], { dtype: 'float16', offset })]);
      });
    await expectFolded(half(1), { Conv: 1 });
    await expectRefused(half(30000), /exceed float16/);
  });
});

describe('fold-scale-bias: before a convolution', () => {
  it('folds a scale in spite of padding, groups minded', async () => {
    for (const group of [1, 2]) {
      for (const type of ['Mul', 'Div']) {
        const before = model((g) =>
          conv(g, g.op(type, [input(g), g.weight('k', [1, 4, 1, 1], { offset: 2, scale: 0.1 })]), { group }),
        );
        await expectFolded(before, { Conv: 1 });
      }
    }
  });

  it('folds a shift without padding only', async () => {
    const shifted = (attributes: Record<string, number[] | string>) =>
      model((g) => {
        const x = g.op('Sub', [input(g), g.weight('k', [4, 1, 1])]);
        return conv(g, g.op('Div', [x, g.floats('d', [1], 0.5)]), { attributes: attributes as { pads: number[] } });
      });
    await expectFolded(shifted({}), { Conv: 1 });
    await expectFolded(shifted({ auto_pad: 'VALID' }), { Conv: 1 });
    for (const attributes of [{ pads: [0, 1, 0, 0] }, { auto_pad: 'SAME_UPPER' }]) {
      const { model: after, result } = await afterPass(shifted(attributes), foldScaleBias);
      expect(countOps(after)).toEqual({ Sub: 1, Conv: 1 });
      expect(result.refusals.map((each) => each.reason).join()).toMatch(/pads with zeros.*shift of Sub sub/);
    }
  });

  it('leaves a scale alone that broadcasts its input up, or may', async () => {
    const scaled = (shape: (number | string)[]) =>
      model((g) => conv(g, g.op('Mul', [g.input('x', shape), g.weight('k', [1, 4, 1, 1])])));
    await expectRefused(scaled([2, 1, 6, 5]), /as many channels/);
    await expectRefused(scaled([2, 'c', 6, 5]), /as many channels/);
    await expectRefused(scaled([4, 6, 5]), /rank of what it scales/);
    await expectFolded(scaled([2, 4, 6, 5]), { Conv: 1 });
  });

  it('leaves the ends of activations and normalizations to the passes that know them', async () => {
    const pointwise = (g: GraphBuilder, x: ValueId) => g.op('Conv', [x, g.weight('w', [6, 4, 1, 1])]);
    const hardSwish = model((g) => {
      const x = input(g);
      const clipped = g.op('Clip', [
        g.op('Add', [x, g.floats('three', [], 3)]),
        g.floats('low', [], 0),
        g.floats('high', [], 6),
      ]);
      return pointwise(g, g.op('Div', [g.op('Mul', [x, clipped]), g.floats('six', [], 6)]));
    });
    await expectRefused(hardSwish, /Div div may be the end of an activation or a normalization/);
    const layerNorm = model((g) => {
      const x = input(g);
      const centred = g.op('Sub', [x, g.op('ReduceMean', [x], { axes: [1] })]);
      const spread = g.op('Sqrt', [g.op('ReduceMean', [g.op('Mul', [centred, centred])], { axes: [1] })]);
      const scaled = g.op('Mul', [g.op('Div', [centred, spread]), g.weight('gamma', [4, 1, 1])]);
      return pointwise(g, g.op('Add', [scaled, g.weight('beta', [4, 1, 1])]));
    });
    await expectRefused(layerNorm, /Add add may be the end/);
    const clipped = model((g) => {
      const y = g.op('Clip', [input(g), g.floats('low', [], 0), g.floats('high', [], 6)]);
      return pointwise(g, g.op('Div', [y, g.floats('six', [], 6)]));
    });
    await expectRefused(clipped, /an activation that is clipped/);
  });

  it('folds a scale before a transposed convolution, and no shift', async () => {
    const before = (type: string) =>
      model((g) => {
        const x = g.op(type, [g.input('x', [1, 4, 5, 5]), g.weight('k', [1, 4, 1, 1])]);
        return g.op('ConvTranspose', [x, g.weight('w', [4, 3, 2, 2]), g.weight('b', [6])], { group: 2 });
      });
    await expectFolded(before('Mul'), { ConvTranspose: 1 });
    expect((await sitesOf(before('Add'), foldScaleBias)).sites).toEqual([]);
  });
});

describe('fold-scale-bias: products of matrices', () => {
  it.each([
    { transB: 0, bias: [5] },
    { transB: 1, bias: [2, 1] },
    { transB: 1, bias: null },
  ])('folds into a Gemm on both sides, %o', async ({ transB, bias }) => {
    const before = model((g) => {
      const x = g.op('Add', [g.op('Mul', [g.input('x', [2, 4]), g.weight('a', [4])]), g.weight('d', [1, 4])]);
      const inputs = [x, g.weight('w', transB ? [5, 4] : [4, 5]), ...(bias ? [g.weight('c', bias)] : [])];
      const y = g.op('Gemm', inputs, { transB, alpha: 0.5, beta: 1.5 });
      return g.op('Sub', [g.weight('s', [5]), g.op('Mul', [y, g.weight('k', [1, 5])])]);
    });
    await expectFolded(before, { Gemm: 1 });
  });

  it('leaves a Gemm alone whose constant lies along rows, and one that transposes its input', async () => {
    const rows = model((g) =>
      g.op('Mul', [g.op('Gemm', [g.input('x', [5, 4]), g.weight('w', [4, 5])]), g.weight('k', [5, 1])]),
    );
    await expectRefused(rows, /varies along another axis/);
    const left = model((g) =>
      g.op('Gemm', [g.op('Mul', [g.input('x', [4, 2]), g.weight('k', [1])]), g.weight('w', [4, 5])], { transA: 1 }),
    );
    await expectRefused(left, /transposes its left operand/);
  });

  it('folds scales into a product of any rank, columns behind and rows before', async () => {
    const before = model((g) => {
      const x = g.op('Div', [g.input('x', ['n', 3, 4]), g.floats('d', [], 2)]);
      const y = g.op('MatMul', [g.op('Mul', [x, g.weight('a', [4])]), g.weight('w', [4, 5])]);
      return g.op('Mul', [y, g.weight('k', [1, 1, 5])]);
    });
    await expectFolded(before, { MatMul: 1 });
  });

  it('folds a layer scale behind a bias, but not one number for all columns', async () => {
    const before = (shape: number[]) =>
      model((g) => {
        const y = g.op('Add', [g.op('MatMul', [g.input('x', [2, 3, 4]), g.weight('w', [4, 5])]), g.weight('b', [5])]);
        return g.op('Mul', [y, g.weight('k', shape)]);
      });
    await expectFolded(before([5]), { MatMul: 1, Add: 1 });
    await expectRefused(before([]), /where attention looks for it/);
  });

  it('leaves a product alone where the constant may raise the rank', async () => {
    const before = model((g) =>
      g.op('Mul', [g.op('MatMul', [g.input('x', [3, 4]), g.weight('w', [4, 5])]), g.weight('k', [1, 1, 5])]),
    );
    await expectRefused(before, /higher rank/);
  });
});

describe.skipIf(!haveShared())('fold-scale-bias: real models', () => {
  const read = (file: string) => readModel(sharedFile(file)).model;

  it.each([
    ['fuse-conv-add-mul-1d', { Conv: 1, Flatten: 1 }],
    ['fuse-conv-add-mul-3d', { Conv: 1, Flatten: 1 }],
    ['fuse-conv-bn-mul-add-unsqueeze-no-bias', { Conv: 1, Flatten: 1 }],
  ])("folds what ONNX Runtime's test %s expects", async (name, ops) => {
    const before = read(`real/ort_fusion/fusion/${name}.onnx`);
    let after = before;
    for (const pass of [foldConstants, foldBatchNorm, foldScaleBias]) after = (await afterPass(after, pass)).model;
    expect(countOps(after)).toEqual(ops);
    if (name !== 'fuse-conv-add-mul-3d') await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
  });

  it("leaves ONNX Runtime's test alone whose weights are inputs with a default", async () => {
    const found = await sitesOf(read('real/ort_fusion/fusion/negative-fuse-conv-add-no-bias.onnx'), foldScaleBias);
    expect(found.sites).toEqual([]);
  });

  it('folds the biases of a CNTK export', async () => {
    const before = read('real/models/mnist-cnn/mnist.onnx');
    const { model: after } = await afterPass(before, foldScaleBias);
    expect(countOps(after)['Add']).toBe(1);
    await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
  });
});
