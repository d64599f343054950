import type { Call, RefOp, RefTable } from './call.ts';
import { axisOf, broadcastStrides, offsetOf, stridesOf, tabulate, eachIndex, type RefTensor } from './tensor.ts';

/** What lies along some axes, for every place of the others: `fold` sees all of it in row-major order. */
export function reduceAlong(
  x: RefTensor,
  axes: readonly number[],
  keepdims: boolean,
  fold: (values: readonly number[]) => number,
): RefTensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const groups: number[][] = Array.from({ length: kept.reduce((product, size) => product * size, 1) }, () => []);
  const strides = broadcastStrides(kept, kept.length);
  eachIndex(x.shape, (index, at) => groups[offsetOf(index, strides)]?.push(x.data[at]!));
  const shape = keepdims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return tabulate(x.dtype, shape, (_, at) => fold(groups[at] ?? []));
}

/** Axes are an attribute in older versions, and an input later; none: all, unless that is to do nothing. */
function axesOf(c: Call): number[] {
  const rank = c.input(0).shape.length;
  const given = c.ints('axes') ?? c.numbers(1) ?? [];
  if (given.length > 0) return given.map((axis) => axisOf(axis, rank));
  return c.int('noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

const reduce =
  (fold: (values: readonly number[]) => number): RefOp =>
  (c) =>
    reduceAlong(c.input(0), axesOf(c), c.int('keepdims', 1) === 1, fold);

export const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
export const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const sumOf = (values: readonly number[], f: (x: number) => number): number => sum(values.map(f));
const square = (x: number): number => x * x;

export function logSumExp(values: readonly number[]): number {
  const top = most(values);
  return Number.isFinite(top) ? top + Math.log(sumOf(values, (x) => Math.exp(x - top))) : top;
}

/** The place of the first largest value, or of the last one. */
const placeOf =
  (better: (a: number, b: number) => boolean): RefOp =>
  (c) => {
    const axis = axisOf(c.int('axis', 0), c.input(0).shape.length);
    const last = c.int('select_last_index', 0) === 1;
    const place = (values: readonly number[]): number =>
      values.reduce((best, each, i) => (better(each, values[best]!) || (last && each === values[best]) ? i : best), 0);
    return { ...reduceAlong(c.input(0), [axis], c.int('keepdims', 1) === 1, place), dtype: 'int64' };
  };

/** Running sums or products along an axis, with or without the element itself, from either end. */
const running =
  (start: number, f: (so: number, x: number) => number): RefOp =>
  (c) => {
    const x = c.input(0);
    const axis = axisOf(c.number(1, 0), x.shape.length);
    const [exclusive, reverse] = [c.int('exclusive', 0) === 1, c.int('reverse', 0) === 1];
    const strides = stridesOf(x.shape);
    const length = x.shape[axis]!;
    return tabulate(x.dtype, x.shape, (index, at) => {
      const place = index[axis]!;
      const first = at - place * strides[axis]!;
      const [from, to] = reverse ? [place + Number(exclusive), length] : [0, place + Number(!exclusive)];
      let so = start;
      for (let i = from; i < to; i++) so = f(so, x.data[first + i * strides[axis]!]!);
      return so;
    });
  };

/** Values and places of the k largest (or smallest) along an axis, equal ones in the order of their places. */
const topK: RefOp = (c) => {
  const x = c.input(0);
  const axis = axisOf(c.int('axis', -1), x.shape.length);
  const k = c.has(1) ? c.number(1, 0) : c.int('k', 1);
  const down = c.int('largest', 1) === 1 ? -1 : 1;
  const strides = stridesOf(x.shape);
  const shape = x.shape.map((size, i) => (i === axis ? k : size));
  const place = (index: readonly number[]): number => {
    const first = index.reduce((sum, each, i) => sum + (i === axis ? 0 : each * strides[i]!), 0);
    const at = (i: number): number => x.data[first + i * strides[axis]!]!;
    const order = Array.from({ length: x.shape[axis]! }, (_, i) => i).sort((a, b) => down * (at(a) - at(b)) || a - b);
    return order[index[axis]!]!;
  };
  const places = tabulate('int64', shape, place);
  const values = tabulate(x.dtype, shape, (index, at) => {
    const from = index.map((each, i) => (i === axis ? places.data[at]! : each));
    return x.data[offsetOf(from, strides)]!;
  });
  return [values, places];
};

export const REDUCE: RefTable = {
  ReduceSum: reduce(sum),
  ReduceMean: reduce(mean),
  ReduceMax: reduce(most),
  ReduceMin: reduce(least),
  ReduceProd: reduce((values) => values.reduce((product, each) => product * each, 1)),
  ReduceL1: reduce((values) => sumOf(values, Math.abs)),
  ReduceL2: reduce((values) => Math.sqrt(sumOf(values, square))),
  ReduceSumSquare: reduce((values) => sumOf(values, square)),
  ReduceLogSum: reduce((values) => Math.log(sum(values))),
  ReduceLogSumExp: reduce(logSumExp),
  ArgMax: placeOf((a, b) => a > b),
  ArgMin: placeOf((a, b) => a < b),
  CumSum: running(0, (so, x) => so + x),
  CumProd: running(1, (so, x) => so * x),
  TopK: topK,
};
