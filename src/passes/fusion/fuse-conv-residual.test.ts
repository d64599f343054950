import { describe, expect, it } from 'vitest';
import { getString } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fuseConvActivation } from './fuse-conv-activation.ts';
import { fuseConvResidual } from './fuse-conv-residual.ts';

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

/** [2, 4, 6, 5, 4] → [2, 4, 6, 5, 4], as far as the rank goes. */
function conv(g: GraphBuilder, x: ValueId, { rank = 4, bias = true, group = 1 } = {}): ValueId {
  const weight = g.weight('w', [4, 4 / group, 3, 3, 3].slice(0, rank));
  const pads = Array(2 * (rank - 2)).fill(1) as number[];
  return g.op('Conv', [x, weight, ...(bias ? [g.weight('b', [4])] : [])], { pads, group });
}
const shapeOf = (rank: number): number[] => [2, 4, 6, 5, 4].slice(0, rank);

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseConvResidual);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

const FUSED = { 'com.microsoft.FusedConv': 1 };

async function expectFused(before: Model, ops: Record<string, number> = FUSED): Promise<Model> {
  const { model: after } = await afterPass(before, fuseConvResidual);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  return after;
}

describe('fuse-conv-residual', () => {
  it.each([3, 4, 5])('adds inside a convolution of rank %i, with and without a bias, grouped and not', async (rank) => {
    for (const [bias, group] of [
      [true, 1],
      [false, 1],
      [false, 2],
      [true, 4],
    ] as const) {
      const before = model((g) => {
        const y = conv(g, g.input('x', shapeOf(rank)), { rank, bias, group });
        return g.op('Add', [g.input('z', shapeOf(rank)), y]);
      });
      await expectFused(before);
    }
  });

  it.each(['Relu', 'Sigmoid', 'Tanh', 'LeakyRelu', 'HardSigmoid', 'HardSwish', 'Clip'])(
    'takes %s behind the sum along',
    async (type) => {
      for (const bias of [true, false]) {
        const before = model((g) => {
          const x = g.input('x', shapeOf(4));
          const limits = type === 'Clip' ? [g.floats('low', [], -0.5), g.floats('high', [], 1)] : [];
          return g.op(type, [g.op('Add', [conv(g, x, { bias }), x]), ...limits]);
        });
        const after = await expectFused(before);
        expect(getString([...after.nodes.values()][0]!, 'activation', '')).toBe(type);
      }
    },
  );

  it('leaves an activation behind that the kernel does not have', async () => {
    const before = model((g) => {
      const x = g.input('x', shapeOf(4));
      return g.op('Elu', [g.op('Sum', [conv(g, x), x])]);
    });
    await expectFused(before, { ...FUSED, Elu: 1 });
  });

  it('adds alone where the sum is read elsewhere too', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', shapeOf(4));
      const sum = g.op('Add', [conv(g, x), x]);
      g.output(g.op('Relu', [sum]), 'y');
      g.output(sum, 'sum');
    });
    await expectFused(before, { ...FUSED, Relu: 1 });
  });

  it('takes the first of two convolutions, and the second where the first is read elsewhere', async () => {
    const before = (shared: boolean) =>
      buildModel({}, (g) => {
        const x = g.input('x', shapeOf(4));
        const [first, second] = [conv(g, x), conv(g, x, { bias: false })];
        g.output(g.op('Relu', [g.op('Add', [first, second])]), 'y');
        if (shared) g.output(first, 'first');
      });
    const fusedInputs = (after: Model) =>
      [...after.nodes.values()].find((each) => each.opType === 'FusedConv')!.inputs.map((each) => each !== null);
    expect(fusedInputs(await expectFused(before(false), { ...FUSED, Conv: 1 }))).toEqual([true, true, true, true]);
    expect(fusedInputs(await expectFused(before(true), { ...FUSED, Conv: 1 }))).toEqual([true, true, false, true]);
  });

  it('leaves a convolution alone that is added to itself', async () => {
    const before = model((g) => {
      const y = conv(g, g.input('x', shapeOf(4)));
      return g.op('Add', [y, y]);
    });
    expect(await reasons(before)).toMatch(/added to itself/);
  });

  it('leaves what broadcasts alone, down or up, and shapes that are not proven', async () => {
    for (const shape of [
      [1, 4, 1, 1],
      [3, 2, 4, 6, 5],
      [2, 4, 6, 'w'],
      ['n', 4, 6, 5],
    ]) {
      const before = model((g) => g.op('Add', [conv(g, g.input('x', shapeOf(4))), g.input('z', shape)]));
      expect(await reasons(before)).toMatch(/not proven to have the shape/);
    }
  });

  it('adds where equal symbols prove the shape', async () => {
    const before = model((g) => g.op('Add', [conv(g, g.input('x', ['n', 4, 'h', 5])), g.input('z', ['n', 4, 'h', 5])]));
    const { model: after } = await afterPass(before, fuseConvResidual);
    expect(countOps(after)).toEqual(FUSED);
    await expectEquivalent(before, after, { class: 'kernel', seeds: 1, shapes: { x: [2, 4, 3, 5], z: [2, 4, 3, 5] } });
  });

  it('leaves other element types, more axes and an activation before the sum alone', async () => {
    const half = model((g) => {
      const x = g.input('x', [1, 2, 4, 4], 'float16');
      return g.op('Add', [g.op('Conv', [x, g.weight('w', [2, 2, 1, 1], { dtype: 'float16' })]), x]);
    });
    expect(await reasons(half)).toMatch(/for float32 only/);
    const four = model((g) => {
      const x = g.input('x', [1, 2, 2, 2, 2, 2]);
      return g.op('Add', [g.op('Conv', [x, g.weight('w', [2, 2, 1, 1, 1, 1])]), x]);
    });
    expect(await reasons(four)).toMatch(/one to three spatial axes/);
    const early = model((g) => {
      const x = g.input('x', shapeOf(4));
      return g.op('Add', [g.op('Relu', [conv(g, x)]), x]);
    });
    const { model: fused } = await afterPass(early, fuseConvActivation);
    expect(await reasons(fused)).toMatch(/an activation before the sum/);
  });

  it('is refused for WebGPU, whose kernel ignores the residual', async () => {
    const before = model((g) => g.op('Add', [conv(g, g.input('x', shapeOf(4))), g.input('z', shapeOf(4))]));
    await expect(afterPass(before, fuseConvResidual, { backend: 'webgpu' })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});

describe.skipIf(!haveShared())('fuse-conv-residual: real models', () => {
  it.each([
    ['real/ort_fusion/fusion/conv_add_relu', { Add: 0, Relu: 0 }, 1],
    ['real/ort_fusion/fusion/conv_add_relu_identity', { Add: 0, Relu: 1, Identity: 1 }, 1],
    ['real/models/cifar/resnet_2b', { Add: 0, Conv: 4 }, 2],
    ['real/models/mobilenetv2/mobilenet_v2_fp32', { Add: 0 }, 10],
  ])('%s', async (file, ops, sites) => {
    const before = readModel(sharedFile(`${file}.onnx`)).model;
    const { model: after, result } = await afterPass(before, fuseConvResidual);
    expect(result.applied).toHaveLength(sites);
    expect({ Add: 0, Relu: 0, ...countOps(after) }).toMatchObject(ops);
    if (!file.includes('mobilenet')) await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  });
});
