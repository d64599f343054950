import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { floats, tensorOf } from '../../ir/tensor.ts';
import { sizeOf, type DataType, type ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { modelByteLength, writeModel } from '../../onnx/write.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { pruneWeights } from './prune-weights.ts';
import { sparseInitializers } from './sparse-initializers.ts';

/** Every `step`-th element is not zero. */
const sparse = (g: GraphBuilder, name: string, shape: readonly number[], step: number): ValueId =>
  g.floats(
    name,
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => (i % step === 0 ? 1 + (i % 7) : 0)),
  );

const product = (step: number, irVersion = 8): Model =>
  buildModel({ opset: 17, irVersion }, (g) =>
    g.output(g.op('MatMul', [g.input('x', [2, 32]), sparse(g, 'w', [32, 24], step)]), 'y'),
  );

/** One node of each kind that reads a constant of 80 % zeros. */
const READERS: readonly (readonly [string, (g: GraphBuilder) => ValueId])[] = [
  ['Conv', (g) => g.op('Conv', [g.input('x', [1, 8, 6, 6]), sparse(g, 'w', [8, 8, 3, 3], 5)])],
  ['ConvTranspose', (g) => g.op('ConvTranspose', [g.input('x', [1, 8, 6, 6]), sparse(g, 'w', [8, 8, 3, 3], 5)])],
  ['MatMul', (g) => g.op('MatMul', [g.input('x', [2, 32]), sparse(g, 'w', [32, 24], 5)])],
  ['Gemm', (g) => g.op('Gemm', [g.input('x', [2, 32]), sparse(g, 'w', [24, 32], 5)], { transB: 1 })],
  ['Gather', (g) => g.op('Gather', [sparse(g, 'w', [32, 24], 5), g.input('ids', [3], 'int64')])],
  [
    'FusedConv',
    (g) =>
      g.op('FusedConv', [g.input('x', [1, 8, 6, 6]), sparse(g, 'w', [8, 8, 3, 3], 5)], {}, { domain: 'com.microsoft' }),
  ],
  ['Add', (g) => g.op('Add', [g.input('x', [16, 32]), sparse(g, 'w', [16, 32], 5)])],
];

