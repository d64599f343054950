import { add, map, zip2 } from './broadcast.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { mean, reduceAlong, sum } from './reduce.ts';
import { axisOf, reshaped, tabulate, reader, type RefTensor } from './tensor.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const over = (x: RefTensor, axes: readonly number[]): RefTensor => reduceAlong(x, axes, true, mean);
const times = (a: RefTensor, b: RefTensor): RefTensor => zip2(a.dtype, a, b, (x, y) => x * y);
const minus = (a: RefTensor, b: RefTensor): RefTensor => zip2(a.dtype, a, b, (x, y) => x - y);
/** The mean square of what was left of the mean. */
const varianceOf = (centred: RefTensor, axes: readonly number[]): RefTensor => over(times(centred, centred), axes);

interface Standardized {
  readonly y: RefTensor;
  readonly mean: RefTensor;
  readonly inverse: RefTensor;
}

/** (x − mean) / √(variance + ε) over some axes. */
function standardize(x: RefTensor, axes: readonly number[], epsilon: number): Standardized {
  const mean = over(x, axes);
  const centred = minus(x, mean);
  const inverse = map(varianceOf(centred, axes), (variance) => 1 / Math.sqrt(variance + epsilon));
  return { y: times(centred, inverse), mean, inverse };
}

/** x / √(mean square + ε) over some axes. */
function rms(x: RefTensor, axes: readonly number[], epsilon: number): { y: RefTensor; inverse: RefTensor } {
  const inverse = map(over(times(x, x), axes), (square) => 1 / Math.sqrt(square + epsilon));
  return { y: times(x, inverse), inverse };
}

const scaled = (x: RefTensor, scale: RefTensor, shift: RefTensor | null): RefTensor =>
  shift ? add(times(x, scale), shift) : times(x, scale);

const fromAxis = (c: Call, x: RefTensor): number[] => range(axisOf(c.int('axis', -1), x.shape.length), x.shape.length);

const layerNorm: RefOp = (c) => {
  const x = c.input(0);
  const { y, mean, inverse } = standardize(x, fromAxis(c, x), c.float('epsilon', 1e-5));
  return [scaled(y, c.input(1), c.optional(2)), mean, inverse];
};

const rmsNorm: RefOp = (c) => {
  const x = c.input(0);
  const { y, inverse } = rms(x, fromAxis(c, x), c.float('epsilon', 1e-5));
  return [scaled(y, c.input(1), null), inverse];
};

/** input + skip (+ bias), normalized over the last axis; the sum is the fourth output. */
const skipNorm =
  (norm: 'layer' | 'rms'): RefOp =>
  (c) => {
    const bias = c.optional(norm === 'layer' ? 4 : 3);
    const both = add(c.input(0), c.input(1));
    const x = bias ? add(both, bias) : both;
    const last = [x.shape.length - 1];
    const epsilon = c.float('epsilon', 1e-12);
    if (norm === 'rms') {
      const { y, inverse } = rms(x, last, epsilon);
      return [scaled(y, c.input(2), null), null, inverse, x];
    }
    const { y, mean, inverse } = standardize(x, last, epsilon);
    return [scaled(y, c.input(2), c.optional(3)), mean, inverse, x];
  };

/** One value a channel, against [N, C, …]. */
const perChannel = (x: RefTensor, rank: number): RefTensor =>
  reshaped(x, [x.data.length, ...range(2, rank).map(() => 1)]);

const instanceNorm: RefOp = (c) => {
  const x = c.input(0);
  const rank = x.shape.length;
  const { y } = standardize(x, range(2, rank), c.float('epsilon', 1e-5));
  return scaled(y, perChannel(c.input(1), rank), perChannel(c.input(2), rank));
};

