import type { ValueId } from '../../../ir/types.ts';
import type { Emit } from '../../emit.ts';
import type { Composite, DecompositionTable } from '../composite.ts';
import { splitInThree } from '../write.ts';
import { afterPast, attend, fromHeads, scaleOf, toHeads } from './core.ts';
import { causalBias, sumOf } from './mask.ts';
import { rotate, rowsAt, rowsFrom, type Rotation } from './rotary.ts';

/** Queries [B, N, S, H], keys and values [B, Nk, S, H] of the new positions. */
function headsOf(c: Composite): readonly [ValueId, ValueId, ValueId] {
  const { emit } = c;
  const [heads, keyHeads] = [c.int('num_heads', 1), c.int('kv_num_heads', 1)];
  const counts = [heads, keyHeads, keyHeads] as const;
  if (c.has(1) && c.has(2)) {
    return [toHeads(emit, c.input(0), heads), toHeads(emit, c.input(1), keyHeads), toHeads(emit, c.input(2), keyHeads)];
  }
  const all = heads + 2 * keyHeads;
  return splitInThree(emit, toHeads(emit, c.input(0), all), 1, counts);
}

/** How many positions of the past count. Samples may differ in it where it stands in a longer buffer. */
function pastLength(c: Composite, batch: number, queries: number): number {
  const room = c.has(3) ? (c.shape(3)[2] ?? 0) : 0;
  const [total] = c.emit.known(c.optional(6)) ?? [];
  const lengths = c.emit.known(c.optional(5));
  if (total === queries) return 0;
  if (room === 0) return total === undefined ? 0 : c.refuse(`it has no past, and ${total} positions in all`);
  if (lengths?.some((each) => each !== lengths[0])) return c.refuse('its samples have pasts of different lengths');
  const last = lengths?.[0] ?? (batch === 1 && total !== undefined ? total - 1 : undefined);
  if (last === undefined) return c.refuse('the length of its past is not known');
  const length = last + 1 - queries;
  return length >= 0 && length <= room ? length : c.refuse(`its past of ${room} positions does not hold ${length}`);
}

function rotationOf(c: Composite, past: number, queries: number): Rotation | null {
  if (c.int('do_rotary', 0) === 0) return null;
  const rows = (index: number): ValueId =>
    c.has(9) ? rowsAt(c.emit, c.input(index), c.input(9)) : rowsFrom(c.emit, c.input(index), past, queries);
  return { cosine: rows(7), sine: rows(8), interleaved: c.int('rotary_interleaved', 0) !== 0 };
}

/** The part of the past that counts, where there is one. */
function usedPast(c: Composite, index: number, length: number): ValueId | null {
  if (length === 0) return null;
  const past = c.input(index);
  return c.shape(index)[2] === length ? past : c.emit.slice(past, [0], [length], [2]);
}

/** Keys or values for the next run: zeros fill the rest of a longer buffer. */
function presentOf(emit: Emit, all: ValueId, room: number): ValueId {
  const missing = room - (emit.shape(all)[2] ?? 0);
  return missing <= 0 ? all : emit.op('Pad', [all, emit.ints([0, 0, 0, 0, 0, 0, missing, 0])]);
}

const REFUSED_INPUTS = { 12: 'k_scale', 13: 'v_scale' };

/**
 * com.microsoft.GroupQueryAttention: query, key?, value?, past_key?, past_value?, seqlens_k, total_sequence_length,
 * cos_cache?, sin_cache?, position_ids?, attention_bias?, head_sink? → output, present_key?, present_value?. Always causal;
 * what stands behind the end of a shorter sample is not told (ContribOperators.md).
 */
function groupQueryAttention(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  c.refuseInputs(REFUSED_INPUTS);
  c.refuseOutputs({ 3: 'output_qk' });
  const [batch = 1, queries = 1] = c.shape(0);
  const offset = pastLength(c, batch, queries);
  const rotation = rotationOf(c, offset, queries);
  const [query, newKey, newValue] = headsOf(c);
  const turned = (x: ValueId): ValueId => (rotation === null ? x : rotate(emit, x, rotation, 1));
  const key = afterPast(emit, usedPast(c, 3, offset), turned(newKey));
  const value = afterPast(emit, usedPast(c, 4, offset), newValue);
  const [, , keys = 1, width = 1] = emit.shape(key);
  const length = c.int('local_window_size', -1);
  const causal = causalBias(emit, { queries, keys, offset, ...(length > 0 ? { length } : {}) });
  const smooth = c.int('smooth_softmax', 0) !== 0 ? emit.scalar(0) : null;
  const y = attend(emit, {
    query: turned(query),
    key,
    value,
    scale: scaleOf(c.float('scale', 0), width),
    softcap: c.float('softcap', 0),
    bias: sumOf(emit, causal, c.optional(10)),
    sink: c.optional(11) ?? smooth,
  });
  const room = c.has(3) ? (c.shape(3)[2] ?? 0) : 0;
  const kept = (index: number, all: ValueId): ValueId | null => (c.asks(index) ? presentOf(emit, all, room) : null);
  return [fromHeads(emit, y), kept(1, key), kept(2, value)];
}

export const GROUPED_QUERY_DECOMPOSITIONS: DecompositionTable = {
  'com.microsoft.GroupQueryAttention': groupQueryAttention,
};
