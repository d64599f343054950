import { getInt } from '../ir/attribute.ts';
import type { DataType, Dim, Shape } from '../ir/types.ts';
import { known, roundTo, smallShape, sameElements } from './contents.ts';
import { addDims, maxDims, minDims, mulDims } from './dim.ts';
import { intsFrom, rankFrom } from './reshape.ts';
import { axesOf, axisOf, numbersOf, sameAsFirst, typed, unknownDims } from './shapes.ts';
import type { EvaluateRule, InferContext, OpRow, OpTable } from './types.ts';
import { perInput, perOutput } from './work.ts';

/** Axes that a Reduce* works on: attribute, input, or all (none with noop_with_empty_axes). Null: unknown. */
export function reducedAxes(c: InferContext, rank: number): readonly number[] | null {
  const given = intsFrom(c, 'axes', 1);
  if (given === null) return null;
  if (given !== undefined && given.length > 0) {
    const numbers = numbersOf(given);
    return numbers && axesOf(numbers, rank);
  }
  return getInt(c.node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
}

function reduceShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null) return null;
  const keep = getInt(c.node, 'keepdims', 1) === 1;
  const axes = reducedAxes(c, input.length);
  if (axes)
    return keep ? input.map((dim, i) => (axes.includes(i) ? 1 : dim)) : input.filter((_, i) => !axes.includes(i));
  if (keep) return unknownDims(input.length);
  const dropped = rankFrom(c, 1);
  return dropped === null ? null : unknownDims(Math.max(0, input.length - dropped));
}

/** Reductions of all elements of small contents. */
const reduceAll =
  (fold: (a: Dim, b: Dim) => Dim, start: Dim | null): EvaluateRule =>
  (c, outputs) => {
    const input = known(c, 0);
    const shape = smallShape(outputs);
    const axes = input && reducedAxes(c, input.shape.length);
    if (!input || !shape || !axes) return [null];
    if (axes.length === 0) return sameElements(c, outputs);
    if (axes.length !== input.shape.length) return [null];
    const [first = null, ...rest] = input.contents;
    const dtype = c.dtype(0);
    return [[rest.reduce((sum, each) => roundTo(dtype, fold(sum, each)), input.contents.length > 0 ? first : start)]];
  };

const reduce = (since: number[], evaluate?: EvaluateRule): OpRow => ({
  family: 'elem',
  signature: 'data axes? → reduced',
  since,
  infer: (c) => [typed(c.dtype(0), reduceShape(c))],
  ...(evaluate && { evaluate }),
  work: perInput(1),
});

/** Log, exp or square before the sum: two operations per element. */
const reduce2 = (since: number[]): OpRow => ({ ...reduce(since), work: perInput(2) });

function argShape(c: InferContext): Shape {
  const input = c.shape(0);
  const axis = input && axisOf(getInt(c.node, 'axis', 0), input.length);
  if (input === null || axis === null) return null;
  return getInt(c.node, 'keepdims', 1) === 1 ? input.with(axis, 1) : input.toSpliced(axis, 1);
}
const arg: OpRow = {
  family: 'elem',
  signature: 'data → reduced',
  since: [1, 11, 12, 13],
  infer: (c) => [typed('int64', argShape(c))],
  work: perInput(1),
};

function topKShape(c: InferContext): Shape {
  const input = c.shape(0);
  const axis = input && axisOf(getInt(c.node, 'axis', -1), input.length);
  const k = c.has(1) ? (c.contents(1)?.[0] ?? null) : getInt(c.node, 'k', null);
  return input && axis !== null ? input.with(axis, k) : null;
}

/** Running sums or products along an axis; contents of rank 1 are followed. */
const cumulative = (since: number[], fold: (a: Dim, b: Dim) => Dim): OpRow => ({
  family: 'elem',
  signature: 'x axis → y',
  since,
  infer: sameAsFirst,
  evaluate: (c) => {
    const input = known(c, 0);
    const plain = getInt(c.node, 'exclusive', 0) === 0 && getInt(c.node, 'reverse', 0) === 0;
    if (input?.shape.length !== 1 || !plain) return [null];
    const running: Dim[] = [];
    for (const each of input.contents) {
      const last = running.at(-1);
      running.push(roundTo(c.dtype(0), last === undefined ? each : fold(last, each)));
    }
    return [running];
  },
  work: perOutput(1),
});

const SINCE = [1, 11, 13, 18];

/** Sum of a max, a subtraction, exp, a sum and a division. */
const SOFTMAX_OPERATIONS = 5;
const softmax = (dtype?: DataType): OpRow => ({
  family: 'act',
  signature: 'input → output',
  since: [1, 11, 13],
  inPlace: true,
  infer: (c) => [typed(dtype ?? c.dtype(0), c.shape(0))],
  work: perOutput(SOFTMAX_OPERATIONS),
});

export const REDUCE: OpTable = {
  ReduceSum: reduce([1, 11, 13], reduceAll(addDims, 0)),
  ReduceProd: reduce(SINCE, reduceAll(mulDims, 1)),
  ReduceMax: reduce([1, 11, 12, 13, 18, 20], reduceAll(maxDims, null)),
  ReduceMin: reduce([1, 11, 12, 13, 18, 20], reduceAll(minDims, null)),
  ReduceMean: reduce(SINCE),
  ReduceL1: reduce2(SINCE),
  ReduceL2: reduce2(SINCE),
  ReduceLogSum: reduce(SINCE),
  ReduceLogSumExp: reduce2(SINCE),
  ReduceSumSquare: reduce2(SINCE),
  ArgMax: arg,
  ArgMin: arg,
  TopK: {
    family: 'elem',
    signature: 'X K? → Values Indices',
    since: [1, 10, 11, 24],
    infer: (c) => {
      const shape = topKShape(c);
      return [typed(c.dtype(0), shape), typed('int64', shape)];
    },
    work: perInput(1),
  },
  CumSum: cumulative([11, 14], addDims),
  CumProd: cumulative([26], mulDims),
  Softmax: softmax(),
  LogSoftmax: softmax(),
  Hardmax: { ...softmax(), work: perOutput(1) },
  'com.microsoft.BiasSoftmax': {
    ...softmax(),
    signature: 'data bias → output',
    since: [1],
    work: perOutput(SOFTMAX_OPERATIONS + 1),
  },
};
