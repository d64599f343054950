import { describe, expect, it } from 'vitest';
import { getFloat, getInt } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { int64s, tensorOf } from '../../ir/tensor.ts';
import type { DataType, Shape, ValueId } from '../../ir/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPasses, fusionRecords, recordModel, unmet } from '../../testing/ort-fusion.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared } from '../../testing/shared.ts';
import { eliminateIdentity } from '../cleanup/eliminate-identity.ts';
import { fuseMatMulBias } from './fuse-matmul-bias.ts';

interface Layer {
  readonly x?: Shape;
  /** [K, N]: constant, or given. */
  readonly weight?: readonly number[];
  readonly given?: Shape;
  readonly bias?: readonly number[];
  readonly dtype?: DataType;
  readonly opset?: number;
  readonly add?: 'Add' | 'Sum';
  readonly swapped?: boolean;
}

/** x·W + b */
const layer = ({ x = [3, 4], weight = [4, 6], given, bias = [6], dtype = 'float32', ...rest }: Layer = {}): Model =>
  buildModel({ opset: rest.opset ?? 17 }, (g) => {
    const options = { dtype: dtype as 'float32' };
    const left = g.input('x', x, dtype);
    const product = g.op('MatMul', [left, given ? g.input('w', given, dtype) : g.weight('w', weight, options)]);
    const operands = [product, g.weight('b', bias, options)];
    g.output(g.op(rest.add ?? 'Add', rest.swapped ? operands.reverse() : operands), 'y');
  });

/** α·A·B + c */
const gemm = (bias: readonly number[], attributes = {}, x: Shape = [3, 4]): Model =>
  buildModel({}, (g) => {
    const product = g.op('Gemm', [g.input('x', x), g.weight('w', [4, 6])], attributes);
    g.output(g.op('Sum', [g.weight('c', bias), product]), 'y');
  });

async function expectFused(before: Model, ops: Record<string, number> = { Gemm: 1 }): Promise<Model> {
  const { model: after } = await afterPass(before, fuseMatMulBias, { backend: 'portable' });
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseMatMulBias);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-matmul-bias: matrices', () => {
  it.each([
    {},
    { swapped: true },
    { bias: [1, 6] },
    { bias: [3, 6] },
    { x: ['n', 4] },
    { add: 'Sum' },
    { opset: 7 },
    { dtype: 'float16' },
    { dtype: 'float32', given: [4, 6] },
    { given: ['k', 6], x: ['n', 'k'] },
  ] as const)('makes a Gemm of product and bias: %o', async (options) => {
    await expectFused(layer(options));
  });

  it('takes a residual of the same shape for its third operand', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', ['n', 4]);
      const product = g.op('MatMul', [x, g.weight('w', [4, 4])]);
      g.output(g.op('Add', [x, product]), 'y');
    });
    await expectFused(before);
  });

  it('leaves a bias alone that is none along the columns', async () => {
    expect(await reasons(layer({ x: [4, 4], weight: [4, 4], bias: [4, 1] }))).toMatch(/not proven to have the shape/);
    expect(await reasons(layer({ bias: [1] }))).toMatch(/bias has 1 elements, and the last axis 6/);
    expect(await reasons(layer({ bias: [] }))).toMatch(/not proven/);
    expect(await reasons(layer({ x: ['n', 4], bias: [3, 6] }))).toMatch(/not proven/);
  });

  it('leaves a bias alone that broadcasts the product', async () => {
    expect(await reasons(layer({ x: [1, 4], bias: [3, 6] }))).toMatch(/not proven/);
    expect(await reasons(layer({ bias: [1, 1, 6] }))).toMatch(/not proven/);
    expect(await reasons(layer({ weight: [4, 1], bias: [6] }))).toMatch(/bias has 6 elements, and the last axis 1/);
  });

  it('leaves integers, old versions and dequantized weights alone', async () => {
    const whole = buildModel({}, (g) => {
      const w = g.tensor('w', tensorOf('int32', [2, 2], Int32Array.of(1, 2, 3, 4)));
      const product = g.op('MatMul', [g.input('x', [3, 2], 'int32'), w]);
      g.output(g.op('Add', [product, g.tensor('b', tensorOf('int32', [2], Int32Array.of(1, 2)))]), 'y');
    });
    expect(await reasons(whole)).toMatch(/floating-point numbers, and this is int32/);
    expect(await reasons(layer({ opset: 6 }))).toMatch(/before version 7/);
    const quantized = buildModel({}, (g) => {
      const w = g.op('DequantizeLinear', [
        g.tensor('w', tensorOf('int8', [4, 6], new Int8Array(24).fill(3))),
        g.floats('scale', [], 0.1),
      ]);
      g.output(g.op('Add', [g.op('MatMul', [g.input('x', [3, 4]), w]), g.weight('b', [6])]), 'y');
    });
    expect(await reasons(quantized)).toMatch(/dequantized/);
  });

  it('leaves a product alone that something else reads', async () => {
    const read = buildModel({}, (g) => {
      const product = g.op('MatMul', [g.input('x', [3, 4]), g.weight('w', [4, 6])]);
      g.output(g.op('Relu', [product], {}, { name: 'reader' }), 'z');
      g.output(g.op('Add', [product, g.weight('b', [6])]), 'y');
    });
    expect(await reasons(read)).toMatch(/read by Relu reader too/);
  });
});

