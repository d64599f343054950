import { getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { derivedTensor, Tensor } from '../../ir/tensor.ts';
import { BITS } from '../../ir/types.ts';
import { stridesOf } from '../../ops/contents.ts';
import { rankOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { inputOf } from './ends.ts';

/** T(x) by `perm`: axis i of the result is axis perm[i] of x. */
export type Perm = readonly number[];

export const isIdentity = (perm: Perm): boolean => perm.every((axis, i) => axis === i);
/** `second` applied to what `first` gives: axis i is axis first[second[i]] of the start. */
export const composed = (first: Perm, second: Perm): Perm => second.map((axis) => first[axis] ?? axis);
export const inverseOf = (perm: Perm): Perm => perm.map((_, i) => perm.indexOf(i));

/** What a Transpose does; without the attribute it reverses the axes. Null: their number is not known. */
export function permOf(context: PassContext, transpose: Node): Perm | null {
  const given = getInts(transpose, 'perm', null);
  if (given) return given.every((_, i) => given.includes(i)) ? given : null;
  const rank = rankOf(context, inputOf(transpose));
  return rank === null ? null : Array.from({ length: rank }, (_, i) => rank - 1 - i);
}

/** Elements whose bytes can be moved one by one. */
export const canPermute = (tensor: Tensor): boolean => tensor.dtype !== 'string' && BITS[tensor.dtype] % 8 === 0;

/** The tensor, its shape filled up with ones in front to the length of `perm`, with its axes moved. */
export function permuted(tensor: Tensor, perm: Perm): Tensor {
  const full = [...Array.from({ length: perm.length - tensor.shape.length }, () => 1), ...tensor.shape];
  const shape = perm.map((axis) => full[axis] ?? 1);
  const moving = perm.filter((axis) => full[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > (moving[i - 1] ?? 0))) {
    return new Tensor(tensor.dtype, shape, tensor.source);
  }
  return derivedTensor(tensor.dtype, shape, () => moveElements(tensor, full, shape, perm));
}

function moveElements(tensor: Tensor, full: readonly number[], shape: readonly number[], perm: Perm): Uint8Array {
  const width = BITS[tensor.dtype] / 8;
  const from = tensor.bytes();
  const out = new Uint8Array(from.byteLength);
  const old = stridesOf(full);
  const steps = perm.map((axis) => old[axis] ?? 0);
  const at = shape.map(() => 0);
  for (let to = 0, index = 0; to < out.byteLength; to += width) {
    for (let i = 0; i < width; i++) out[to + i] = from[index * width + i] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const step = steps[axis] ?? 0;
      const next = (at[axis] ?? 0) + 1;
      index += step;
      at[axis] = next;
      if (next < (shape[axis] ?? 0)) break;
      index -= next * step;
      at[axis] = 0;
    }
  }
  return out;
}
