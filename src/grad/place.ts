import type { ValueId } from '../ir/types.ts';
import type { Emit } from './emit.ts';

/** Zeros before and behind `a` along one axis. */
export function padAxis(emit: Emit, a: ValueId, axis: number, before: number, behind: number): ValueId {
  if (before === 0 && behind === 0) return a;
  const rank = emit.rank(a);
  const pads = Array.from({ length: 2 * rank }, () => 0);
  pads[axis] = before;
  pads[rank + axis] = behind;
  return emit.op('Pad', [a, emit.ints(pads)]);
}

/**
 * The adjoint of taking every `step`th element from `start` on: `a` in zeros of `size` along an axis, at `start`,
 * `start + step`, …
 */
export function placeAxis(
  emit: Emit,
  a: ValueId,
  axis: number,
  { start, step, size }: { readonly start: number; readonly step: number; readonly size: number },
): ValueId {
  const shape = emit.shape(a);
  const count = shape[axis] ?? 1;
  const room = size - start;
  if (step === 1) return padAxis(emit, a, axis, start, room - count);
  const split = emit.reshape(a, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]);
  const spread = padAxis(emit, split, axis + 1, 0, step - 1);
  const long = emit.reshape(
    spread,
    shape.map((length, each) => (each === axis ? length * step : length)),
  );
  const fits = count * step > room ? emit.slice(long, [0], [room], [axis]) : long;
  return padAxis(emit, fits, axis, start, Math.max(0, room - count * step));
}

/** Along an axis, backwards. */
export const reverseAxis = (emit: Emit, a: ValueId, axis: number): ValueId =>
  emit.slice(a, [-1], [Number.MIN_SAFE_INTEGER], [axis], [-1]);

/**
 * A linear map along one axis: out[…, o, …] = Σᵢ matrix[i, o] · a[…, i, …].
 *
 * @param matrix [in, out], row-major
 */
export function alongAxis(emit: Emit, a: ValueId, axis: number, matrix: ValueId): ValueId {
  const rank = emit.rank(a);
  if (axis === rank - 1) return emit.matmul(a, matrix);
  const perm = Array.from({ length: rank }, (_, each) => each);
  perm.splice(axis, 1);
  perm.push(axis);
  const back = perm.map((_, each) => perm.indexOf(each));
  return emit.transpose(emit.matmul(emit.transpose(a, perm), matrix), back);
}
