import type { ValueId } from '../../../ir/types.ts';
import type { Composite, DecompositionTable } from '../composite.ts';
import { split, splitInThree } from '../write.ts';
import { afterPast, attend, fromHeads, scaleOf, toHeads } from './core.ts';
import { causalBias, maskBias, strictest, sumOf } from './mask.ts';

/** Queries [B, N, S, H], keys [B, N, L, H] and values [B, N, L, Hv], the past left out. */
type Heads = readonly [ValueId, ValueId, ValueId];

/** [B, S, N, n, H] → n times [B, N, S, H], each with its share of the bias [n·N·H] added. */
function unpack(c: Composite, packed: ValueId, bias: ValueId | null): readonly ValueId[] {
  const { emit } = c;
  const [batch = 1, length = 1, heads = 1, count = 1, width = 1] = emit.shape(packed);
  const ones = Array.from({ length: count }, () => 1);
  const shares =
    bias === null
      ? []
      : split(
          emit,
          bias,
          0,
          ones.map(() => heads * width),
        );
  return split(emit, packed, 3, ones).map((part, index) => {
    const share = shares[index];
    const each = emit.reshape(part, [batch, length, heads, width]);
    const biased = share === undefined ? each : emit.add(each, emit.reshape(share, [heads, width]));
    return emit.transpose(biased, [0, 2, 1, 3]);
  });
}

function headsOf(c: Composite): Heads {
  const { emit } = c;
  const count = c.int('num_heads', 1);
  const bias = c.optional(3);
  if (c.rank(0) === 5) {
    const [query, key, value] = unpack(c, c.input(0), bias);
    return query && key && value ? [query, key, value] : c.refuse('its query is packed otherwise');
  }
  if (!c.has(1)) return c.refuse('it has neither keys nor a packed query');
  if (c.rank(1) === 3 && c.has(2)) {
    const operands = [c.input(0), c.input(1), c.input(2)] as const;
    const [query, key, value] = bias === null ? operands : withBias(c, operands, bias);
    return [toHeads(emit, query, count), toHeads(emit, key, count), toHeads(emit, value, count)];
  }
  if (bias !== null) return c.refuse('it has a bias, and keys that are heads already');
  const query = toHeads(emit, c.input(0), count);
  if (c.has(2)) return [query, c.input(1), c.input(2)];
  const [key, value] = unpack(c, c.input(1), null);
  return key && value ? [query, key, value] : c.refuse('its keys are packed otherwise');
}

/** The bias [Dq + Dk + Dv], one part for each operand. */
function withBias(c: Composite, operands: Heads, bias: ValueId): Heads {
  const { emit } = c;
  const [query = 1, key = 1, value = 1] = operands.map((each) => emit.shape(each)[2] ?? 1);
  const parts = splitInThree(emit, bias, 0, [query, key, value]);
  return [emit.add(operands[0], parts[0]), emit.add(operands[1], parts[1]), emit.add(operands[2], parts[2])];
}

/**
 * com.microsoft.MultiHeadAttention: query, key?, value?, bias?, key_padding_mask?, attention_bias?, past_key?,
 * past_value? → output, present_key?, present_value?. Queries, keys and values [B, S, N·H] apart, keys and values as heads
 * [B, N, L, H] or packed [B, L, N, 2, H], or all packed [B, S, N, 3, H] (ContribOperators.md).
 */
function multiHeadAttention(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  c.refuseInputs({ 8: 'past_sequence_length', 9: 'cache_indirection' });
  c.refuseOutputs({ 3: 'qk' });
  const [query, newKey, newValue] = headsOf(c);
  const key = afterPast(emit, c.optional(6), newKey);
  const value = afterPast(emit, c.optional(7), newValue);
  const [batch = 1, , queries = 1] = emit.shape(query);
  const [, , keys = 1, width = 1] = emit.shape(key);
  const low = c.float('mask_filter_value', -10000);
  const mask = c.has(4) ? maskBias(c, c.input(4), { batch, queries, keys }, low) : null;
  const causal =
    c.int('unidirectional', 0) !== 0 && queries > 1
      ? causalBias(emit, { queries, keys, offset: keys - queries })
      : null;
  const bias = sumOf(emit, strictest(emit, [mask, causal]), c.optional(5));
  const y = attend(emit, { query, key, value, scale: scaleOf(c.float('scale', 0), width), bias });
  return [fromHeads(emit, y), c.asks(1) ? key : null, c.asks(2) ? value : null];
}

export const MULTI_HEAD_DECOMPOSITIONS: DecompositionTable = {
  'com.microsoft.MultiHeadAttention': multiHeadAttention,
  'com.microsoft.DecoderMaskedMultiHeadAttention': (c) => c.refuse('it is for generation, one position at a time'),
};
