import { describe, expect, it } from 'vitest';
import { getFloat, getInt } from '../../ir/attribute.ts';
import { floats, tensorOf } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import {
  attention,
  attentionOf,
  linear,
  merge,
  number,
  SIZES,
  split,
  type AttentionParts,
} from '../../testing/attention.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fuseAttention } from './fuse-attention.ts';

import { expectFused, LOWEST, masked, MHA, model, onlyMha, reasons } from '../../testing/fused-attention.ts';

describe('fuse-attention: scale', () => {
  const times = (g: GraphBuilder, factor: number) => (x: ValueId) => g.op('Mul', [x, number(g, factor)]);
  const over = (g: GraphBuilder, divisor: number) => (x: ValueId) => g.op('Div', [x, number(g, divisor)]);

  it.each<[string, number, (g: GraphBuilder) => AttentionParts]>([
    ['dividing the scores', 0.5, () => ({})],
    ['multiplying the scores', 0.25, (g) => ({ scores: times(g, 0.25) })],
    ['on the query', 0.5, (g) => ({ query: over(g, 2), scores: (x) => x })],
    ['on the keys', 0.5, (g) => ({ key: times(g, 0.5), scores: (x) => x })],
    [
      'on both, as a root',
      0.5,
      (g) => ({ query: times(g, Math.SQRT1_2), key: times(g, Math.SQRT1_2), scores: (x) => x }),
    ],
    ['nowhere', 1, () => ({ scores: (x) => x })],
  ])('takes a scale in: %s', async (_, scale, parts) => {
    const after = await expectFused(
      model((g) => attention(g, SIZES, parts(g))),
      { [MHA]: 1 },
    );
    expect(getFloat(onlyMha(after), 'scale', 0)).toBeCloseTo(scale, 6);
    expect(getInt(onlyMha(after), 'num_heads', 0)).toBe(2);
    expect(after.opset('com.microsoft')).toBe(1);
  });

  it('reads the scale that PyTorch computes from the shape of the query', async () => {
    const before = model((g) => {
      const rooted = (q: ValueId): ValueId => {
        const [shape, last] = [g.op('Shape', [q]), g.int64s('last', [-1])];
        const size = g.op('Slice', [shape, last, g.int64s('end', [2 ** 31])]);
        const inverse = g.op('Div', [number(g, 1), g.op('Sqrt', [g.op('Cast', [size], { to: 1 })])]);
        const root = g.op('Sqrt', [inverse]);
        return g.op('Mul', [q, root]);
      };
      return attention(g, SIZES, { query: rooted, scores: (x) => g.op('Mul', [x, number(g, Math.SQRT1_2)]) });
    });
    const after = await expectFused(before, { [MHA]: 1 });
    expect(getFloat(onlyMha(after), 'scale', 0)).toBeCloseTo(0.5, 6);
  });

  it('leaves scores alone that a table scales', async () => {
    const before = model((g) => attention(g, SIZES, { scores: (x) => g.op('Mul', [x, g.weight('w', [2, 1, 1])]) }));
    expect(await reasons(before)).toMatch(/^Mul mul stands between the product and the softmax\.$/);
  });
});

