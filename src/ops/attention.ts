import { getInt, getInts } from '../ir/attribute.ts';
import type { Dim, Shape } from '../ir/types.ts';
import { addDims, floorDivDims, maxDims, mulDims } from './dim.ts';
import { sameAsFirst, typed } from './shapes.ts';
import type { CostContext, InferContext, OpTable, Types, Work } from './types.ts';
import { addCount, count, mulCount, perOutput } from './work.ts';

/** Query heads H, value width Dv over all heads, sizes of an attention; null: unknown. */
interface Heads {
  readonly batch: Dim;
  readonly heads: Dim;
  readonly queries: Dim;
  readonly keys: Dim;
  /** Width of one query/key head, and of one value head. */
  readonly size: Dim;
  readonly valueSize: Dim;
}

const SOFTMAX = 5;

/** B·H·Sq·Sk·(d + dv) for Q·Kᵀ and P·V, which is 2·B·H·Sq·Sk·d for equal heads; softmax counts elementwise. */
function attentionWork(h: Heads, projection: number | null = 0): Work {
  const scores = mulCount(count(h.batch), count(h.heads), count(h.queries), count(h.keys));
  return {
    macs: addCount(projection, mulCount(scores, addCount(count(h.size), count(h.valueSize)))),
    elementwise: mulCount(scores, SOFTMAX),
  };
}

const at = (shape: Shape, axis: number): Dim => shape?.at(axis) ?? null;
const length = (c: InferContext, index: number): number => c.shape(index)?.length ?? 0;

/** [B, S, heads·d] or [B, heads, S, d]: sequence and head size. */
function headsOf(shape: Shape, heads: Dim): { batch: Dim; heads: Dim; sequence: Dim; size: Dim } {
  if (shape?.length === 4)
    return { batch: at(shape, 0), heads: at(shape, 1), sequence: at(shape, 2), size: at(shape, 3) };
  return { batch: at(shape, 0), heads, sequence: at(shape, 1), size: floorDivDims(at(shape, 2), heads) };
}

/** Attention-23: Q, K, V, mask?, past_key?, past_value? → Y, present_key?, present_value?, qk_matmul_output? */
function onnxHeads(c: InferContext): Heads {
  const q = headsOf(c.shape(0), getInt(c.node, 'q_num_heads', null));
  const k = headsOf(c.shape(1), getInt(c.node, 'kv_num_heads', null));
  const v = headsOf(c.shape(2), getInt(c.node, 'kv_num_heads', null));
  const past = c.has(4) ? at(c.shape(4), 2) : 0;
  return {
    batch: q.batch,
    heads: q.heads,
    queries: q.sequence,
    keys: addDims(past, k.sequence),
    size: q.size,
    valueSize: v.size,
  };
}

function onnxAttentionTypes(c: InferContext): Types {
  const h = onnxHeads(c);
  const kvHeads = length(c, 1) === 4 ? at(c.shape(1), 1) : getInt(c.node, 'kv_num_heads', null);
  const output =
    length(c, 0) === 4
      ? [h.batch, h.heads, h.queries, h.valueSize]
      : [h.batch, h.queries, mulDims(h.heads, h.valueSize)];
  return [
    typed(c.dtype(0), c.shape(0) && output),
    typed(c.dtype(1), [h.batch, kvHeads, h.keys, h.size]),
    typed(c.dtype(2), [h.batch, kvHeads, h.keys, h.valueSize]),
    typed(c.dtype(0), [h.batch, h.heads, h.queries, h.keys]),
  ].slice(0, c.node.outputs.length);
}

/** com.microsoft.Attention: input [B, S, Din] · weights [Din, Dq + Dk + Dv], split into heads. */
interface Projected extends Heads {
  readonly valueWidth: Dim;
}
function packedHeads(c: InferContext): Projected {
  const heads = getInt(c.node, 'num_heads', null);
  const sizes = getInts(c.node, 'qkv_hidden_sizes', null);
  const width: Dim = sizes?.[0] ?? floorDivDims(at(c.shape(1), 1), 3);
  const valueWidth: Dim = sizes?.[2] ?? width;
  const past = c.has(4) ? at(c.shape(4), 3) : 0;
  const queries = at(c.shape(0), 1);
  return {
    batch: at(c.shape(0), 0),
    heads,
    queries,
    keys: addDims(past, queries),
    size: floorDivDims(width, heads),
    valueSize: floorDivDims(valueWidth, heads),
    valueWidth,
  };
}

function packedTypes(c: InferContext): Types {
  const h = packedHeads(c);
  const output = typed(c.dtype(0), [h.batch, h.queries, h.valueWidth]);
  return [output, typed(c.dtype(0), [2, h.batch, h.heads, h.keys, h.size])].slice(0, c.node.outputs.length);
}

const packedWork = (c: CostContext): Work =>
  attentionWork(packedHeads(c), mulCount(c.size(0), count(at(c.shape(1), 1))));

