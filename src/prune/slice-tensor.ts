import { derivedTensor, type Tensor } from '../ir/tensor.ts';
import { BITS, sizeOf } from '../ir/types.ts';

/**
 * The tensor with only the given indices of each axis (null: all), lazy: bytes are copied when first asked for. Types
 * below a byte are refused by the rules before.
 */
export function sliceTensor(tensor: Tensor, kept: readonly (readonly number[] | null)[]): Tensor {
  const shape = tensor.shape.map((size, axis) => kept[axis]?.length ?? size);
  return derivedTensor(tensor.dtype, shape, () => gather(tensor, kept, sizeOf(shape)));
}

function gather(tensor: Tensor, kept: readonly (readonly number[] | null)[], size: number): Uint8Array {
  const width = BITS[tensor.dtype] / 8;
  const source = tensor.bytes();
  const target = new Uint8Array(size * width);
  const last = kept.reduce((found, each, axis) => (each ? axis : found), -1);
  const run = sizeOf(tensor.shape.slice(last + 1)) * width;
  let written = 0;
  const copy = (axis: number, from: number): void => {
    if (axis > last) {
      target.set(source.subarray(from, from + run), written);
      written += run;
      return;
    }
    const stride = sizeOf(tensor.shape.slice(axis + 1)) * width;
    const indices = kept[axis];
    if (indices) for (const index of indices) copy(axis + 1, from + index * stride);
    else for (let index = 0; index < (tensor.shape[axis] ?? 0); index++) copy(axis + 1, from + index * stride);
  };
  copy(0, 0);
  return target;
}
