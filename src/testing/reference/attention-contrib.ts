import { add } from './broadcast.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { attend, maskReader } from './attention.ts';
import { affine } from './matmul.ts';
import { cachedAngles, fromHeads, positionsOf, rotate, toHeads } from './rotary.ts';
import { concatenated, cut } from './shape.ts';
import { reshaped, tabulate, type RefTensor } from './tensor.ts';

/** A mask of 1 and 0 for keys: [B, T] or [B, S, T]; or [B], how many keys count. What is masked gets `filter` added. */
function keyMask(mask: RefTensor | null, filter: number): (b: number, i: number, j: number) => number {
  if (!mask) return () => 0;
  const [, second = 0, third = 0] = mask.shape;
  return (b, i, j) => {
    if (mask.shape.length === 1) return j < mask.data[b]! ? 0 : filter;
    const at = mask.shape.length === 2 ? b * second + j : (b * second + i) * third + j;
    return mask.data[at] === 0 ? filter : 0;
  };
}

/** `index`th part of the last axis, in parts of some sizes. */
function part(x: RefTensor, sizes: readonly number[], index: number): RefTensor {
  const from = sizes.slice(0, index).reduce((sum, each) => sum + each, 0);
  return cut(x, x.shape.length - 1, from, from + sizes[index]!);
}

/** input, weights, bias?, mask_index?, past?, attention_bias? */
const packedAttention: RefOp = (c) => {
  const heads = c.int('num_heads', 1);
  const weights = c.input(1);
  const third = weights.shape[1]! / 3;
  const sizes = c.ints('qkv_hidden_sizes') ?? [third, third, third];
  const all = affine(c.input(0), weights, c.optional(2));
  const [q, key, value] = sizes.map((_, i) => toHeads(part(all, sizes, i), heads)) as [RefTensor, RefTensor, RefTensor];
  const past = c.optional(4);
  const before = (i: number, now: RefTensor): RefTensor =>
    past ? concatenated([reshaped(cut(past, 0, i, i + 1), past.shape.slice(1)), now], 2) : now;
  const [k, v] = [before(0, key), before(1, value)];
  const earlier = past?.shape[3] ?? 0;
  const [hides, bias] = [keyMask(c.optional(3), c.float('mask_filter_value', -10000)), maskReader(c.optional(5))];
  const causal = c.int('unidirectional', 0) === 1;
  const { y } = attend(q, k, v, {
    scale: c.float('scale', 0) || 1 / Math.sqrt(q.shape[3]!),
    bias: (at) => {
      const [b, , i, j] = at;
      return causal && j > i + earlier ? -Infinity : hides(b, i, j) + bias(at);
    },
  });
  const present = concatenated(
    [k, v].map((each) => reshaped(each, [1, ...each.shape])),
    0,
  );
  return [fromHeads(y), present];
};

/** The `index`th of `count` values that lie side by side for each head: [B, S, H, count, d] → [B, S, H·d]. */
function unpacked(x: RefTensor, index: number): RefTensor {
  const [batch, length, heads, , width] = x.shape as [number, number, number, number, number];
  return reshaped(cut(x, 3, index, index + 1), [batch, length, heads * width]);
}

/** Query, key and value as [B, S, H·d], or key and value as heads already. */
function parts(c: Call): [RefTensor, RefTensor, RefTensor] {
  const [query, key, value] = [c.input(0), c.optional(1), c.optional(2)];
  if (query.shape.length === 5) return [unpacked(query, 0), unpacked(query, 1), unpacked(query, 2)];
  if (key?.shape.length === 5) return [query, unpacked(key, 0), unpacked(key, 1)];
  return [query, key ?? query, value ?? query];
}