describe('fuse-attention: heads', () => {
  it('proves heads that are split by a computed shape', async () => {
    const before = model((g) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, ['batch', 'seq', 8])) as [
        ValueId,
        ValueId,
        ValueId,
      ];
      const heads = (x: ValueId, perm: number[]): ValueId => {
        const size = (axis: number): ValueId =>
          g.op('Gather', [g.op('Shape', [x]), g.int64s('axis', [axis])], { axis: 0 });
        const shape = g.op('Concat', [size(0), g.int64s('any', [-1]), g.int64s('h', [2]), g.int64s('d', [4])], {
          axis: 0,
        });
        return g.op('Transpose', [g.op('Reshape', [x, shape])], { perm });
      };
      const scores = g.op('MatMul', [
        heads(q, [0, 2, 1, 3]),
        g.op('Transpose', [heads(k, [0, 2, 1, 3])], { perm: [0, 1, 3, 2] }),
      ]);
      const y = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), heads(v, [0, 2, 1, 3])]);
      return merge(g, y, SIZES);
    });
    await expectFused(before, { [MHA]: 1 });
  });

  it.each([9, 11, 13, 18])('splits query, key and value that lie side by side, opset %i', async (opset) => {
    const before = model(
      (g) => {
        const five = g.op('Reshape', [g.input('qkv', ['batch', 'seq', 24]), g.int64s('five', [0, 0, 3, 2, 4])]);
        const all = g.op('Transpose', [five], { perm: [2, 0, 3, 1, 4] });
        const [q, k, v] = [0, 1, 2].map((i) => g.op('Gather', [all, g.int64s('i', [i], [])], { axis: 0 }));
        const scores = g.op('MatMul', [q!, g.op('Transpose', [k!], { perm: [0, 1, 3, 2] })]);
        return merge(g, g.op('MatMul', [g.op('Softmax', [scores], { axis: 3 }), v!]), SIZES);
      },
      { opset },
    );
    await expectFused(before, { Split: 1, [MHA]: 1 });
  });

  it('reads Einsum by its letters, the keys first', async () => {
    const before = model((g) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, ['batch', name === 'q' ? 'seq' : 'keys', 2, 4]));
      const scores = g.op('Einsum', [k!, q!], { equation: 'aecd,abcd->acbe' });
      const weights = g.op('Softmax', [scores], { axis: -1 });
      return g.op('Einsum', [weights, v!], { equation: 'acbe,aecd->abcd' });
    });
    await expectFused(before, { Reshape: 4, [MHA]: 1 });
  });

  it('finds heads that are merged with the batch, and a mask that is added in between', async () => {
    const before = model((g) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, ['batch', 6, 8]));
      const rows = (x: ValueId): ValueId => g.op('Reshape', [split(g, x, SIZES), g.int64s('rows', [-1, 6, 4])]);
      const products = g.op('MatMul', [rows(q!), g.op('Transpose', [rows(k!)], { perm: [0, 2, 1] })]);
      const four = g.op('Reshape', [products, g.int64s('four', [-1, 2, 6, 6])]);
      const added = g.op('Add', [four, g.input('mask', ['batch', 1, 6, 6])]);
      const weights = g.op('Softmax', [g.op('Reshape', [added, g.int64s('three', [-1, 6, 6])])], { axis: -1 });
      const y = g.op('Reshape', [g.op('MatMul', [weights, rows(v!)]), g.int64s('back', [-1, 2, 6, 4])]);
      return merge(g, y, SIZES);
    });
    await expectFused(before, { [MHA]: 1 });
  });

  it('brings positions in front of the batch behind it, as nn.MultiheadAttention has them', async () => {
    const before = model((g) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, [5, 3, 8]));
      const rows = (x: ValueId): ValueId =>
        g.op('Transpose', [g.op('Reshape', [x, g.int64s('rows', [5, 6, 4])])], { perm: [1, 0, 2] });
      const products = g.op('MatMul', [rows(q!), g.op('Transpose', [rows(k!)], { perm: [0, 2, 1] })]);
      const y = g.op('MatMul', [g.op('Softmax', [products], { axis: 2 }), rows(v!)]);
      return g.op('Reshape', [g.op('Transpose', [y], { perm: [1, 0, 2] }), g.int64s('flat', [15, 8])]);
    });
    const after = await expectFused(before, { Transpose: 4, [MHA]: 1, Reshape: 1 });
    expect(getInt(onlyMha(after), 'num_heads', 0)).toBe(2);
  });

  it('takes one head where there is no split', async () => {
    const before = model((g) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, ['batch', 'seq', 8]));
      const scores = g.op('MatMul', [q!, g.op('Transpose', [k!], { perm: [0, 2, 1] })]);
      return g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), v!]);
    });
    const after = await expectFused(before, { [MHA]: 1 });
    expect(getInt(onlyMha(after), 'num_heads', 0)).toBe(1);
  });

  it('keeps keys that groups of heads share repeated', async () => {
    const before = model((g) => {
      const query = split(g, g.input('q', ['batch', 'seq', 16]), { ...SIZES, heads: 4 });
      const shared = (name: string): ValueId => {
        const own = g.op('Unsqueeze', [split(g, g.input(name, ['batch', 5, 8]), SIZES), g.int64s('axis', [2])]);
        const many = g.op('Expand', [own, g.int64s('many', [1, 1, 2, 1, 1])]);
        return g.op('Reshape', [many, g.int64s('merged', [0, 4, 5, 4])]);
      };
      const scores = g.op('MatMul', [query, g.op('Transpose', [shared('k')], { perm: [0, 1, 3, 2] })]);
      const y = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), shared('v')]);
      return merge(g, y, { ...SIZES, heads: 4 });
    });
    await expectFused(before, { Reshape: 4, Transpose: 2, Unsqueeze: 2, Expand: 2, [MHA]: 1 });
  });

  it('does not take keys that are shared by broadcasting', async () => {
    const before = model((g) => {
      const query = split(g, g.input('q', ['batch', 'seq', 8]), SIZES);
      const scores = g.op('MatMul', [query, g.input('k', ['batch', 1, 4, 5])]);
      return merge(
        g,
        g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), g.input('v', ['batch', 1, 5, 4])]),
        SIZES,
      );
    });
    expect(await reasons(before)).toMatch(/Keys and values are not proven to have the heads of the queries/);
  });

  it('puts heads back where the graph goes on with them', async () => {
    const before = model((g) => attention(g, SIZES, { merge: (y) => g.op('Relu', [y]) }));
    await expectFused(before, { [MHA]: 1, Reshape: 1, Transpose: 1, Relu: 1 });
  });

  it('attends to other positions, and to values of another width', async () => {
    const before = model((g) => {
      const sizes = { ...SIZES, keys: 'keys', width: 4 };
      const [q, k] = [g.input('q', ['batch', 'seq', 8]), g.input('k', ['batch', 'keys', 8])];
      const scores = g.op('MatMul', [split(g, q, sizes), split(g, k, sizes, [0, 2, 3, 1])]);
      const v = split(g, g.input('v', ['batch', 'keys', 12]), { ...sizes, width: 6 });
      return merge(g, g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), v]), { ...sizes, width: 6 });
    });
    await expectFused(before, { [MHA]: 1 });
  });
});