describe('sparse-initializers', () => {
  it.each(READERS)('gives the same bits on ONNX Runtime Web where %s reads the constant', async (op, make) => {
    const before = buildModel({ opset: 17, domains: { 'com.microsoft': 1 } }, (g) => g.output(make(g), 'y'));
    const { model, result } = await afterPass(before, sparseInitializers);
    expect(result.applied.length).toBe(1);
    expect(model.graph.initializers.size).toBe(0);
    expect(modelByteLength(model)).toBeLessThan(modelByteLength(before));
    const feeds =
      op === 'Gather'
        ? [
            {
              name: 'ids',
              feeds: { ids: { dtype: 'int64' as const, shape: [3], data: BigInt64Array.of(0n, 5n, 31n) } },
            },
          ]
        : undefined;
    await expectEquivalent(before, readModel(writeModel(model)).model, { class: 'bits', ...(feeds ? { feeds } : {}) });
  });

  it.each<[DataType, (i: number) => Float64Array | Uint16Array]>([
    ['float16', (size) => Uint16Array.from({ length: size }, (_, i) => (i % 9 === 0 ? 0x3c00 + i : 0))],
    ['float64', (size) => Float64Array.from({ length: size }, (_, i) => (i % 9 === 0 ? i + 0.1 : 0))],
  ])('keeps every bit of %s constants', async (dtype, make) => {
    const before = buildModel({ opset: 17 }, (g) => {
      const held = g.tensor('w', tensorOf(dtype, [32, 32], make(1024)));
      g.output(
        g.op(
          'Cast',
          [g.op('MatMul', [g.op('Cast', [g.input('x', [2, 32])], { to: dtype === 'float16' ? 10 : 11 }), held])],
          { to: 1 },
        ),
        'y',
      );
    });
    const { model, result } = await afterPass(before, sparseInitializers);
    expect(result.applied.length).toBe(1);
    await expectEquivalent(before, readModel(writeModel(model)).model, { class: 'bits' });
  });

  it('stores −0 and NaN, which are no zeros', async () => {
    const data = new Float32Array(512);
    data.set([-0, NaN, 1]);
    const before = buildModel({ opset: 17 }, (g) =>
      g.output(g.op('Add', [g.input('x', [512]), g.tensor('w', floats([512], data))]), 'y'),
    );
    const { model } = await afterPass(before, sparseInitializers);
    const [stored] = [...readModel(writeModel(model)).model.graph.sparseInitializers.values()];
    expect(Array.from(stored?.values.numbers() ?? [])).toEqual([-0, NaN, 1]);
    expect(Array.from(stored?.indices.numbers() ?? [])).toEqual([0, 1, 2]);
    expect(stored?.shape).toEqual([512]);
  });

  it('runs where a constant is nothing but zeros', async () => {
    const before = buildModel({ opset: 17 }, (g) => {
      const x = g.input('x', [4, 128]);
      g.output(g.op('Add', [x, g.floats('w', [4, 128], 0)]), 'y');
    });
    const { model, result } = await afterPass(before, sparseInitializers);
    expect(result.applied.length).toBe(1);
    await expectEquivalent(before, readModel(writeModel(model)).model, { class: 'bits' });
  });

  it('says where the file would grow, with the numbers', async () => {
    const { sites, refusals } = await sitesOf(product(3), sparseInitializers);
    expect(sites).toEqual([]);
    // 256 of 768 elements at 12 bytes, and the second tensor's fields.
    expect(refusals.map(({ reason }) => reason)).toEqual([
      'w is 66.7 % zeros: its coordinates would take 3.1 kB in place of 3.1 kB.'.replaceAll(
        /(?<=\d) (?=[%k])/g,
        '\u202f',
      ),
    ]);
    const half = await sitesOf(product(2), sparseInitializers);
    expect(half.refusals[0]?.reason).toMatch(/would take 4.6.kB in place of 3.1.kB/);
  });

  it('leaves what has too few zeros for the option, files before IR 4, inputs and outputs', async () => {
    const reasons = async (model: Model, options = {}): Promise<readonly string[]> =>
      (await sitesOf(model, sparseInitializers, { options })).refusals.map(({ reason }) => reason);
    expect(await reasons(product(4), { sparsity: 0.9 })).toMatchObject([
      expect.stringContaining('fewer than are asked for'),
    ]);
    expect(await reasons(product(5, 3))).toEqual([expect.stringContaining('IR version 3: sparse constants need 6')]);
    const input = product(5);
    input.graph.inputs.push([...input.graph.initializers.keys()][0] as ValueId);
    expect(await reasons(input)).toEqual(['w is a graph input with a default.']);
    const output = product(5);
    output.graph.outputs.push([...output.graph.initializers.keys()][0] as ValueId);
    expect(await reasons(output)).toEqual(['w is a graph output.']);
  });

  it('makes constants that prune-weights leaves alone', async () => {
    const { model } = await afterPass(product(5), sparseInitializers);
    const { sites, refusals } = await sitesOf(model, pruneWeights);
    expect(sites).toEqual([]);
    expect(refusals.map(({ reason }) => reason)).toEqual(['w is stored sparse already.']);
  });

  it.skipIf(!haveShared())(
    'shrinks a pruned MNIST network to what its coordinates take, and changes no bit',
    async () => {
      const before = readModel(sharedFile('real/models/mnist-fc/mnist-net_256x4.onnx')).model;
      const { model: pruned } = await afterPass(before, pruneWeights, { options: { sparsity: 0.9 } });
      const { model, result } = await afterPass(pruned, sparseInitializers);
      expect(result.applied.length).toBe(5);
      expect([before.irVersion, model.irVersion]).toEqual([4, 6]);
      // 10 % of the weights at 12 bytes in place of 4 each: 0.3 of the weights' bytes.
      expect(modelByteLength(model) / modelByteLength(before)).toBeCloseTo(0.3, 1);
      await expectEquivalent(pruned, readModel(writeModel(model)).model, { class: 'bits' });
    },
  );
});
