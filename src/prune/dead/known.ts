import { isFloat, sizeOf } from '../../ir/types.ts';
import type { Tensor } from '../../ir/tensor.ts';

/**
 * What is known of a value whatever the inputs are: numbers that broadcast to it, so an axis along which they do not
 * change is 1. NaN: this element is not known. An infinite one is never kept, so that 0 times a known number is 0.
 */
export interface Known {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** More numbers than this are not followed: what holds them is no channel constant. */
export const MOST_KNOWN = 1 << 22;

/** Null where nothing at all is known. */
export function known(shape: readonly number[], values: Float64Array): Known | null {
  let any = false;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) any = true;
    else values[i] = NaN;
  }
  return any ? { shape, values } : null;
}

/** One number for each index of an axis, in a value of the given rank. */
export const along = (rank: number, axis: number, values: Float64Array): Known | null =>
  axis < 0 || axis >= rank
    ? null
    : known(
        Array.from({ length: rank }, (_, i) => (i === axis ? values.length : 1)),
        values,
      );

/** A float32 constant; null: another type, or too large. */
export function ofTensor(tensor: Tensor): Known | null {
  if (!isFloat(tensor.dtype) || tensor.dtype !== 'float32' || tensor.size > MOST_KNOWN) return null;
  return known(tensor.shape, Float64Array.from(tensor.numbers()));
}

/** [size] the number that stands at each index of an axis, whatever the others are; NaN where they differ. */
export function channelsOf({ shape, values }: Known, axis: number, size: number): Float64Array {
  const own = shape[axis] ?? 1;
  const inner = sizeOf(shape.slice(axis + 1));
  const found = new Float64Array(own);
  const seen = new Uint8Array(own);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / inner) % own;
    if (seen[at] === 0) found[at] = values[i] ?? NaN;
    else if (found[at] !== values[i]) found[at] = NaN;
    seen[at] = 1;
  }
  return own === size ? found : new Float64Array(size).fill(own === 1 ? (found[0] ?? NaN) : NaN);
}

/** For each element of `shape`, row by row, its place in something that broadcasts to it. */
export function places(from: readonly number[], shape: readonly number[]): Int32Array {
  const shift = shape.length - from.length;
  const steps = shape.map((_, d) => {
    const size = from[d - shift] ?? 1;
    return size === 1 ? 0 : sizeOf(from.slice(d - shift + 1));
  });
  const found = new Int32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < found.length; i++) {
    found[i] = at;
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = (index[d] ?? 0) + 1;
      at += steps[d] ?? 0;
      if ((index[d] ?? 0) < (shape[d] ?? 1)) break;
      at -= (steps[d] ?? 0) * (shape[d] ?? 1);
      index[d] = 0;
    }
  }
  return found;
}

/** Written out to a larger shape; null: it does not broadcast to it, or that would be too large. */
export function spread(value: Known, shape: readonly number[]): Known | null {
  const shift = shape.length - value.shape.length;
  const fits = shift >= 0 && value.shape.every((size, i) => size === 1 || size === shape[i + shift]);
  if (!fits || sizeOf(shape) > MOST_KNOWN) return null;
  const from = places(value.shape, shape);
  return { shape, values: Float64Array.from(from, (at) => value.values[at] ?? NaN) };
}

/** The shape that all of these broadcast to; null: there is none. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] | null {
  const rank = shapes.reduce((most, shape) => Math.max(most, shape.length), 0);
  const result = Array.from({ length: rank }, () => 1);
  for (const shape of shapes) {
    for (const [i, size] of shape.entries()) {
      const at = i + rank - shape.length;
      if (size !== 1 && result[at] !== 1 && result[at] !== size) return null;
      if (size !== 1) result[at] = size;
    }
  }
  return sizeOf(result) > MOST_KNOWN ? null : result;
}

/**
 * f, element by element, in float32. NaN in any operand gives NaN, unless `f` is told to look at it (`partial`), as 0·x
 * does, which is 0 for every finite x.
 */
export function elementwise(
  operands: readonly (Known | null)[],
  f: (...numbers: readonly number[]) => number,
  { partial = false } = {},
): Known | null {
  if (!partial && operands.includes(null)) return null;
  const full = operands.map((each) => each ?? { shape: [], values: Float64Array.of(NaN) });
  const shape = broadcastShape(full.map((each) => each.shape));
  if (!shape) return null;
  const from = full.map((each) => places(each.shape, shape));
  const values = new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    const numbers = full.map((each, k) => each.values[from[k]?.[i] ?? 0] ?? NaN);
    values[i] = !partial && numbers.some(Number.isNaN) ? NaN : Math.fround(f(...numbers));
  }
  return known(shape, values);
}

/** Indices of one axis, in the given order. An axis that is 1 stays so. */
export function take({ shape, values }: Known, axis: number, indices: readonly number[]): Known | null {
  const size = shape[axis] ?? 1;
  if (size === 1) return { shape, values };
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const taken = new Float64Array(outer * indices.length * inner);
  for (let o = 0; o < outer; o++) {
    indices.forEach((index, k) => {
      const from = (o * size + index) * inner;
      taken.set(values.subarray(from, from + inner), (o * indices.length + k) * inner);
    });
  }
  return known(
    shape.map((each, i) => (i === axis ? indices.length : each)),
    taken,
  );
}

/** The same numbers, with every axis along which they do not change as 1. */
export function compact(value: Known): Known {
  let { shape, values } = value;
  for (let axis = 0; axis < shape.length; axis++) {
    const [size, inner] = [shape[axis] ?? 1, sizeOf(shape.slice(axis + 1))];
    if (size === 1 || !isFlat(values, size, inner)) continue;
    const flat = take({ shape, values }, axis, [0]);
    if (flat) ({ shape, values } = flat);
  }
  return { shape, values };
}

function isFlat(values: Float64Array, size: number, inner: number): boolean {
  for (let i = 0; i < values.length; i++) {
    const first = i - (Math.floor(i / inner) % size) * inner;
    if (!Object.is(values[i], values[first])) return false;
  }
  return true;
}
