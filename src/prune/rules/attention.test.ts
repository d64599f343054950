import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { float, getInt, getInts } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import { int64s, tensorOf, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { attentionOf, linear, merge, number, split, type AttentionSizes } from '../../testing/attention.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { cutModel, expectOracle, normalFeeds } from '../../testing/prune-oracle.ts';
import { findGroups } from '../groups.ts';

const MS = { domain: 'com.microsoft' };
const SIZES: AttentionSizes = { batch: 1, queries: 5, heads: 4, width: 6 };
const D = 24;

const idsOf = (count: number): Tensor =>
  int64s(
    Array.from({ length: count }, (_, i) => i),
    [1, count],
  );
const int32s = (of: number | readonly number[]): Tensor =>
  tensorOf('int32', typeof of === 'number' ? [] : [of.length], Int32Array.from([of].flat()));

type Projected = readonly [q: ValueId, k: ValueId, v: ValueId];

/** Projections of one input, an attention over them, and a projection of what it gives. */
const around = (
  attention: (g: GraphBuilder, projected: Projected) => ValueId,
  { kv = D, ...options }: BuildOptions & { readonly kv?: number } = {},
): Model =>
  buildModel({ opset: 17, seed: 4, domains: { 'com.microsoft': 1 }, ...options }, (g) => {
    const x = g.input('x', [1, 5, 8]);
    const y = attention(g, [linear(g, x, 8, D), linear(g, x, 8, kv), linear(g, x, 8, kv)]);
    g.output(linear(g, y, D, 8), 'y', { shape: [1, 5, 8] });
  });

/** The groups as [channels, atoms, heads or not], after the oracle has agreed. */
async function groupsOf(model: Model): Promise<readonly (readonly [number, number, boolean])[]> {
  const { graph, change } = await expectOracle(model);
  expect(change).toBeGreaterThan(1e-3);
  return graph.groups.map((group) => [group.channels, group.atoms.length, group.isHeads] as const);
}

/** The attention's node once only the first head (or key head) is left. */
function withOneHead(model: Model, opType: string): Node {
  const graph = findGroups(model, analyze(model));
  const cut = cutModel(
    model,
    graph,
    graph.groups.map(() => new Set([0])),
  );
  return [...cut.nodes.values()].find((node) => node.opType === opType)!;
}

describe('heads of an attention that is written out', () => {
  it('go whole, with the query, key, value and output channels that belong to them', async () => {
    expect(await groupsOf(around((g, qkv) => attentionOf(g, qkv, SIZES)))).toEqual([[24, 4, true]]);
  });

  it('go with their part of a mask that has one for each head', async () => {
    const masked = around((g, qkv) =>
      attentionOf(g, qkv, SIZES, {
        scores: (s) => g.op('Add', [g.op('Mul', [s, number(g, 0.4)]), g.weight('alibi', [1, 4, 5, 5])]),
      }),
    );
    expect(await groupsOf(masked)).toEqual([[24, 4, true]]);
  });

  it('go where the batch axis holds them too', async () => {
    const folded = around((g, [q, k, v]) => {
      const rows = (x: ValueId, perm: number[]): ValueId =>
        g.op('Transpose', [g.op('Reshape', [x, g.int64s('s', [5, 4, 6])])], { perm });
      const scores = g.op('Softmax', [g.op('MatMul', [rows(q, [1, 0, 2]), rows(k, [1, 2, 0])])], { axis: -1 });
      const mixed = g.op('Transpose', [g.op('MatMul', [scores, rows(v, [1, 0, 2])])], { perm: [1, 0, 2] });
      return g.op('Reshape', [mixed, g.int64s('t', [1, 5, 24])]);
    });
    expect(await groupsOf(folded)).toEqual([[24, 4, true]]);
  });

  it('go with the key head that they share', async () => {
    const grouped = around(
      (g, [q, k, v]) => {
        const shared = (x: ValueId): ValueId => {
          const heads = split(g, x, { ...SIZES, heads: 2 });
          const each = g.op('Unsqueeze', [heads, g.int64s('axis', [2])]);
          const both = g.op('Expand', [each, g.int64s('both', [1, 2, 2, 5, 6])]);
          return g.op('Reshape', [both, g.int64s('all', [1, 4, 5, 6])]);
        };
        const keys = g.op('Transpose', [shared(k)], { perm: [0, 1, 3, 2] });
        const scores = g.op('MatMul', [split(g, q, SIZES), keys]);
        return merge(g, g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), shared(v)]), SIZES);
      },
      { kv: 12 },
    );
    expect(await groupsOf(grouped)).toEqual([[24, 2, true]]);
  });

  it('go past a rotary embedding of halves', async () => {
    const rotated = around((g, qkv) => {
      const turn = (x: ValueId): ValueId => {
        const part = (from: number, to: number): ValueId =>
          g.op('Slice', [x, g.int64s('from', [from]), g.int64s('to', [to]), g.int64s('axis', [-1])]);
        const turned = g.op('Concat', [g.op('Neg', [part(3, 6)]), part(0, 3)], { axis: -1 });
        return g.op('Add', [
          g.op('Mul', [x, g.weight('cos', [1, 1, 5, 6])]),
          g.op('Mul', [turned, g.weight('sin', [1, 1, 5, 6])]),
        ]);
      };
      return attentionOf(g, qkv, SIZES, { query: turn });
    });
    expect(await groupsOf(rotated)).toEqual([[24, 4, true]]);
  });

  it('go where FusedMatMul turns the keys', async () => {
    const fused = around((g, [q, k, v]) => {
      const scores = g.op(
        'FusedMatMul',
        [split(g, q, SIZES), split(g, k, SIZES)],
        { transB: 1, alpha: float(0.4) },
        MS,
      );
      return merge(g, g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), split(g, v, SIZES)]), SIZES);
    });
    expect(await groupsOf(fused)).toEqual([[24, 4, true]]);
  });
});

