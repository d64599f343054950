import type { ValueId } from '../../../ir/types.ts';
import type { Composite, DecompositionTable } from '../composite.ts';
import { afterPast, attend, fromHeads, scaleOf, toHeads } from './core.ts';
import { causalBias, lengthBias, LOWEST, lowUnless, strictest, sumOf } from './mask.ts';

/** [B, N, S, H], or [B, S, N·H] with the number of heads in an attribute. */
const headsOf = (c: Composite, index: number, attribute: string): ValueId =>
  c.rank(index) === 4 ? c.input(index) : toHeads(c.emit, c.input(index), c.int(attribute, 1));

/** A mask that ends before the keys do hides the rest of them. */
function toLength(c: Composite, mask: ValueId, keys: number): ValueId {
  const shape = c.emit.shape(mask);
  const missing = keys - (shape.at(-1) ?? keys);
  if (missing <= 0 || shape.at(-1) === 1) return mask;
  const pads = [...shape.map(() => 0), ...shape.map((_, axis) => (axis === shape.length - 1 ? missing : 0))];
  return c.emit.op('Pad', [mask, c.emit.ints(pads), c.emit.scalar(LOWEST)]);
}

/** Everything that is added to the scores; truth values say which keys count. */
function biasOf(c: Composite, batch: number, queries: number, keys: number, past: number): ValueId | null {
  const { emit } = c;
  const causal = c.int('is_causal', 0) !== 0 ? causalBias(emit, { queries, keys, offset: past }) : null;
  if (causal !== null && c.has(6)) return c.refuse('it is causal, and its samples differ in length');
  const lengths = c.has(6) ? lengthBias(emit, c.input(6), { batch, keys }, LOWEST) : null;
  const hidden = strictest(emit, [causal, lengths]);
  if (!c.has(3)) return hidden;
  const mask = c.input(3);
  if (emit.dtype(mask) !== 'bool') return sumOf(emit, toLength(c, mask, keys), hidden);
  return strictest(emit, [toLength(c, lowUnless(emit, mask, LOWEST), keys), hidden]);
}

/**
 * ai.onnx Attention-23 and -24: Q, K, V, attn_mask?, past_key?, past_value?, nonpad_kv_seqlen? → Y, present_key?,
 * present_value?. Scores are scaled, capped, masked.
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
  const y = attend(emit, {
    query,
    key,
    value,
    scale: scaleOf(c.float('scale', 0), width),
    softcap: c.float('softcap', 0),
    bias: biasOf(c, batch, queries, keys, past),
  });
  return [c.rank(0) === 4 ? y : fromHeads(emit, y), c.asks(1) ? key : null, c.asks(2) ? value : null];
}

export const ATTENTION_DECOMPOSITIONS: DecompositionTable = { Attention: attention };
