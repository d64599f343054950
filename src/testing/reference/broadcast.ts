import type { DataType } from '../../ir/types.ts';
import type { Call, RefOp } from './call.ts';
import { broadcastShape, broadcastStrides, offsetOf, refTensor, tabulate, type RefTensor } from './tensor.ts';

/** Element by element: `f` may read attributes once. */
export const unary =
  (of: (c: Call) => (x: number) => number, dtype?: DataType): RefOp =>
  (c) => {
    const x = c.input(0);
    return refTensor(dtype ?? x.dtype, x.shape, x.data.map(of(c)));
  };

/** Operands repeated to one shape. */
export function zip(dtype: DataType, operands: readonly RefTensor[], f: (...values: number[]) => number): RefTensor {
  const shape = broadcastShape(...operands.map((each) => each.shape));
  const strides = operands.map((each) => broadcastStrides(each.shape, shape.length));
  return tabulate(dtype, shape, (index) => f(...operands.map((each, i) => each.data[offsetOf(index, strides[i]!)]!)));
}

/** Two operands repeated to one shape. */
export function zip2(dtype: DataType, a: RefTensor, b: RefTensor, f: (a: number, b: number) => number): RefTensor {
  const shape = broadcastShape(a.shape, b.shape);
  const [left, right] = [broadcastStrides(a.shape, shape.length), broadcastStrides(b.shape, shape.length)];
  return tabulate(dtype, shape, (index) => f(a.data[offsetOf(index, left)]!, b.data[offsetOf(index, right)]!));
}

/** Two operands; the result has the type of the first one unless it is told. */
export const binary =
  (f: (a: number, b: number, dtype: DataType) => number, dtype?: DataType): RefOp =>
  (c) => {
    const of = c.input(0).dtype;
    return zip2(dtype ?? of, c.input(0), c.input(1), (a, b) => f(a, b, of));
  };

export const add = (a: RefTensor, b: RefTensor): RefTensor => zip2(a.dtype, a, b, (x, y) => x + y);
export const map = (x: RefTensor, f: (x: number) => number): RefTensor => refTensor(x.dtype, x.shape, x.data.map(f));
