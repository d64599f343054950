import { invariant } from '../../base/assert.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { sizeOf, type DataType } from '../../ir/types.ts';

/** A tensor of the evaluator, row-major: every element a float64, booleans 0 and 1, whole numbers exact up to 2^53. */
export interface RefTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type Index = readonly number[];

export function refTensor(dtype: DataType, shape: Index, data: ArrayLike<number>): RefTensor {
  invariant(data.length === sizeOf(shape), `${data.length} elements for shape [${shape.join(', ')}]`);
  return { dtype, shape, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

export const fromTensor = (tensor: Tensor): RefTensor => refTensor(tensor.dtype, tensor.shape, tensor.numbers());

export const filled = (dtype: DataType, shape: Index, value: number): RefTensor =>
  refTensor(dtype, shape, new Float64Array(sizeOf(shape)).fill(value));

/** The elements under another shape. */
export const reshaped = (x: RefTensor, shape: Index): RefTensor => refTensor(x.dtype, shape, x.data);

/** Elements to the next index of each axis. */
export function stridesOf(shape: Index): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Where an index lies among the elements. */
export function offsetOf(index: Index, strides: Index): number {
  let offset = 0;
  for (let axis = 0; axis < strides.length; axis++) offset += index[axis]! * strides[axis]!;
  return offset;
}

/** Every index of a shape in row-major order, with its number. The index is one array that changes. */
export function eachIndex(shape: Index, visit: (index: Index, at: number) => void): void {
  const size = sizeOf(shape);
  const index = shape.map(() => 0);
  for (let at = 0; at < size; at++) {
    visit(index, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** A tensor whose element at each index is told. */
export function tabulate(dtype: DataType, shape: Index, element: (index: Index, at: number) => number): RefTensor {
  const data = new Float64Array(sizeOf(shape));
  eachIndex(shape, (index, at) => {
    data[at] = element(index, at);
  });
  return { dtype, shape: [...shape], data };
}

/** Reads one element. */
export function reader(x: RefTensor): (index: Index) => number {
  const strides = stridesOf(x.shape);
  return (index) => x.data[offsetOf(index, strides)]!;
}

/** The shape that all broadcast to (ONNX, multidirectional broadcasting). */
export function broadcastShape(...shapes: readonly Index[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((each) => each !== 1) ?? 1;
    invariant(
      sizes.every((each) => each === 1 || each === size),
      `[${shapes.join('] and [')}] do not broadcast`,
    );
    return size;
  });
}

/** Strides of a tensor as it repeats itself over a shape of `rank` axes: 0 where its size is 1. */
export function broadcastStrides(shape: Index, rank: number): number[] {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...Array.from({ length: rank - shape.length }, () => 0), ...strides];
}

/** An axis that may be counted from the end. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