describe('fuse-attention: caches', () => {
  const cached = (mask?: (g: GraphBuilder, all: ValueId, x: ValueId) => ValueId) =>
    buildModel({}, (g) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, ['batch', 'seq', 8]));
      const past = (name: string): ValueId => g.input(name, ['batch', 2, 'past', 4]);
      const keys = g.op('Concat', [past('pk'), split(g, k!, SIZES)], { axis: -2 });
      const values = g.op('Concat', [past('pv'), split(g, v!, SIZES)], { axis: 2 });
      const products = g.op('MatMul', [split(g, q!, SIZES), g.op('Transpose', [keys], { perm: [0, 1, 3, 2] })]);
      const scores = g.op('Mul', [mask ? mask(g, keys, products) : products, number(g, 0.5)]);
      g.output(merge(g, g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), values]), SIZES), 'y');
      g.output(keys, 'present_key', { shape: ['batch', 2, 'past + seq', 4] });
      g.output(values, 'present_value', { shape: ['batch', 2, 'past + seq', 4] });
    });

  it('takes earlier keys and values, and gives all of them', async () => {
    const after = await expectFused(cached(), { [MHA]: 1 });
    expect(onlyMha(after).outputs.map((each) => after.getValue(each!).name)).toEqual([
      'y',
      'present_key',
      'present_value',
    ]);
  });

  it('tells a mask the length of the cache without asking for all keys', async () => {
    const before = cached((g, all, x) => {
      const length = g.op('Gather', [g.op('Shape', [all]), g.int64s('axis', [2])], { axis: 0 });
      return g.op('Add', [x, g.op('ConstantOfShape', [length], { value: floats([1], [0.5]) })]);
    });
    const { model: after, result } = await afterPass(before, fuseAttention);
    expect(result.applied).toHaveLength(1);
    await expectEquivalent(before, after, { class: 'order' });
  });

  it('refuses a mask that is computed from all keys', async () => {
    const before = cached((g, all, x) => g.op('Add', [x, g.op('ReduceMean', [all], { axes: [1, 2, 3] })]));
    expect(await reasons(before)).toMatch(/mask is computed from all keys/);
  });
});

