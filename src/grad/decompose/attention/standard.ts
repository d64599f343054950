import type { ValueId } from '../../../ir/types.ts';
import type { Composite, DecompositionTable } from '../composite.ts';
import { afterPast, attend, fromHeads, scaleOf, toHeads } from './core.ts';
import { causalBias, LOWEST, lowUnless, sampleBias } from './mask.ts';

/** [B, N, S, H], or [B, S, N·H] with the number of heads in an attribute. */
const headsOf = (c: Composite, index: number, attribute: string): ValueId =>
  c.rank(index) === 4 ? c.input(index) : toHeads(c.emit, c.input(index), c.int(attribute, 1));

/** A mask that ends before the keys do hides the rest of them. */
function toLength(c: Composite, mask: ValueId, keys: number): ValueId {
  const shape = c.emit.shape(mask);
  const missing = keys - (shape.at(-1) ?? keys);
  if (missing <= 0 || shape.at(-1) === 1) return mask;
  const pads = [...shape.map(() => 0), ...shape.map((_, axis) => (axis === shape.length - 1 ? missing : 0))];
  return c.emit.op('Pad', [mask, c.emit.ints(pads), c.emit.scalar(-Infinity)]);
}

interface Masked {
  /** Added to the scores; null: nothing is. */
  readonly bias: ValueId | null;
  /** 1 for a query that sees a key, 0 for one whose result is 0; null: all of them see one. */
  readonly sees: ValueId | null;
}

/** Masks are numbers to add, or truth values that say which keys count; −∞ hides a key, and a query may see none. */
function masked(c: Composite, batch: number, queries: number, keys: number, past: number): Masked {
  const { emit } = c;
  const causal = c.int('is_causal', 0) !== 0;
  const window = { queries, keys, offset: past };
  if (!c.has(3) && !c.has(6)) return { bias: causal ? causalBias(emit, window) : null, sees: null };
  const parts: ValueId[] = [];
  if (c.has(6)) parts.push(sampleBias(emit, c.input(6), { batch, queries, keys }, -Infinity, causal));
  else if (causal) parts.push(causalBias(emit, { ...window, low: -Infinity }));
  if (c.has(3)) {
    const numbers = emit.dtype(c.input(3)) === 'bool' ? lowUnless(emit, c.input(3), -Infinity) : c.input(3);
    parts.push(toLength(c, numbers, keys));
  }
  const bias = parts.reduce((sum, part) => emit.add(sum, part));
  const best = emit.reduce('ReduceMax', bias, [emit.rank(bias) - 1]);
  // Finite numbers in their place: softmax of nothing but −∞ is none, and neither is its gradient.
  const finite = emit.op('Max', [bias, emit.scalar(LOWEST)]);
  return { bias: finite, sees: emit.mask(emit.op('GreaterOrEqual', [best, emit.scalar(LOWEST)])) };
}

/**
 * ai.onnx Attention-23 and -24: Q, K, V, attn_mask?, past_key?, past_value?, nonpad_kv_seqlen? → Y, present_key?,
 * present_value?. Scores are scaled, capped, masked; a query that sees no key gives 0.
 */
function attention(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  c.refuseOutputs({ 3: 'qk_matmul_output' });
  const query = headsOf(c, 0, 'q_num_heads');
  const newKey = headsOf(c, 1, 'kv_num_heads');
  const key = afterPast(emit, c.optional(4), newKey);
  const value = afterPast(emit, c.optional(5), headsOf(c, 2, 'kv_num_heads'));
  const [batch = 1, , queries = 1, width = 1] = emit.shape(query);
  const keys = emit.shape(key)[2] ?? 1;
  const past = keys - (emit.shape(newKey)[2] ?? 0);
  const { bias, sees } = masked(c, batch, queries, keys, past);
  const scale = scaleOf(c.float('scale', 0), width);
  const all = attend(emit, { query, key, value, scale, softcap: c.float('softcap', 0), bias });
  const y = sees === null ? all : emit.mul(all, sees);
  return [c.rank(0) === 4 ? y : fromHeads(emit, y), c.asks(1) ? key : null, c.asks(2) ? value : null];
}

export const ATTENTION_DECOMPOSITIONS: DecompositionTable = { Attention: attention };
