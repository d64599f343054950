import type { SparseTensor } from '../../ir/model.ts';
import { derivedTensor, viewAs, type Tensor } from '../../ir/tensor.ts';
import { BITS } from '../../ir/types.ts';

/** An int64 linear index beside each stored element, bytes. */
const INDEX_BYTES = 8;
/** Two tensors take the place of one: about so much for the second's fields, bytes. */
const SECOND_TENSOR_BYTES = 32;

const known = new WeakMap<Tensor, number>();

/** Elements of which some bit is set: NaN and −0 too. Kept, for constants do not change. */
export function storedCount(tensor: Tensor): number {
  const before = known.get(tensor);
  if (before !== undefined) return before;
  let count = 0;
  visitStored(tensor, () => count++);
  known.set(tensor, count);
  return count;
}

/** Bytes of the COO form: every stored element and its index. Smaller than dense beyond 2/3 zeros for float32. */
export const sparseBytes = (tensor: Tensor): number =>
  storedCount(tensor) * (BITS[tensor.dtype] / 8 + INDEX_BYTES) + SECOND_TENSOR_BYTES;

/** ONNX's COO form of a float constant of 16, 32 or 64 bits: `values` [nnz], `indices` [nnz], linear, ascending, int64. Lossless; lazy but for the count. */
export function toSparse(tensor: Tensor): SparseTensor {
  const count = storedCount(tensor);
  const width = BITS[tensor.dtype] / 8;
  const values = derivedTensor(tensor.dtype, [count], () => {
    const [source, target] = [tensor.bytes(), new Uint8Array(count * width)];
    let at = 0;
    visitStored(tensor, (element) => {
      target.set(source.subarray(element * width, (element + 1) * width), at);
      at += width;
    });
    return target;
  });
  const indices = derivedTensor('int64', [count], () => {
    const found = new BigInt64Array(count);
    let at = 0;
    visitStored(tensor, (element) => (found[at++] = BigInt(element)));
    return new Uint8Array(found.buffer);
  });
  return { values, indices, shape: tensor.shape };
}

function visitStored(tensor: Tensor, visit: (element: number) => void): void {
  const width = BITS[tensor.dtype] / 8;
  const words = viewAs(width === 2 ? 'uint16' : 'uint32', tensor.bytes()) as Uint16Array | Uint32Array;
  const each = words.length / tensor.size;
  for (let at = 0; at < words.length; at += each) {
    if (words[at] !== 0 || (each === 2 && words[at + 1] !== 0)) visit(at / each);
  }
}