/** query, key?, value?, bias?, key_padding_mask?, attention_bias?, past_key?, past_value? */
const multiHead: RefOp = (c) => {
  const heads = c.int('num_heads', 1);
  const all = parts(c);
  const bias = c.optional(3);
  const width = all[0].shape[2]!;
  const last = all[2].shape.length === 4 ? 0 : all[2].shape[2]!;
  const [q, key, value] = all.map((each, i) => {
    if (each.shape.length === 4) return each;
    return toHeads(bias ? add(each, part(bias, [width, width, last], i)) : each, heads);
  }) as [RefTensor, RefTensor, RefTensor];
  const k = c.has(6) ? concatenated([c.input(6), key], 2) : key;
  const v = c.has(7) ? concatenated([c.input(7), value], 2) : value;
  const earlier = c.optional(6)?.shape[2] ?? 0;
  const [hides, added] = [keyMask(c.optional(4), c.float('mask_filter_value', -10000)), maskReader(c.optional(5))];
  const causal = c.int('unidirectional', 0) === 1;
  const { y } = attend(q, k, v, {
    scale: c.float('scale', 0) || 1 / Math.sqrt(q.shape[3]!),
    bias: (at) => {
      const [b, , i, j] = at;
      return causal && j > i + earlier ? -Infinity : hides(b, i, j) + added(at);
    },
  });
  return [fromHeads(y), k, v];
};

/** Keys or values of this run behind those of earlier ones, whose buffer may have room for more. */
function cached(past: RefTensor | null, now: RefTensor, first: (b: number) => number, total: number): RefTensor {
  const [batch, heads, length, width] = now.shape as [number, number, number, number];
  const room = Math.max(total, past?.shape[2] ?? 0);
  return tabulate(now.dtype, [batch, heads, room, width], (index) => {
    const [b, h, j, e] = index as [number, number, number, number];
    const own = j - first(b);
    if (own >= 0 && own < length) return now.data[((b * heads + h) * length + own) * width + e]!;
    return j < first(b) && past ? past.data[((b * heads + h) * past.shape[2]! + j) * width + e]! : 0;
  });
}

/**
 * query, key?, value?, past_key?, past_value?, seqlens_k, total_sequence_length, cos_cache?, sin_cache?, position_ids?,
 * attention_bias?: always causal. Without key the query holds all three.
 */
const groupQuery: RefOp = (c) => {
  const [heads, kvHeads] = [c.int('num_heads', 1), c.int('kv_num_heads', 1)];
  const query = c.input(0);
  const size = query.shape[2]! / (c.has(1) ? heads : heads + 2 * kvHeads);
  const sizes = [heads * size, kvHeads * size, kvHeads * size];
  const apart = c.has(1) ? [query, c.input(1), c.input(2)] : sizes.map((_, i) => part(query, sizes, i));
  const [q, key, value] = apart.map((each, i) => toHeads(each, i === 0 ? heads : kvHeads)) as [
    RefTensor,
    RefTensor,
    RefTensor,
  ];
  const length = query.shape[1]!;
  const seen = c.input(5).data;
  /** Where this run begins in the sequence of each batch: behind what is cached. */
  const first = (b: number): number => Math.max(0, seen[b]! + 1 - length);
  const ids = c.optional(9);
  const positions = ids ? positionsOf(ids, length) : (b: number, i: number): number => first(b) + i;
  const turn = (x: RefTensor): RefTensor => {
    if (c.int('do_rotary', 0) === 0) return x;
    const angles = cachedAngles(c.input(7), c.input(8), positions);
    return rotate(x, 2 * c.input(7).shape[1]!, c.int('rotary_interleaved', 0) === 1, angles);
  };
  const k = cached(c.optional(3), turn(key), first, c.number(6, length));
  const v = cached(c.optional(4), value, first, c.number(6, length));
  const window = c.int('local_window_size', -1);
  const added = maskReader(c.optional(10));
  const { y } = attend(turn(q), k, v, {
    scale: c.float('scale', 0) || 1 / Math.sqrt(size),
    softcap: c.float('softcap', 0),
    bias: (at) => {
      const [b, , i, j] = at;
      const place = first(b) + i;
      return j > place || (window > 0 && j <= place - window) ? -Infinity : added(at);
    },
  });
  return [fromHeads(y), k, v];
};

export const ATTENTION_CONTRIB: RefTable = {
  'com.microsoft.Attention': packedAttention,
  'com.microsoft.MultiHeadAttention': multiHead,
  'com.microsoft.GroupQueryAttention': groupQuery,
};
