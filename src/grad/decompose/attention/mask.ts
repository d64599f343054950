import { floats, tensorOf } from '../../../ir/tensor.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Emit } from '../../emit.ts';
import type { Composite } from '../composite.ts';
import { split } from '../write.ts';

/** The lowest float32: what is added to a score that must not count, so that a row of such scores still has a sum. */
export const LOWEST = -3.4028234663852886e38;

/** What a query sees of the keys: S queries whose first one stands at `offset` among T keys. */
interface Window {
  readonly queries: number;
  readonly keys: number;
  readonly offset: number;
  /** Keys that a query sees, itself included; all before it where it is left out. */
  readonly length?: number;
  /** What is added to other scores; the lowest number where it is left out. */
  readonly low?: number;
}

const windows = new WeakMap<Emit, Map<string, ValueId>>();

/** [S, T]: 0 where a query sees a key, else `low`. All layers of a model share one. */
export function causalBias(emit: Emit, window: Window): ValueId {
  const known = windows.get(emit) ?? new Map<string, ValueId>();
  windows.set(emit, known);
  const key = JSON.stringify(window);
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = emit.constant(floats([window.queries, window.keys], hidden(window)));
  known.set(key, made);
  return made;
}

function hidden({ queries, keys, offset, length = Infinity, low = LOWEST }: Window): Float32Array {
  const data = new Float32Array(queries * keys);
  for (let query = 0; query < queries; query++) {
    for (let key = 0; key < keys; key++) {
      const place = offset + query;
      if (key > place || key <= place - length) data[query * keys + key] = low;
    }
  }
  return data;
}

/** 0 where a condition holds, else `low`. */
export const lowUnless = (emit: Emit, condition: ValueId, low: number): ValueId =>
  emit.op('Where', [condition, emit.scalar(0), emit.scalar(low)]);

/** What masks say of the same scores, the strictest of them. */
export function strictest(emit: Emit, masks: readonly (ValueId | null)[]): ValueId | null {
  const there = masks.filter((mask) => mask !== null);
  return there.length < 2 ? (there[0] ?? null) : emit.op('Min', there);
}

export const sumOf = (emit: Emit, a: ValueId | null, b: ValueId | null): ValueId | null =>
  a !== null && b !== null ? emit.add(a, b) : (a ?? b);

interface MaskSizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
}

/**
 * The mask of com.microsoft.Attention and MultiHeadAttention as numbers to add, [B or 1, 1, S or 1, T]: `low` where a
 * score must not count. Lengths [B], ends and starts [2B], 0 and 1 for keys [B, T], for pairs [B, S, T], or for all
 * positions [B, 1, M, M] (ContribOperators.md, `mask_index`).
 */
export function maskBias(c: Composite, mask: ValueId, sizes: MaskSizes, low: number): ValueId | null {
  const { emit } = c;
  const { batch, queries, keys } = sizes;
  const shape = emit.shape(mask);
  const [rows = 0, columns = 0, last = 0] = shape;
  const raw = (kept: ValueId, as: readonly number[]): ValueId =>
    emit.reshape(lowUnless(emit, emit.op('Greater', [kept, integer(emit, mask, [0])]), low), as);
  if (shape.length === 1 && rows === batch) return lengthBias(emit, mask, sizes, low);
  if (shape.length === 1 && rows === 2 * batch) {
    const [ends, starts] = split(emit, mask, 0, [batch, batch]);
    if (ends !== undefined && starts !== undefined) {
      return strictest(emit, [lengthBias(emit, ends, sizes, low), startBias(emit, starts, sizes, low)]);
    }
  }
  if (shape.length === 2 && rows === batch && columns === keys) return raw(mask, [batch, 1, 1, keys]);
  if (shape.length === 2 && (rows === batch || rows === 1) && columns === 1) return null;
  if (shape.length === 3 && rows === batch && columns === queries && last === keys) {
    return raw(mask, [batch, 1, queries, keys]);
  }
  if (shape.length === 4 && rows === batch && columns === 1 && last >= keys) {
    const part = emit.slice(mask, [keys - queries, 0], [keys, keys], [2, 3]);
    return raw(part, [batch, 1, queries, keys]);
  }
  return c.refuse(`its mask is [${shape.join(', ')}]`);
}

/** `low` from the end of each row on: ends [B] → [B, 1, 1, T]. */
function lengthBias(emit: Emit, ends: ValueId, { batch, keys }: MaskSizes, low: number): ValueId {
  const inside = emit.op('Less', [places(emit, ends, keys), emit.reshape(ends, [batch, 1, 1, 1])]);
  return lowUnless(emit, inside, low);
}

/**
 * `low` behind the last key of each sample, ends [B] → [B, 1, 1, T]; where queries are the last ones of their sample and
 * see what comes before them, [B, 1, S, T].
 */
export function sampleBias(emit: Emit, ends: ValueId, sizes: MaskSizes, low: number, causal: boolean): ValueId {
  if (!causal) return lengthBias(emit, ends, sizes, low);
  const { batch, queries, keys } = sizes;
  const steps = Array.from({ length: queries }, (_, i) => i + 1 - queries);
  const rows = emit.reshape(integer(emit, ends, steps), [1, 1, queries, 1]);
  const ownEnds = emit.add(emit.reshape(ends, [batch, 1, 1, 1]), rows);
  return lowUnless(emit, emit.op('Less', [places(emit, ends, keys), ownEnds]), low);
}

/** `low` before the start of each row. */
function startBias(emit: Emit, starts: ValueId, { batch, keys }: MaskSizes, low: number): ValueId {
  const inside = emit.op('GreaterOrEqual', [places(emit, starts, keys), emit.reshape(starts, [batch, 1, 1, 1])]);
  return lowUnless(emit, inside, low);
}

/** 0 … keys − 1 in the type of a mask, [1, 1, 1, T] */
const places = (emit: Emit, mask: ValueId, keys: number): ValueId =>
  emit.reshape(
    integer(
      emit,
      mask,
      Array.from({ length: keys }, (_, i) => i),
    ),
    [1, 1, 1, keys],
  );

/** Whole numbers in the type of another value. */
function integer(emit: Emit, like: ValueId, values: readonly number[]): ValueId {
  return emit.dtype(like) === 'int64'
    ? emit.ints(values)
    : emit.constant(tensorOf('int32', [values.length], Int32Array.from(values)));
}