describe('fuse-attention: groups of heads', () => {
  const GROUPED = 'com.microsoft.GroupQueryAttention';
  type Mask = (g: GraphBuilder, scores: ValueId, positions: ValueId) => ValueId;

  const grouped = (
    mask: Mask,
    { width = 8, positions = 'seq' }: { width?: number; positions?: string | number } = {},
  ) =>
    model((g) => {
      const sizes = { ...SIZES, width };
      const q = g.input('q', ['batch', positions, 4 * width]);
      const shared = (name: string): ValueId => {
        const x = g.input(name, ['batch', positions, 2 * width]);
        const own = g.op('Unsqueeze', [split(g, x, sizes), g.int64s('axis', [2])]);
        const many = g.op('Expand', [own, g.int64s('many', [1, 1, 2, 1, 1])]);
        return g.op('Reshape', [many, g.int64s('merged', [0, 4, -1, width])]);
      };
      const products = g.op('MatMul', [
        split(g, q, { ...sizes, heads: 4 }),
        g.op('Transpose', [shared('k')], { perm: [0, 1, 3, 2] }),
      ]);
      const length = g.op('Gather', [g.op('Shape', [q]), g.int64s('axis', [1])], { axis: 0 });
      const weights = g.op('Softmax', [mask(g, g.op('Mul', [products, number(g, 0.3)]), length)], { axis: -1 });
      return merge(g, g.op('MatMul', [weights, shared('v')]), { ...sizes, heads: 4 });
    });

  /** A table of 64 positions, cut to those that are there. */
  const table =
    (upper: number, lower = 0): Mask =>
    (g, scores, length) => {
      const numbers = Array.from({ length: 4096 }, (_, i) => (i % 64 <= Math.floor(i / 64) ? lower : upper));
      const cut = (x: ValueId, axis: number): ValueId =>
        g.op('Slice', [x, g.int64s('from', [0]), length, g.int64s('axis', [axis])]);
      return g.op('Add', [scores, cut(cut(g.floats('table', [64, 64], numbers), 0), 1)]);
    };

  const compared: Mask = (g, scores, length) => {
    const scalar = g.op('Squeeze', [length]);
    const range = g.op('Range', [g.int64s('zero', [0], []), scalar, g.int64s('one', [1], [])]);
    const rows = g.op('Unsqueeze', [range, g.int64s('axis', [1])]);
    return g.op('Where', [g.op('LessOrEqual', [range, rows]), scores, number(g, LOWEST)]);
  };

  it.each<[string, Mask, string | number]>([
    ['a table with −∞ above the diagonal', table(-Infinity), 'seq'],
    ['a table of the lowest number, five positions', table(LOWEST), 5],
    ['positions compared with positions', compared, 'seq'],
  ])('takes keys that groups share as they are, behind %s', async (_, mask, positions) => {
    const before = grouped(mask, { positions });
    const { model: after, result } = await afterPass(before, fuseAttention);
    expect(result.applied).toHaveLength(1);
    expect(countOps(after)).toMatchObject({ [GROUPED]: 1 });
    for (const gone of ['MatMul', 'Softmax', 'Reshape', 'Transpose', 'Slice', 'Where', 'LessOrEqual']) {
      expect(countOps(after)[gone]).toBeUndefined();
    }
    await expectEquivalent(before, after, { class: 'order', seeds: 3 });
  });

  it.each<[string, Mask, Parameters<typeof grouped>[1]]>([
    ['the mask is not causal', (g, x) => g.op('Add', [x, g.input('mask', ['batch', 1, 'seq', 'seq'])]), {}],
    ['the mask only makes later keys less likely', table(-10), {}],
    ['the mask adds something to earlier keys', table(-Infinity, 1), {}],
    ['there is no mask', (_, x) => x, {}],
    ['heads are no multiple of 8 wide', table(-Infinity), { width: 4 }],
  ])('keeps the repetition where %s', async (_, mask, options) => {
    const before = grouped(mask, options);
    const { model: after } = await afterPass(before, fuseAttention);
    expect(countOps(after)).toMatchObject({ [MHA]: 1, Expand: 2 });
    await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  });
});