describe('heads of a fused attention', () => {
  it('MultiHeadAttention: with bias and a bias for each head', async () => {
    const model = around((g, qkv) =>
      g.op(
        'MultiHeadAttention',
        [...qkv, g.weight('bias', [3 * D]), null, g.weight('each', [1, 4, 5, 5])],
        { num_heads: 4 },
        MS,
      ),
    );
    expect(await groupsOf(model)).toEqual([[24, 4, true]]);
    expect(getInt(withOneHead(model, 'MultiHeadAttention'), 'num_heads', 0)).toBe(1);
  });

  it('Attention: the projections inside, of sizes that differ', async () => {
    const model = buildModel({ opset: 17, seed: 4, domains: { 'com.microsoft': 1 } }, (g) => {
      const x = g.input('x', [1, 5, 8]);
      const inputs = [x, g.weight('w', [8, 24 + 24 + 8]), g.weight('b', [24 + 24 + 8])];
      const y = g.op('Attention', inputs, { num_heads: 4, qkv_hidden_sizes: [24, 24, 8] }, MS);
      g.output(linear(g, y, 8, 8), 'y', { shape: [1, 5, 8] });
    });
    expect(await groupsOf(model)).toEqual([[56, 4, true]]);
    const node = withOneHead(model, 'Attention');
    expect(getInt(node, 'num_heads', 0)).toBe(1);
    expect(getInts(node, 'qkv_hidden_sizes', [])).toEqual([6, 6, 2]);
  });

  it('Attention of ai.onnx: two query heads to a key head, flat', async () => {
    const model = around((g, qkv) => g.op('Attention', qkv, { q_num_heads: 4, kv_num_heads: 2 }), {
      opset: 23,
      irVersion: 10,
      kv: 12,
    });
    expect(await groupsOf(model)).toEqual([[24, 2, true]]);
    const node = withOneHead(model, 'Attention');
    expect([getInt(node, 'q_num_heads', 0), getInt(node, 'kv_num_heads', 0)]).toEqual([2, 1]);
  });

  it('Attention of ai.onnx: heads along an axis of their own', async () => {
    const model = around(
      (g, qkv) => {
        const [q, k, v] = qkv.map((each) => split(g, each, SIZES)) as [ValueId, ValueId, ValueId];
        return merge(g, g.op('Attention', [q, k, v]), SIZES);
      },
      { opset: 23, irVersion: 10 },
    );
    expect(await groupsOf(model)).toEqual([[24, 4, true]]);
  });

  it('RotaryEmbedding: turned heads go whole', async () => {
    const turned = around((g, [q, k, v]) => {
      const tables = [g.tensor('ids', idsOf(5)), g.weight('cos', [8, 3]), g.weight('sin', [8, 3])];
      const turn = (x: ValueId): ValueId => g.op('RotaryEmbedding', [x, ...tables], { num_heads: 4 }, MS);
      return g.op('MultiHeadAttention', [turn(q), turn(k), v], { num_heads: 4 }, MS);
    });
    expect(await groupsOf(turned)).toEqual([[24, 4, true]]);
    expect(getInt(withOneHead(turned, 'RotaryEmbedding'), 'num_heads', 0)).toBe(1);
  });

  it('GroupQueryAttention: two query heads to a key head', async () => {
    const model = buildModel({ opset: 17, seed: 4, domains: { 'com.microsoft': 1 } }, (g) => {
      const x = g.input('x', [1, 5, 8]);
      const qkv = [linear(g, x, 8, 32), linear(g, x, 8, 16), linear(g, x, 8, 16)];
      const lengths = [g.tensor('last', int32s([4])), g.tensor('total', int32s(5))];
      const heads = { num_heads: 4, kv_num_heads: 2 };
      g.output(linear(g, g.op('GroupQueryAttention', [...qkv, null, null, ...lengths], heads, MS), 32, 8), 'y');
    });
    expect(await groupsOf(model)).toEqual([[32, 2, true]]);
    const node = withOneHead(model, 'GroupQueryAttention');
    expect([getInt(node, 'num_heads', 0), getInt(node, 'kv_num_heads', 0)]).toEqual([2, 1]);
  });

  it('stay where a cache is an input of the model', () => {
    const model = around((g, qkv) => {
      const past = ['k', 'v'].map((name) => g.input(`past_${name}`, [1, 4, 2, 6]));
      return g.op('MultiHeadAttention', [...qkv, null, null, null, ...past], { num_heads: 4 }, MS);
    });
    const graph = findGroups(model, analyze(model));
    expect(graph.groups).toEqual([]);
    expect(graph.frozen[0]?.reason).toContain('past_k is a graph input');
    expect(Object.keys(normalFeeds(model, 1))).toHaveLength(3);
  });
});
