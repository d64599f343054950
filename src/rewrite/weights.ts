import { invariant } from '../base/assert.ts';
import { numberToFloat16 } from '../ir/float.ts';
import { derivedTensor, Tensor, viewAs } from '../ir/tensor.ts';
import { sizeOf, type DataType } from '../ir/types.ts';

/** Element types that constants are folded in; the arithmetic is float64, rounded once at the end. */
export type FoldableType = 'float32' | 'float16' | 'float64';

export const isFoldable = (dtype: DataType | null): dtype is FoldableType =>
  dtype === 'float32' || dtype === 'float16' || dtype === 'float64';

/** Numbers in `raw_data` layout. */
function encode(dtype: FoldableType, numbers: ArrayLike<number>): Uint8Array {
  const array =
    dtype === 'float32'
      ? Float32Array.from(numbers)
      : dtype === 'float64'
        ? Float64Array.from(numbers)
        : Uint16Array.from(numbers, numberToFloat16);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A constant that is computed when it is first read (on writing, mostly). */
export function lazily(dtype: DataType, shape: readonly number[], compute: () => ArrayLike<number>): Tensor {
  invariant(isFoldable(dtype), `constants of type ${dtype} are not folded`);
  return derivedTensor(dtype, shape, () => encode(dtype, compute()));
}

/** A constant that is computed at once: small vectors that further rules look at. */
export function eagerly(dtype: DataType, shape: readonly number[], numbers: ArrayLike<number>): Tensor {
  invariant(isFoldable(dtype) && numbers.length === sizeOf(shape), `${numbers.length} ${dtype} for [${shape.join()}]`);
  const bytes = encode(dtype, numbers);
  return new Tensor(dtype, shape, { kind: 'memory', bytes: () => bytes });
}

/** The tensor seen as `[rows, inner]`, each row times its factor. */
export function scaleRows(tensor: Tensor, rows: number, factor: (row: number) => number): Tensor {
  return lazily(tensor.dtype, tensor.shape, () => {
    const data = tensor.numbers();
    const inner = data.length / Math.max(1, rows);
    const out = new Float64Array(data.length);
    for (let row = 0, at = 0; row < rows; row++) {
      const times = factor(row);
      for (let i = 0; i < inner; i++, at++) out[at] = (data[at] ?? 0) * times;
    }
    return out;
  });
}

/** The tensor seen as `[rows, inner]`: for each row, the sum of its elements. */
export function rowSums(tensor: Tensor, rows: number): Float64Array {
  const data = tensor.numbers();
  const inner = data.length / Math.max(1, rows);
  const sums = new Float64Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < inner; i++, at++) sum += data[at] ?? 0;
    sums[row] = sum;
  }
  return sums;
}

/** `[K, N_i]` matrices side by side: `[K, ΣN_i]`. Along axis 0 when `rows` is set: `[ΣN_i, K]`. */
export function concatenate(tensors: readonly Tensor[], along: 0 | 1): Tensor {
  const first = tensors[0];
  invariant(first && tensors.every((each) => each.shape.length === 2), 'matrices to concatenate');
  const sizes = tensors.map((each) => each.shape[along] ?? 0);
  const kept = first.shape[1 - along] ?? 0;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const shape = along === 0 ? [total, kept] : [kept, total];
  return derivedTensor(first.dtype, shape, () => {
    const parts = tensors.map((each) => each.bytes());
    return along === 0 ? joinRows(parts) : interleaveRows(parts, kept);
  });
}

function joinRows(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

function interleaveRows(parts: readonly Uint8Array[], rows: number): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      const width = part.byteLength / rows;
      out.set(part.subarray(row * width, (row + 1) * width), at);
      at += width;
    }
  }
  return out;
}

/** Whether every element is exactly `wanted`; stops at the first that is not. Empty tensors: false. */
export function isAll(tensor: Tensor, wanted: number): boolean {
  if (tensor.dtype === 'string' || tensor.size === 0 || /^(complex|float8|float4|u?int[24]$)/.test(tensor.dtype)) {
    return false;
  }
  if (tensor.dtype === 'float16' || tensor.dtype === 'bfloat16') {
    const numbers = tensor.numbers();
    for (let i = 0; i < numbers.length; i++) if (numbers[i] !== wanted) return false;
    return true;
  }
  for (const piece of tensor.pieces()) {
    for (const each of viewAs(tensor.dtype, piece)) if (Number(each) !== wanted) return false;
  }
  return true;
}
