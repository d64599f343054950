import { describe, expect, it } from 'vitest';
import { float } from '../../../ir/attribute.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { Model } from '../../../ir/model.ts';
import type { ValueId } from '../../../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../../testing/build.ts';
import { expectDecomposed } from '../../../testing/decomposed.ts';
import { decompose } from '../decompose.ts';

const [B, S, HEADS] = [2, 5, 2];

interface Form {
  readonly attributes?: Record<string, AttributeInit>;
  readonly widths?: readonly [number, number, number];
  readonly mask?: (g: GraphBuilder) => ValueId;
  readonly past?: number;
  readonly bias?: boolean;
  readonly scores?: boolean;
}

function packed({ attributes = {}, widths = [8, 8, 8], mask, past, bias = true, scores }: Form): Model {
  return buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 } }, (g) => {
    const all = widths[0] + widths[1] + widths[2];
    const inputs = [
      g.input('x', [B, S, 6]),
      g.weight('w', [6, all]),
      bias ? g.weight('b', [all]) : null,
      mask ? mask(g) : null,
      past === undefined ? null : g.input('past', [2, B, HEADS, past, widths[0] / HEADS]),
      scores ? g.input('bias', [B, HEADS, S, S + (past ?? 0)]) : null,
    ];
    const { outputs } = g.node(
      'Attention',
      inputs,
      { num_heads: HEADS, ...attributes },
      { domain: 'com.microsoft', outputs: past === undefined ? ['y'] : ['y', 'present'] },
    );
    outputs.forEach((output) => g.output(output!));
  });
}

const int32s = (g: GraphBuilder, shape: readonly number[], data: readonly number[]): ValueId =>
  g.tensor('mask', tensorOf('int32', shape, Int32Array.from(data)));

describe('com.microsoft.Attention', () => {
  it('is a product, its heads, and softmax between them', async () => {
    await expectDecomposed(packed({}));
    await expectDecomposed(packed({ attributes: { scale: float(0.3) } }));
  });
  it('takes values of another width than keys', async () => {
    await expectDecomposed(packed({ widths: [8, 8, 12], attributes: { qkv_hidden_sizes: [8, 8, 12] } }));
  });
  it('hides what comes later, with a past and without', async () => {
    await expectDecomposed(packed({ attributes: { unidirectional: 1 } }));
    await expectDecomposed(packed({ attributes: { unidirectional: 1 }, past: 3 }));
  });
  it('keeps keys and values of a past', async () => {
    await expectDecomposed(packed({ past: 3 }));
  });
  it('adds a bias to the scores', async () => {
    await expectDecomposed(packed({ scores: true }));
  });

  it.each<[string, (g: GraphBuilder) => ValueId]>([
    ['lengths', (g) => int32s(g, [B], [3, 5])],
    ['ends and starts', (g) => int32s(g, [2 * B], [3, 5, 1, 2])],
    ['keys', (g) => g.input('mask', [B, S], 'int32')],
    ['nothing', (g) => int32s(g, [B, 1], [1, 1])],
    ['pairs', (g) => g.input('mask', [B, S, S], 'int32')],
  ])('takes a mask of %s', async (_, mask) => {
    await expectDecomposed(packed({ mask }));
    await expectDecomposed(packed({ mask, attributes: { unidirectional: 1, mask_filter_value: float(-50) } }));
  });
  it('takes a mask of keys that counts the past, beside a bias of the scores', async () => {
    const mask = (g: GraphBuilder): ValueId => g.input('mask', [B, S + 3], 'int32');
    await expectDecomposed(packed({ mask, past: 3, attributes: { unidirectional: 1 } }));
    await expectDecomposed(packed({ mask: (g) => g.input('mask', [B, S], 'int32'), scores: true }));
  });

  it('reads of a mask for all positions the rows of its queries', async () => {
    const whole = Int32Array.from({ length: B * 10 * 10 }, (_, i) => Number((i * 7) % 3 > 0));
    const part = Array.from({ length: B * S * 8 }, (_, i) => {
      const [b, row, key] = [Math.floor(i / (S * 8)), Math.floor(i / 8) % S, i % 8];
      return whole[b * 100 + (row + 3) * 10 + key] ?? 0;
    });
    const of4 = packed({ mask: (g) => g.tensor('mask', tensorOf('int32', [B, 1, 10, 10], whole)), past: 3 });
    const of3 = packed({ mask: (g) => int32s(g, [B, S, 8], part), past: 3 });
    await expectDecomposed(of4, { reference: of3 });
  });

  it('stays in forms that are for generation only', () => {
    const reasons = (form: Form) => decompose(packed(form)).left.map(({ reason }) => reason);
    expect(reasons({ attributes: { do_rotary: 1 } })).toEqual([
      'it rotates queries and keys, which it has no tables for',
    ]);
    expect(reasons({ attributes: { past_present_share_buffer: 1 }, past: 8 })).toEqual([
      'its past is a buffer that it writes to',
    ]);
    expect(reasons({ mask: (g) => int32s(g, [3], [1, 2, 3]) })).toEqual(['its mask is [3]']);
  });
});
