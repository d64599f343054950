import { describe, expect, it } from 'vitest';
import { tensorOf } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import {
  attention,
  attentionOf,
  linear,
  normalized,
  number,
  SIZES,
  type AttentionParts,
} from '../../testing/attention.ts';
import { type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps } from '../../testing/passes.ts';
import { fuseAttention } from './fuse-attention.ts';

import { expectFused, LOWEST, masked, MHA, model, reasons } from '../../testing/fused-attention.ts';

describe('fuse-attention: masks', () => {
  const bias = (shape: (string | number)[]) =>
    model((g) => attention(g, SIZES, { scores: masked(g, (x) => g.op('Add', [g.input('mask', shape), x])) }));

  it('takes an added mask as it is, where kernels do', async () => {
    await expectFused(bias(['batch', 2, 'seq', 'seq']), { [MHA]: 1 });
    await expectFused(bias([1, 2, 'seq', 'seq']), { [MHA]: 1 });
    await expectFused(bias(['seq', 'seq']), { Unsqueeze: 1, [MHA]: 1 });
  });

  it('spreads a mask over the queries', async () => {
    const ops = { Shape: 1, Gather: 1, Concat: 1, Expand: 1, [MHA]: 1 };
    await expectFused(bias(['batch', 1, 1, 'seq']), { ...ops, Shape: 2, Gather: 2 });
    const fixed = { ...SIZES, queries: 3, keys: 5 };
    const before = model((g) =>
      attention(g, fixed, { scores: masked(g, (x) => g.op('Sub', [x, g.input('mask', ['batch', 1, 1, 5])])) }),
    );
    await expectFused(before, { Neg: 1, Expand: 1, [MHA]: 1 });
  });

  it('refuses a mask that may make the scores larger', async () => {
    expect(await reasons(bias(['other', 1, 'seq', 'seq']))).toMatch(
      /Axis 0 of transpose_out is not proven to be that of the scores/,
    );
    expect(await reasons(bias([1, 1, 'other', 'seq']))).toMatch(/Axis 2 of the mask/);
    expect(await reasons(bias([3, 1, 2, 'seq', 'seq']))).toMatch(/stands between/);
  });

  const chosen = (fill: number, keeps: boolean, parts: AttentionParts = {}) =>
    model((g) => {
      const condition = g.input('mask', ['batch', 1, 1, 'seq'], 'bool');
      const where = (x: ValueId): ValueId =>
        g.op('Where', keeps ? [condition, x, number(g, fill)] : [condition, number(g, fill), x]);
      return attention(g, SIZES, { scores: masked(g, where), ...parts });
    });
  const bools = (bits: number[]) => {
    const feed = (name: string, length: number, bytes: number[]) => ({
      dtype: 'float32' as const,
      shape: [1, length, 8],
      data: Float32Array.from({ length: length * 8 }, (_, i) => Math.sin(i * 1.7 + name.charCodeAt(0)) * bytes.length),
    });
    return {
      name: `mask ${bits.join('')}`,
      feeds: {
        ...Object.fromEntries(['q', 'k', 'v'].map((name) => [name, feed(name, bits.length, bits)])),
        mask: { dtype: 'bool' as const, shape: [1, 1, 1, bits.length], data: Uint8Array.from(bits) },
      },
    };
  };

  it.each([true, false])(
    'turns scores replaced by the lowest number into a bias, kept where true: %s',
    async (keeps) => {
      const feeds = [bools([1, 1, 0, 1]), bools([0, 0, 0]), bools([1])];
      const { model: after } = await afterPass(chosen(LOWEST, keeps), fuseAttention);
      expect(countOps(after)).toMatchObject({ Where: 1, Expand: 1, [MHA]: 1 });
      await expectEquivalent(chosen(LOWEST, keeps), after, { class: 'order', seeds: 2, feeds });
    },
  );

  it('turns scores replaced by −∞ into a bias, and keeps the guard against rows without a score', async () => {
    const guard = (g: GraphBuilder) => (p: ValueId) => g.op('Where', [g.op('IsNaN', [p]), number(g, 0), p]);
    const before = model((g) => {
      const condition = g.input('mask', ['batch', 1, 1, 'seq'], 'bool');
      const scores = masked(g, (x) => g.op('Where', [condition, x, number(g, -Infinity)]));
      return attention(g, SIZES, { scores, weights: guard(g) });
    });
    const { model: after } = await afterPass(before, fuseAttention);
    expect(countOps(after)).toMatchObject({ Where: 2, IsNaN: 1, [MHA]: 1 });
    await expectEquivalent(before, after, { class: 'order', feeds: [bools([1, 0, 1]), bools([0, 0])] });
  });

  it('refuses a small fill, where nothing says that the kept scores are larger', async () => {
    expect(await reasons(chosen(-10000, true))).toMatch(
      /replaced by -10000, and the others are not proven to be larger by far/,
    );
    expect(await reasons(chosen(0, true))).toMatch(/replaced by 0, which a bias cannot do/);
  });

  const smallFill = (after?: (g: GraphBuilder, x: ValueId) => ValueId, scale = 1) =>
    model((g) => {
      const x = g.op('Mul', [normalized(g, g.input('x', ['batch', 'seq', 8]), 8), number(g, 1)]);
      const n = scale === 1 ? normalized(g, x, 8) : x;
      const condition = g.input('mask', ['batch', 1, 1, 'seq'], 'bool');
      const replaced = (scores: ValueId): ValueId => {
        const kept = g.op('Where', [condition, scores, number(g, -10000)]);
        return after ? after(g, kept) : kept;
      };
      const [q, k, v] = [linear(g, n, 8, 8), linear(g, n, 8, 8), linear(g, n, 8, 8)];
      return attentionOf(g, [q, k, v], SIZES, { scores: masked(g, replaced) });
    });

  it('takes a small fill where the scores are bounded by a normalisation and the weights', async () => {
    const before = smallFill();
    const { model: after, result } = await afterPass(before, fuseAttention);
    expect(result.applied).toHaveLength(1);
    expect(countOps(after)).toMatchObject({ 'com.microsoft.Attention': 1, Where: 1 });
    const mask = (bits: number[]) => ({
      name: bits.join(''),
      feeds: {
        x: {
          dtype: 'float32' as const,
          shape: [1, bits.length, 8],
          data: Float32Array.from({ length: bits.length * 8 }, (_, i) => Math.sin(i * 2.1)),
        },
        mask: { dtype: 'bool' as const, shape: [1, 1, 1, bits.length], data: Uint8Array.from(bits) },
      },
    });
    await expectEquivalent(before, after, { class: 'order', feeds: [mask([1, 0, 1, 1]), mask([0, 0, 0])] });
  });

  it('refuses a small fill that more is done to, and one behind something that is not normalised', async () => {
    expect(await reasons(smallFill((g, x) => g.op('Add', [x, g.input('more', ['batch', 1, 1, 'seq'])])))).toMatch(
      /more is done to them/,
    );
    expect(await reasons(smallFill(undefined, 2))).toMatch(/not proven to be larger by far/);
  });

  it('adds masks up in their order, and keeps a floor under them', async () => {
    const before = model((g) => {
      const scores = masked(g, (x) => {
        const causal = g.op('Where', [g.input('c', ['seq', 'seq'], 'bool'), x, number(g, LOWEST)]);
        const padded = g.op('Add', [causal, g.input('mask', ['batch', 1, 1, 'seq'])]);
        return g.op('Max', [padded, number(g, LOWEST)]);
      });
      return attention(g, SIZES, { scores });
    });
    const { model: after } = await afterPass(before, fuseAttention);
    expect(countOps(after)).toMatchObject({ Where: 1, Add: 1, Max: 1, [MHA]: 1 });
    await expectEquivalent(before, after, { class: 'order', seeds: 3 });
  });

  const cut = (one: boolean, low = true) =>
    model((g) => {
      const table = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 <= Math.floor(i / 8) === low ? 1 : 0));
      const tril = g.tensor('tril', tensorOf('uint8', [1, 1, 8, 8], table));
      const sizes = { ...SIZES, queries: one ? 1 : 'seq', keys: one ? 'past + 1' : 'past + seq' };
      const size = (x: ValueId, axis: number): ValueId =>
        g.op('Gather', [g.op('Shape', [x]), g.int64s('axis', [axis])], { axis: 0 });
      const replaced = (x: ValueId): ValueId => {
        const [queries, keys] = [size(x, 2), size(x, 3)];
        const rows = g.op('Slice', [tril, g.op('Sub', [keys, queries]), keys, g.int64s('a', [2]), g.int64s('s', [1])]);
        const both = g.op('Slice', [rows, g.int64s('from', [0]), keys, g.int64s('b', [3]), g.int64s('t', [1])]);
        return g.op('Where', [g.op('Cast', [both], { to: 9 }), x, number(g, -10000)]);
      };
      return attention(g, sizes, { scores: masked(g, replaced) });
    });

  it('drops a causal mask where there is one query', async () => {
    await expectFused(cut(true), { [MHA]: 1 }, { shapes: { q: [2, 1, 8], k: [2, 5, 8], v: [2, 5, 8] } });
  });

  it('keeps the mask where it is no causal one, or there are more queries', async () => {
    expect(await reasons(cut(true, false))).toMatch(/replaced by -10000|not proven to be 1/);
    expect(await reasons(cut(false))).toMatch(/replaced by -10000|not proven to be 1/);
  });

  it('drops a mask that is constant and keeps everything', async () => {
    const before = model((g) => {
      const where = (x: ValueId): ValueId => {
        const none = g.op('Equal', [g.floats('ones', [1, 1, 1, 5], 1), number(g, 0)]);
        return g.op('Where', [g.op('Expand', [none, g.op('Shape', [x])]), number(g, -1), x]);
      };
      return attention(g, { ...SIZES, queries: 5 }, { scores: masked(g, where) });
    });
    await expectFused(before, { [MHA]: 1 });
  });

  it('tells shapes that masks were made from out of the operands', async () => {
    const before = model((g) => {
      const where = (x: ValueId): ValueId => {
        const ones = g.op('Expand', [number(g, 1), g.op('Shape', [x])]);
        return g.op('Add', [x, g.op('Trilu', [ones], { upper: 0 })]);
      };
      return attention(g, SIZES, { scores: masked(g, where) });
    });
    const { model: after } = await afterPass(before, fuseAttention);
    expect(countOps(after)).toMatchObject({ [MHA]: 1, Trilu: 1 });
    expect(countOps(after)['MatMul']).toBeUndefined();
    await expectEquivalent(before, after, { class: 'order' });
  });
});