describe('fuse-matmul-bias: other ranks', () => {
  const flat = { Reshape: 2, Gemm: 1 };

  it.each([
    { x: [4] },
    { x: [2, 3, 4] },
    { x: [2, 1, 3, 4] },
    { x: ['n', 3, 4] },
    { x: [2, 'n', 4] },
    { x: [2, 3, 4], bias: [1, 1, 6] },
  ] as const)('makes one axis of the leading ones and takes it apart again: %o', async (options) => {
    await expectFused(layer(options), flat);
  });

  it('leaves shapes alone that constants cannot say', async () => {
    expect(await reasons(layer({ x: ['n', 'm', 4] }))).toMatch(/than one of its sizes is not known/);
    expect(await reasons(layer({ x: [2, 0, 4] }))).toMatch(/may be empty/);
    expect(await reasons(layer({ x: null }))).toMatch(/rank of the left operand/);
  });

  it('leaves other operands alone', async () => {
    expect(await reasons(layer({ x: [2, 3, 4], weight: [2, 4, 6] }))).toMatch(/not known to be a matrix/);
    expect(await reasons(layer({ x: [3, 4], weight: [4], bias: [3] }))).toMatch(/not known to be a matrix/);
    expect(await reasons(layer({ x: [2, 3, 4], bias: [3, 6] }))).toMatch(/no vector/);
    expect(await reasons(layer({ x: [4], bias: [1, 6] }))).toMatch(/has 2 axes, and what it is added to 1/);
  });

  it('leaves projections to and from heads to the matching of attention', async () => {
    const split = (g: GraphBuilder, x: ValueId, shape: readonly number[], perm: readonly number[]): ValueId =>
      g.op('Transpose', [g.op('Reshape', [x, g.tensor('s', int64s(shape))])], { perm });
    const project = (g: GraphBuilder, x: ValueId): ValueId =>
      g.op('Add', [g.op('MatMul', [x, g.weight('w', [4, 4])]), g.weight('b', [4])]);
    const into = buildModel({}, (g) =>
      g.output(split(g, project(g, g.input('x', [2, 3, 4])), [2, 3, 2, 2], [0, 2, 1, 3]), 'y'),
    );
    expect(await reasons(into)).toMatch(/heads/);
    const from = buildModel({}, (g) => {
      const merged = g.op('Transpose', [g.input('x', [2, 2, 3, 2])], { perm: [0, 2, 1, 3] });
      g.output(project(g, g.op('Reshape', [merged, g.tensor('s', int64s([2, 3, 4]))])), 'y');
    });
    expect(await reasons(from)).toMatch(/heads/);
  });
});

describe('fuse-matmul-bias: Gemm without a bias', () => {
  it.each([[[6]], [[1, 6]], [[3, 6]], [[3, 1]], [[1]], [[]]])('takes a sum of shape %o into Gemm', async (bias) => {
    const after = await expectFused(gemm(bias, { alpha: 0.5, beta: 3.5, transB: 0 }));
    const [made] = [...after.nodes.values()];
    expect(getFloat(made!, 'beta', 1)).toBe(1);
    expect(getFloat(made!, 'alpha', 1)).toBe(0.5);
  });

  it('keeps transposition', async () => {
    const before = buildModel({}, (g) => {
      const product = g.op('Gemm', [g.input('x', [4, 3]), g.weight('w', [6, 4])], { transA: 1, transB: 1 });
      g.output(g.op('Add', [product, g.weight('c', [6])]), 'y');
    });
    const after = await expectFused(before);
    expect(getInt([...after.nodes.values()][0]!, 'transA', 0)).toBe(1);
  });

  it('leaves sums alone that do not broadcast to the product, and a Gemm with a bias', async () => {
    expect(await reasons(gemm([2, 3, 6]))).toMatch(/not proven to broadcast/);
    expect(await reasons(gemm([3, 6], {}, [1, 4]))).toMatch(/not proven to broadcast/);
    const biased = buildModel({}, (g) => {
      const product = g.op('Gemm', [g.input('x', [3, 4]), g.weight('w', [4, 6]), g.weight('c', [6])]);
      g.output(g.op('Add', [product, g.weight('d', [6])]), 'y');
    });
    expect(await sitesOf(biased, fuseMatMulBias)).toEqual({ sites: [], refusals: [] });
  });
});

describe.skipIf(!haveShared())("fuse-matmul-bias: ONNX Runtime's own tests", () => {
  it('reaches what they expect, and leaves alone what they leave', async () => {
    const records = fusionRecords(/^(MatMulAddFusion|GemmSumFusion)$/);
    for (const record of records) {
      // Identities of the files stand for further nodes: the asserted ones are kept where nothing else is asserted.
      const passes = 'Identity' in record.expect ? [fuseMatMulBias] : [eliminateIdentity, fuseMatMulBias];
      expect(unmet(record, await afterPasses(recordModel(record), passes)), record.file).toEqual([]);
    }
    expect(records.length).toBeGreaterThanOrEqual(7);
  });
});
