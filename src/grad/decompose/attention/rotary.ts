import type { ValueId } from '../../../ir/types.ts';
import type { Emit } from '../../emit.ts';
import type { Composite, DecompositionTable } from '../composite.ts';
import { concat, split } from '../write.ts';

/** Cosines and sines, [B or 1, S, R/2]: R of a head's elements are rotated. */
export interface Rotation {
  readonly cosine: ValueId;
  readonly sine: ValueId;
  /** Pairs stand beside each other, not half a rotation apart. */
  readonly interleaved: boolean;
}

/**
 * Turns pairs of elements of each head by an angle of their position (Su et al., RoFormer, 2021): x is [B, N, S, H], or
 * [B, S, N, H] where `headAxis` is 2.
 */
export function rotate(emit: Emit, x: ValueId, rotation: Rotation, headAxis: 1 | 2): ValueId {
  const width = emit.shape(x)[3] ?? 0;
  const half = emit.shape(rotation.cosine)[2] ?? 0;
  const [turned, rest] = 2 * half === width ? [x] : split(emit, x, 3, [2 * half, width - 2 * half]);
  const tables = [rotation.cosine, rotation.sine].map((table) => {
    const [batch = 1, length = 1] = emit.shape(table);
    return emit.reshape(table, headAxis === 1 ? [batch, 1, length, half] : [batch, length, 1, half]);
  });
  const y = turn(emit, turned ?? x, tables, half, rotation.interleaved);
  return rest === undefined ? y : concat(emit, [y, rest], 3);
}

/** (a, b) → (a·cos − b·sin, b·cos + a·sin) */
function turn(
  emit: Emit,
  x: ValueId,
  [cosine = x, sine = x]: readonly ValueId[],
  half: number,
  interleaved: boolean,
): ValueId {
  const shape = emit.shape(x);
  const outer = shape.slice(0, 3);
  const [a = x, b = x] = interleaved
    ? split(emit, emit.reshape(x, [...outer, half, 2]), 4, [1, 1]).map((each) => emit.reshape(each, [...outer, half]))
    : split(emit, x, 3, [half, half]);
  const first = emit.sub(emit.mul(a, cosine), emit.mul(b, sine));
  const second = emit.add(emit.mul(b, cosine), emit.mul(a, sine));
  if (!interleaved) return concat(emit, [first, second], 3);
  const apart = [first, second].map((each) => emit.reshape(each, [...outer, half, 1]));
  return emit.reshape(concat(emit, apart, 4), shape);
}

/** Rows of a table [M, R/2] for S positions from a place on → [1, S, R/2]. */
export function rowsFrom(emit: Emit, table: ValueId, from: number, length: number): ValueId {
  const [rows = 0, half = 0] = emit.shape(table);
  const part = from === 0 && rows === length ? table : emit.slice(table, [from], [from + length], [0]);
  return emit.reshape(part, [1, length, half]);
}

/** Rows of a table for positions [B, S]; equal rising positions of all samples are one slice. */
export function rowsAt(emit: Emit, table: ValueId, positions: ValueId): ValueId {
  const length = emit.shape(positions).at(-1) ?? 0;
  const known = emit.known(positions);
  const from = known?.[0];
  if (from !== undefined && known?.every((each, i) => each === from + (i % length))) {
    return rowsFrom(emit, table, from, length);
  }
  return emit.op('Gather', [table, positions], { axis: 0 });
}

/** An x of heads [B, N, S, H], or [B, S, N·H] with `heads` of them. */
function rotateAny(c: Composite, rotation: Rotation, heads: number): ValueId {
  const { emit } = c;
  const x = c.input(0);
  if (c.rank(0) === 4) return rotate(emit, x, rotation, 1);
  const [batch = 1, length = 1, width = 1] = c.shape(0);
  const apart = emit.reshape(x, [batch, length, heads, width / heads]);
  return emit.reshape(rotate(emit, apart, rotation, 2), [batch, length, width]);
}

/**
 * com.microsoft.RotaryEmbedding: input, position_ids, cos_cache, sin_cache. Positions are [B, S], or [1]: the first of
 * S (ContribOperators.md).
 */
function contribRotary(c: Composite): readonly ValueId[] {
  const { emit } = c;
  if (c.int('is_packed_batching', 0) !== 0) c.refuse('its samples are packed into one');
  if (c.float('scale', 1) !== 1) c.refuse('it has a scale');
  const width = 2 * (c.shape(2)[1] ?? 0);
  const asked = c.int('rotary_embedding_dim', 0);
  const heads = asked === 0 ? (c.shape(0)[2] ?? 0) / width : c.int('num_heads', 0);
  const length = c.shape(0)[c.rank(0) === 4 ? 2 : 1] ?? 0;
  const rows = (index: number): ValueId => {
    if (c.rank(1) === 2) return rowsAt(emit, c.input(index), c.input(1));
    const [from] = emit.known(c.input(1)) ?? [];
    if (from !== undefined) return rowsFrom(emit, c.input(index), from, length);
    const places = emit.ints(Array.from({ length }, (_, i) => i));
    const positions = emit.reshape(emit.add(emit.cast(c.input(1), 'int64'), places), [1, length]);
    return emit.op('Gather', [c.input(index), positions], { axis: 0 });
  };
  const rotation = { cosine: rows(2), sine: rows(3), interleaved: c.int('interleaved', 0) !== 0 };
  return [rotateAny(c, rotation, heads)];
}

/**
 * ai.onnx RotaryEmbedding-23: X, cos_cache, sin_cache, position_ids?. The tables are [M, R/2] with positions [B, S], or
 * [B, S, R/2] without.
 */
function rotaryEmbedding(c: Composite): readonly ValueId[] {
  const rows = (index: number): ValueId => (c.has(3) ? rowsAt(c.emit, c.input(index), c.input(3)) : c.input(index));
  const rotation = { cosine: rows(1), sine: rows(2), interleaved: c.int('interleaved', 0) !== 0 };
  return [rotateAny(c, rotation, c.int('num_heads', 0))];
}

export const ROTARY_DECOMPOSITIONS: DecompositionTable = {
  RotaryEmbedding: rotaryEmbedding,
  'com.microsoft.RotaryEmbedding': contribRotary,
};
