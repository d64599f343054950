import type { ValueId } from '../../../ir/types.ts';
import type { Composite, DecompositionTable } from '../composite.ts';
import { concat, split, splitInThree } from '../write.ts';
import { afterPast, attend, fromHeads, scaleOf, toHeads } from './core.ts';
import { causalBias, maskBias, strictest, sumOf } from './mask.ts';

/** Widths of queries, keys and values in the packed weights [Din, Dq + Dk + Dv]. */
function widthsOf(c: Composite): readonly [number, number, number] {
  const [query, key, value] = c.ints('qkv_hidden_sizes') ?? [];
  if (query !== undefined && key !== undefined && value !== undefined) return [query, key, value];
  const third = (c.shape(1)[1] ?? 0) / 3;
  return [third, third, third];
}

/** Past [2, B, N, P, H] → keys and values [B, N, P, H]. */
function pastOf(c: Composite): readonly [ValueId | null, ValueId | null] {
  if (!c.has(4)) return [null, null];
  const shape = c.shape(4).slice(1);
  const [key, value] = split(c.emit, c.input(4), 0, [1, 1]).map((each) => c.emit.reshape(each, shape));
  return [key ?? null, value ?? null];
}

/**
 * com.microsoft.Attention: input, weights, bias?, mask_index?, past?, attention_bias? → output, present?. One product
 * gives queries, keys and values (ContribOperators.md).
 */
function packedAttention(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  if (c.int('do_rotary', 0) !== 0) c.refuse('it rotates queries and keys, which it has no tables for');
  if (c.int('past_present_share_buffer', 0) !== 0) c.refuse('its past is a buffer that it writes to');
  const heads = c.int('num_heads', 1);
  const [batch = 1, queries = 1] = c.shape(0);
  const product = emit.matmul(c.input(0), c.input(1));
  const projected = c.has(2) ? emit.add(product, c.input(2)) : product;
  const [query, newKey, newValue] = splitInThree(emit, projected, 2, widthsOf(c));
  const [pastKey, pastValue] = pastOf(c);
  const key = afterPast(emit, pastKey, toHeads(emit, newKey, heads));
  const value = afterPast(emit, pastValue, toHeads(emit, newValue, heads));
  const [, , keys = 1, width = 1] = emit.shape(key);
  const mask = c.has(3)
    ? maskBias(c, c.input(3), { batch, queries, keys }, c.float('mask_filter_value', -10000))
    : null;
  const causal =
    c.int('unidirectional', 0) !== 0 && queries > 1
      ? causalBias(emit, { queries, keys, offset: keys - queries })
      : null;
  const y = attend(emit, {
    query: toHeads(emit, query, heads),
    key,
    value,
    scale: scaleOf(c.float('scale', 0), width),
    bias: sumOf(emit, strictest(emit, [mask, causal]), c.optional(5)),
  });
  const both = (): ValueId =>
    concat(
      emit,
      [key, value].map((each) => emit.reshape(each, [1, ...emit.shape(each)])),
      0,
    );
  return [fromHeads(emit, y), c.asks(1) ? both() : null];
}

export const PACKED_DECOMPOSITIONS: DecompositionTable = { 'com.microsoft.Attention': packedAttention };