/** Scale and bias are of each group before version 21, of each channel since. */
const groupNorm: RefOp = (c) => {
  const x = c.input(0);
  const [batch, channels] = x.shape as [number, number];
  const groups = c.int('num_groups', 1);
  const apart = reshaped(x, [batch, groups, channels / groups, ...x.shape.slice(2)]);
  const rank = apart.shape.length;
  const { y } = standardize(apart, range(2, rank), c.float('epsilon', 1e-5));
  if (c.input(1).data.length === groups && c.version < 21) {
    return reshaped(scaled(y, perChannel(c.input(1), rank), perChannel(c.input(2), rank)), x.shape);
  }
  return scaled(reshaped(y, x.shape), perChannel(c.input(1), rank - 1), perChannel(c.input(2), rank - 1));
};

/** In training mode with the statistics of the batch, which the running ones take in. */
const batchNorm: RefOp = (c) => {
  const x = c.input(0);
  const rank = x.shape.length;
  const training = c.int('training_mode', 0) === 1;
  const axes = [0, ...range(2, rank)];
  const [running, runningVariance] = [c.input(3), c.input(4)];
  const mean = training ? over(x, axes) : perChannel(running, rank);
  const centred = minus(x, mean);
  const variance = training ? varianceOf(centred, axes) : perChannel(runningVariance, rank);
  const epsilon = c.float('epsilon', 1e-5);
  const y = zip2(x.dtype, centred, variance, (a, v) => a / Math.sqrt(v + epsilon));
  const result = scaled(y, perChannel(c.input(1), rank), perChannel(c.input(2), rank));
  if (!training) return result;
  const momentum = c.float('momentum', 0.9);
  const taken = (old: RefTensor, now: RefTensor): RefTensor =>
    zip2(old.dtype, old, reshaped(now, old.shape), (a, b) => momentum * a + (1 - momentum) * b);
  return [result, taken(running, mean), taken(runningVariance, variance)];
};

const lpNorm: RefOp = (c) => {
  const x = c.input(0);
  const p = c.int('p', 2);
  const axis = axisOf(c.int('axis', -1), x.shape.length);
  const norms = reduceAlong(x, [axis], true, (values) => sum(values.map((each) => Math.abs(each) ** p)) ** (1 / p));
  return zip2(x.dtype, x, norms, (a, norm) => (norm === 0 ? 0 : a / norm));
};

/** (x − mean) / (standard deviation + 1e-9). */
const meanVariance: RefOp = (c) => {
  const x = c.input(0);
  const axes = c.ints('axes') ?? [0, 2, 3];
  const centred = minus(x, over(x, axes));
  return zip2(x.dtype, centred, varianceOf(centred, axes), (a, variance) => a / (Math.sqrt(variance) + 1e-9));
};

/** x / (bias + α / size · Σ x²)^β, summed over the channels around each one. */
const lrn: RefOp = (c) => {
  const x = c.input(0);
  const read = reader(x);
  const size = c.int('size', 1);
  const [alpha, beta, bias] = [c.float('alpha', 1e-4), c.float('beta', 0.75), c.float('bias', 1)];
  const [before, behind] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  return tabulate(x.dtype, x.shape, (index, at) => {
    let squares = 0;
    for (let i = Math.max(0, index[1]! - before); i <= Math.min(x.shape[1]! - 1, index[1]! + behind); i++) {
      squares += read(index.map((each, axis) => (axis === 1 ? i : each))) ** 2;
    }
    return x.data[at]! / (bias + (alpha / size) * squares) ** beta;
  });
};

export const NORMALIZATION: RefTable = {
  LayerNormalization: layerNorm,
  RMSNormalization: rmsNorm,
  SimplifiedLayerNormalization: rmsNorm,
  'com.microsoft.SimplifiedLayerNormalization': rmsNorm,
  'com.microsoft.SkipLayerNormalization': skipNorm('layer'),
  'com.microsoft.SkipSimplifiedLayerNormalization': skipNorm('rms'),
  InstanceNormalization: instanceNorm,
  GroupNormalization: groupNorm,
  BatchNormalization: batchNorm,
  LpNormalization: lpNorm,
  MeanVarianceNormalization: meanVariance,
  LRN: lrn,
};
