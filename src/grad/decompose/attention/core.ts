import { defined } from '../../../base/assert.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Emit } from '../../emit.ts';
import { concat, split } from '../write.ts';

/** N query heads read Nk heads of keys and values, N/Nk of them the same one (Ainslie et al., GQA, 2023). */
interface AttentionParts {
  /** [B, N, S, H] */
  readonly query: ValueId;
  /** [B, Nk, T, H] */
  readonly key: ValueId;
  /** [B, Nk, T, Hv] */
  readonly value: ValueId;
  readonly scale: number;
  /** Scores become c·tanh(scores / c); 0: they stay. */
  readonly softcap?: number;
  /** Added to the scores; broadcasts to [B, N, S, T]. */
  readonly bias?: ValueId | null;
  /** One more score for each row, [N] or one number, whose weight goes nowhere. */
  readonly sink?: ValueId | null;
}

/** softmax(scale·Q·Kᵀ + bias)·V (Vaswani et al., Attention Is All You Need, 2017) → [B, N, S, Hv]. */
export function attend(emit: Emit, { query, key, value, scale, ...parts }: AttentionParts): ValueId {
  const [batch = 1, heads = 1, queries = 1, width = 1] = emit.shape(query);
  const [, keyHeads = 1, keys = 1] = emit.shape(key);
  // Query heads of one key head stand below each other: neither keys nor values are repeated.
  const rows = (heads / keyHeads) * queries;
  const stacked = emit.reshape(emit.scale(query, scale), [batch, keyHeads, rows, width]);
  const products = emit.matmul(stacked, emit.transpose(key, [0, 1, 3, 2]));
  const scores = emit.reshape(products, [batch, heads, queries, keys]);
  const capped = softcap(emit, scores, parts.softcap ?? 0);
  const biased = parts.bias ? emit.add(capped, parts.bias) : capped;
  const weights = emit.reshape(weigh(emit, biased, parts.sink ?? null), [batch, keyHeads, rows, keys]);
  return emit.reshape(emit.matmul(weights, value), [batch, heads, queries, defined(emit.shape(value)[3], 'a width')]);
}

const softcap = (emit: Emit, scores: ValueId, cap: number): ValueId =>
  cap === 0 ? scores : emit.scale(emit.op('Tanh', [emit.scale(scores, 1 / cap)]), cap);

/** Softmax over the keys, and over the sink where there is one, whose column is left out then. */
function weigh(emit: Emit, scores: ValueId, sink: ValueId | null): ValueId {
  if (sink === null) return emit.op('Softmax', [scores], { axis: -1 });
  const [batch = 1, heads = 1, queries = 1, keys = 1] = emit.shape(scores);
  const column = emit.expand(emit.reshape(sink, [1, emit.size(sink), 1, 1]), [batch, heads, queries, 1]);
  const all = emit.op('Softmax', [concat(emit, [scores, column], 3)], { axis: -1 });
  return defined(split(emit, all, 3, [keys, 1])[0], 'the weights of the keys');
}

/** [B, S, N·H] → [B, N, S, H] */
export function toHeads(emit: Emit, x: ValueId, heads: number): ValueId {
  const [batch = 1, length = 1, width = 1] = emit.shape(x);
  return emit.transpose(emit.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, N, S, H] → [B, S, N·H] */
export function fromHeads(emit: Emit, x: ValueId): ValueId {
  const [batch = 1, heads = 1, length = 1, width = 1] = emit.shape(x);
  return emit.reshape(emit.transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

/** Earlier keys or values, then the new ones, along axis 2; an empty past is none. */
export function afterPast(emit: Emit, past: ValueId | null, present: ValueId): ValueId {
  return past === null || emit.shape(past)[2] === 0 ? present : concat(emit, [past, present], 2);
}

/** The scale that an attribute asks for; 1/√H where it is 0 or left out. */
export const scaleOf = (asked: number, width: number): number => (asked === 0 ? 1 / Math.sqrt(width) : asked);