describe('fuse-attention: projections', () => {
  const projected = (mask: boolean, read = false) =>
    buildModel({}, (g) => {
      const x = g.input('x', ['batch', 'seq', 6]);
      const [q, k, v] = [linear(g, x, 6, 8), linear(g, x, 6, 8), g.op('MatMul', [x, g.weight('w', [6, 8])])];
      const scores = masked(g, (s) => (mask ? g.op('Add', [s, g.input('mask', ['batch', 1, 'seq', 'seq'])]) : s));
      g.output(attentionOf(g, [q, k, v], SIZES, { scores }), 'y');
      if (read) g.output(k, 'k');
    });

  it('takes them along where a mask is added', async () => {
    await expectFused(projected(true), { 'com.microsoft.Attention': 1 });
  });

  it('leaves them without a mask, where they are read elsewhere, and on WebGPU', async () => {
    await expectFused(projected(false), { MatMul: 3, Add: 2, [MHA]: 1 });
    await expectFused(projected(true, true), { MatMul: 3, Add: 2, [MHA]: 1 });
    const { model: after } = await afterPass(projected(true), fuseAttention, { backend: 'webgpu' });
    expect(countOps(after)).toEqual({ MatMul: 3, Add: 2, [MHA]: 1 });
  });

  it('picks the columns of one wide product apart', async () => {
    const before = model((g) => {
      const rows = g.op('Reshape', [g.input('x', ['batch', 'seq', 6]), g.int64s('rows', [-1, 6])]);
      const wide = g.op('Gemm', [rows, g.weight('w', [24, 6]), g.weight('b', [24])], { transB: 1 });
      const shape = g.op(
        'Concat',
        [
          g.op('Slice', [g.op('Shape', [g.model.graph.inputs[0]!]), g.int64s('a', [0]), g.int64s('b', [2])]),
          g.int64s('c', [24]),
        ],
        { axis: 0 },
      );
      const three = g.op('Reshape', [wide, shape]);
      const parts = g.node(
        'Split',
        [three, g.int64s('sizes', [8, 8, 8])],
        { axis: 2 },
        { outputs: ['q', 'k', 'v'] },
      ).outputs;
      const scores = masked(g, (s) => g.op('Add', [s, g.input('mask', [1, 1, 'seq', 'seq'])]));
      return attentionOf(g, [parts[0]!, parts[1]!, parts[2]!], SIZES, { scores });
    });
    await expectFused(before, { 'com.microsoft.Attention': 1 });
  });
});