/** com.microsoft.MultiHeadAttention: query [B, S, D] or packed [B, S, heads, 3, d]; keys may be heads already. */
function multiHeads(c: InferContext): Projected {
  const heads = getInt(c.node, 'num_heads', null);
  const query = c.shape(0);
  const packed = query?.length === 5;
  const width = packed ? mulDims(at(query, 2), at(query, 4)) : at(query, 2);
  const key = c.has(1) ? c.shape(1) : null;
  const value = c.has(2) ? c.shape(2) : null;
  const past = c.has(6) ? at(c.shape(6), 2) : 0;
  const ownKeys = packed ? at(query, 1) : key?.length === 4 ? at(key, 2) : at(key, 1);
  const valueWidth = value?.length === 4 ? mulDims(at(value, 1), at(value, 3)) : value ? at(value, 2) : width;
  return {
    batch: at(query, 0),
    heads,
    queries: at(query, 1),
    keys: addDims(past, ownKeys),
    size: floorDivDims(width, heads),
    valueSize: floorDivDims(valueWidth, heads),
    valueWidth,
  };
}

function multiHeadTypes(c: InferContext): Types {
  const h = multiHeads(c);
  return [
    typed(c.dtype(0), c.shape(0) && [h.batch, h.queries, h.valueWidth]),
    typed(c.dtype(0), [h.batch, h.heads, h.keys, h.size]),
    typed(c.dtype(0), [h.batch, h.heads, h.keys, h.valueSize]),
    typed(c.dtype(0), [h.batch, h.heads, h.queries, h.keys]),
  ].slice(0, c.node.outputs.length);
}

/** com.microsoft.GroupQueryAttention: query [B, S, heads·d] (or Q, K and V packed), past [B, kvHeads, P, d]. */
interface Grouped extends Heads {
  readonly kvHeads: Dim;
}
function groupedHeads(c: InferContext): Grouped {
  const heads = getInt(c.node, 'num_heads', null);
  const kvHeads = getInt(c.node, 'kv_num_heads', null);
  const packedBy = c.has(1) ? heads : addDims(heads, mulDims(kvHeads, 2));
  const size = floorDivDims(at(c.shape(0), 2), packedBy);
  const past = c.has(3) ? at(c.shape(3), 2) : 0;
  const total = c.has(6) ? (c.contents(6)?.[0] ?? null) : null;
  // The cache may be a buffer with room for more: its length is the larger of past and total.
  const keys = c.has(3) ? (total === null ? null : maxDims(past, total)) : at(c.shape(0), 1);
  return { batch: at(c.shape(0), 0), heads, kvHeads, queries: at(c.shape(0), 1), keys, size, valueSize: size };
}

function groupedTypes(c: InferContext): Types {
  const h = groupedHeads(c);
  const present = typed(c.has(3) ? c.dtype(3) : c.dtype(0), [h.batch, h.kvHeads, h.keys, h.size]);
  return [typed(c.dtype(0), c.shape(0) && [h.batch, h.queries, mulDims(h.heads, h.size)]), present, present].slice(
    0,
    c.node.outputs.length,
  );
}

export const ATTENTION: OpTable = {
  Attention: {
    family: 'attn',
    signature:
      'Q K V attn_mask? past_key? past_value? nonpad_kv_seqlen? → Y present_key? present_value? qk_matmul_output?',
    since: [23, 24],
    infer: onnxAttentionTypes,
    work: (c) => attentionWork(onnxHeads(c)),
  },
  RotaryEmbedding: {
    family: 'attn',
    signature: 'X cos_cache sin_cache position_ids? → Y',
    since: [23],
    infer: sameAsFirst,
    // Two products and a sum.
    work: perOutput(3),
  },
  'com.microsoft.RotaryEmbedding': {
    family: 'attn',
    signature: 'input position_ids cos_cache sin_cache → output',
    since: [1],
    infer: sameAsFirst,
    work: perOutput(3),
  },
  'com.microsoft.Attention': {
    family: 'attn',
    signature: 'input weights bias? mask_index? past? attention_bias? past_sequence_length? → output present?',
    since: [1],
    infer: packedTypes,
    work: packedWork,
  },
  'com.microsoft.MultiHeadAttention': {
    family: 'attn',
    signature:
      'query key? value? bias? key_padding_mask? attention_bias? past_key? past_value? past_sequence_length? cache_indirection? → output present_key? present_value? qk?',
    since: [1],
    infer: multiHeadTypes,
    work: (c) => attentionWork(multiHeads(c)),
  },
  'com.microsoft.GroupQueryAttention': {
    family: 'attn',
    signature:
      'query key? value? past_key? past_value? seqlens_k total_sequence_length cos_cache? sin_cache? position_ids? attention_bias? head_sink? → output present_key? present_value? output_qk?',
    since: [1],
    infer: groupedTypes,
    work: (c) => attentionWork(groupedHeads(c)),
  },
};
