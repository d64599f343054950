import type { RefOp, RefTable } from './call.ts';
import { fromHeads, toHeads } from './rotary.ts';
import { concatenated } from './shape.ts';
import { broadcastStrides, offsetOf, tabulate, type RefTensor } from './tensor.ts';

/** Of the score of query i and key j: batch, head, query, key. */
type At = readonly [batch: number, head: number, query: number, key: number];

interface Scoring {
  readonly scale: number;
  /** Scores go through softcap · tanh(score / softcap); 0: not. */
  readonly softcap?: number;
  /** Added to a score; −∞ hides the key. */
  readonly bias?: (at: At) => number;
}

/** What attention computes on the way, [B, H, S, T] each, and its result [B, H, S, dv]. */
interface Attended {
  readonly scores: RefTensor;
  readonly capped: RefTensor;
  readonly biased: RefTensor;
  readonly weights: RefTensor;
  readonly y: RefTensor;
}

/**
 * softmax(scale · Q·Kᵀ + bias) · V (Vaswani et al., Attention Is All You Need, 2017). A query that sees no key gives 0.
 *
 * @param q [B, H, S, d]
 * @param k [B, Hkv, T, d]; each of its heads serves H / Hkv of q, in order
 * @param v [B, Hkv, T, dv]
 */
export function attend(q: RefTensor, k: RefTensor, v: RefTensor, { scale, softcap = 0, bias }: Scoring): Attended {
  const [batch, heads, queries, width] = q.shape as [number, number, number, number];
  const [, kvHeads, keys] = k.shape as [number, number, number];
  const valueWidth = v.shape[3]!;
  const shape = [batch, heads, queries, keys];
  const kvHead = (b: number, h: number): number => b * kvHeads + Math.floor(h / (heads / kvHeads));
  const scores = tabulate(q.dtype, shape, (index) => {
    const [b, h, i, j] = index as [number, number, number, number];
    const [from, to] = [((b * heads + h) * queries + i) * width, (kvHead(b, h) * keys + j) * width];
    let sum = 0;
    for (let e = 0; e < width; e++) sum += q.data[from + e]! * k.data[to + e]!;
    return scale * sum;
  });
  const capped = tabulate(q.dtype, shape, (_, at) => {
    const score = scores.data[at]!;
    return softcap > 0 ? softcap * Math.tanh(score / softcap) : score;
  });
  const biased = tabulate(q.dtype, shape, (index, at) => capped.data[at]! + (bias?.(index as unknown as At) ?? 0));
  const weights = tabulate(q.dtype, shape, (index, at) => {
    const row = biased.data.subarray(at - index[3]!, at - index[3]! + keys);
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    if (top === -Infinity) return 0;
    return Math.exp(biased.data[at]! - top) / row.reduce((sum, each) => sum + Math.exp(each - top), 0);
  });
  const y = tabulate(q.dtype, [batch, heads, queries, valueWidth], (index) => {
    const [b, h, i, e] = index as [number, number, number, number];
    let sum = 0;
    for (let j = 0; j < keys; j++) {
      const weight = weights.data[((b * heads + h) * queries + i) * keys + j]!;
      // What is hidden may hold anything.
      if (weight !== 0) sum += weight * v.data[(kvHead(b, h) * keys + j) * valueWidth + e]!;
    }
    return sum;
  });
  return { scores, capped, biased, weights, y };
}

/** Reads a mask that broadcasts to [B, H, S, T]; keys behind its end are hidden. */
export function maskReader(mask: RefTensor | null): (at: At) => number {
  if (!mask) return () => 0;
  const strides = broadcastStrides(mask.shape, 4);
  const length = mask.shape.at(-1)!;
  return (at) => {
    if (length > 1 && at[3] >= length) return -Infinity;
    const value = mask.data[offsetOf(at, strides)]!;
    if (mask.dtype !== 'bool') return value;
    return value === 0 ? -Infinity : 0;
  };
}

/** Q, K, V as heads [B, H, S, d] or [B, S, H·d]; attn_mask?, past_key?, past_value?, nonpad_kv_seqlen? */
const attention: RefOp = (c) => {
  const flat = c.input(0).shape.length === 3;
  const heads = (index: number, count: string): RefTensor =>
    flat ? toHeads(c.input(index), c.int(count, 1)) : c.input(index);
  const q = heads(0, 'q_num_heads');
  const [key, value] = [heads(1, 'kv_num_heads'), heads(2, 'kv_num_heads')];
  const k = c.has(4) ? concatenated([c.input(4), key], 2) : key;
  const v = c.has(5) ? concatenated([c.input(5), value], 2) : value;
  const lengths = c.numbers(6);
  const mask = maskReader(c.optional(3));
  const causal = c.int('is_causal', 0) === 1;
  const past = c.optional(4)?.shape[2] ?? 0;
  const queries = q.shape[2]!;
  const attended = attend(q, k, v, {
    scale: c.float('scale', 1 / Math.sqrt(q.shape[3]!)),
    softcap: c.float('softcap', 0),
    bias: (at) => {
      const [b, , i, j] = at;
      const length = lengths?.[b];
      const first = length === undefined ? past : length - queries;
      if ((length !== undefined && j >= length) || (causal && j > i + first)) return -Infinity;
      return mask(at);
    },
  });
  const { scores, capped, biased, weights, y } = attended;
  const shown = [scores, capped, biased, weights][c.int('qk_matmul_output_mode', 0)]!;
  return [flat ? fromHeads(y) : y, k, v, shown];
};

export const ATTENTION: RefTable = { Attention: attention };
