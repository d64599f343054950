import { map, zip2 } from './broadcast.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { logSumExp, most, reduceAlong, sum } from './reduce.ts';
import { axisOf, type RefTensor } from './tensor.ts';

/** Along one axis; before version 13 along all from it on, as one. */
function axesOf(c: Call): number[] {
  const rank = c.input(0).shape.length;
  const axis = axisOf(c.int('axis', c.version >= 13 ? -1 : 1), rank);
  return c.version >= 13 ? [axis] : Array.from({ length: rank - axis }, (_, i) => axis + i);
}

export function softmax(x: RefTensor, axes: readonly number[]): RefTensor {
  const shifted = zip2(x.dtype, x, reduceAlong(x, axes, true, most), (a, top) => a - top);
  const exp = map(shifted, Math.exp);
  return zip2(x.dtype, exp, reduceAlong(exp, axes, true, sum), (a, total) => a / total);
}

const logSoftmax: RefOp = (c) => {
  const x = c.input(0);
  return zip2(x.dtype, x, reduceAlong(x, axesOf(c), true, logSumExp), (a, total) => a - total);
};

export const SOFTMAX: RefTable = {
  Softmax: (c) => softmax(c.input(0), axesOf(c)),
  LogSoftmax: logSoftmax,
};