describe('fuse-attention: refusals', () => {
  it('names what it does not know between product and softmax', async () => {
    expect(await reasons(model((g) => attention(g, SIZES, { scores: (x) => g.op('Tanh', [x]) })))).toMatch(
      /Tanh tanh stands between/,
    );
  });

  it('names what it does not know between softmax and values', async () => {
    const dropped = (p: ValueId, g: GraphBuilder): ValueId =>
      g.op('Dropout', [p, number(g, 0.5), g.tensor('training', tensorOf('bool', [], Uint8Array.of(1)))]);
    expect(await reasons(model((g) => attention(g, SIZES, { weights: (p) => dropped(p, g) })))).toMatch(
      /Dropout dropout stands between the softmax and the product with the values/,
    );
    const twice = (p: ValueId, g: GraphBuilder): ValueId => {
      g.output(g.op('Relu', [p]), 'other');
      return p;
    };
    expect(await reasons(model((g) => attention(g, SIZES, { weights: (p) => twice(p, g) })))).toMatch(
      /Softmax softmax is read by/,
    );
  });

  it('leaves a softmax along another axis', async () => {
    const before = model((g) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => split(g, g.input(name, ['batch', 5, 8]), SIZES));
      const scores = g.op('MatMul', [q!, g.op('Transpose', [k!], { perm: [0, 1, 3, 2] })]);
      return merge(g, g.op('MatMul', [g.op('Softmax', [scores], { axis: 1 }), v!]), SIZES);
    });
    expect(await reasons(before)).toMatch(/does not run along the last axis/);
  });

  it('leaves weights that someone reads', async () => {
    const before = buildModel({}, (g) => {
      let weights: ValueId | null = null;
      g.output(attention(g, SIZES, { weights: (p) => (weights = p) }), 'y');
      g.output(weights!, 'weights');
    });
    expect(await reasons(before)).toMatch(/result of Softmax softmax is a graph output/);
  });

  it('leaves queries that several keys share, and a mask over float64', async () => {
    const double = model((g) => {
      const scores = g.op('MatMul', [g.input('q', [1, 2, 3, 4], 'float64'), g.input('k', [1, 2, 4, 3], 'float64')]);
      return g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), g.input('v', [1, 2, 3, 4], 'float64')]);
    });
    expect(await reasons(double)).toMatch(/take float32 here, and this one is float64/);
    const shared = model((g) => {
      const scores = g.op('MatMul', [g.input('q', [1, 1, 3, 4]), g.input('k', [2, 2, 4, 3])]);
      return g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), g.input('v', [2, 2, 3, 4])]);
    });
    expect(await reasons(shared)).toMatch(/query q is shared/);
  });

  it('takes float16 on WebGPU only', async () => {
    const before = model((g) => {
      const [q, k] = [g.input('q', [1, 2, 3, 4], 'float16'), g.input('k', [1, 2, 4, 3], 'float16')];
      return g.op('MatMul', [
        g.op('Softmax', [g.op('MatMul', [q, k])], { axis: -1 }),
        g.input('v', [1, 2, 3, 4], 'float16'),
      ]);
    });
    expect(await reasons(before)).toMatch(/float16/);
    expect((await sitesOf(before, fuseAttention, { backend: 'webgpu' })).sites).toHaveLength(1);
  });

  it('leaves a small fill in float16, and a scale that is 0 in float32', async () => {
    const half = model((g) => {
      const [q, k] = [g.input('q', [1, 2, 3, 4], 'float16'), g.input('k', [1, 2, 4, 3], 'float16')];
      const fill = g.op('Cast', [number(g, -65504)], { to: 10 });
      const scores = g.op('Where', [g.input('c', [3, 3], 'bool'), g.op('MatMul', [q, k]), fill]);
      return g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), g.input('v', [1, 2, 3, 4], 'float16')]);
    });
    expect(await reasons(half, { backend: 'webgpu' })).toMatch(
      /replaced by -65504, and float16 has no number far below/,
    );
    const none = model((g) =>
      attention(g, SIZES, {
        scores: (x) => g.op('Div', [x, number(g, 1e38)]),
        query: (q) => g.op('Mul', [q, number(g, 1e-20)]),
      }),
    );
    expect(await reasons(none)).toMatch(/scale of 0/);
  });

  it('uses ai.onnx alone for a portable graph, from opset 23 on', async () => {
    const before = (opset: number) => model((g) => attention(g), { opset, irVersion: 10 });
    expect(await reasons(before(17), { backend: 'portable' })).toMatch(/from opset 23 on/);
    const { model: after } = await afterPass(before(23), fuseAttention, { backend: 'portable' });
    expect(countOps(after)).toEqual({ Attention: 1 });
    await expectEquivalent(before(23), after, { class: 'order' });
  });

  it('says nothing of a softmax that ends a classifier', async () => {
    const before = model((g) =>
      g.op('Softmax', [g.op('MatMul', [g.input('x', ['n', 4, 8]), g.weight('w', [8, 3])])], { axis: -1 }),
    );
    expect(await sitesOf(before, fuseAttention)).toEqual({ sites: [], refusals: [] });
  });
});

describe.skipIf(!haveShared())('fuse-attention: real models', () => {
  it.each([
    ['transformer/bert_toy_unfused', 'com.microsoft.Attention', 5],
    ['transformer/vit_pgd_2_3_16', MHA, 2],
    ['decoder/gpt2_past', MHA, 12],
    ['decoder/aidreams260k_nocache', MHA, 4],
  ])('fuses %s', async (file, op, count) => {
    const { model: before } = readModel(sharedFile(`real/models/${file}.onnx`));
    const { model: after } = await afterPass(before, fuseAttention);
    expect(countOps(after)).toMatchObject({ [op]: count });
    expect(countOps(after)['Softmax']).toBeUndefined();
    await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  });

  it.each(['attention_symbolic_batch', 'attention_distilbert', 'gpt2_one_layer'])(
    'reaches what ONNX Runtime expects of %s',
    async (file) => {
      const { model: before } = readModel(sharedFile(`real/ort_fusion/fusion/${file}.onnx`));
      const { model: after } = await afterPass(before, fuseAttention);
      expect(countOps(after)).toMatchObject({ 'com.microsoft.Attention': 1 });
      for (const gone of ['Softmax', 'Transpose']) expect(countOps(after)[gone]).toBeUndefined();
    },
  );

  it('leaves scores alone that a small fill replaces before padding is added', async () => {
    const { model: before } = readModel(sharedFile('real/ort_fusion/fusion/attention_past_unidir.onnx'));
    expect(await reasons(before)).toMatch(/replaced by -10000, and more is done to them afterwards/);
  });
});
