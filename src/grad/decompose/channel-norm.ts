import type { ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';
import { activate } from './activation.ts';
import type { Composite, DecompositionTable } from './composite.ts';
import { affine, standardize } from './layer-norm.ts';
import { absolute, square } from './write.ts';

/** Sums below it count as it, so that a vector of zeros is divided by something. */
const TINY = 2 ** -126;

/** A vector [C] that meets axis 1 of [N, C, …]. */
const perChannel = (emit: Emit, vector: ValueId, rank: number): ValueId =>
  emit.reshape(vector, [emit.size(vector), ...Array.from({ length: rank - 2 }, () => 1)]);

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** ai.onnx InstanceNormalization: input [N, C, …], scale, B; each channel of each sample (Ulyanov et al., 2016). */
function instanceNormalization(c: Composite): readonly ValueId[] {
  const { emit } = c;
  const rank = c.rank(0);
  const { y } = standardize(emit, c.input(0), range(2, rank), c.float('epsilon', 1e-5));
  return [affine(emit, y, perChannel(emit, c.input(1), rank), perChannel(emit, c.input(2), rank))];
}

/** Groups of the channels of [N, C, …] (Wu & He, Group Normalization, 2018). */
function groupStandardize(emit: Emit, x: ValueId, groups: number, epsilon: number): ValueId {
  const shape = emit.shape(x);
  const [batch = 1, channels = 1, ...rest] = shape;
  const grouped = emit.reshape(x, [batch, groups, (channels / groups) * rest.reduce((a, b) => a * b, 1)]);
  return emit.reshape(standardize(emit, grouped, [2], epsilon).y, shape);
}

/** One number for each group, as one for each channel [C]. */
function spread(emit: Emit, vector: ValueId, channels: number): ValueId {
  const groups = emit.size(vector);
  if (groups === channels) return vector;
  const rows = emit.expand(emit.reshape(vector, [groups, 1]), [groups, channels / groups]);
  return emit.reshape(rows, [channels]);
}

/**
 * ai.onnx GroupNormalization: X [N, C, …], scale, bias. These are of groups in version 18 and of channels from 21 on;
 * which one it is shows in their size.
 */
function groupNormalization(c: Composite): readonly ValueId[] {
  const { emit } = c;
  const [, channels = 1] = c.shape(0);
  const y = groupStandardize(emit, c.input(0), c.int('num_groups', 1), c.float('epsilon', 1e-5));
  const [scale, bias] = [1, 2].map((index) => perChannel(emit, spread(emit, c.input(index), channels), c.rank(0)));
  return [affine(emit, y, scale ?? null, bias ?? null)];
}

/** X [N, H, W, C], or [N, C, H, W] where `channels_last` is 0; `activation` 1 is x·σ(x). */
function contribGroupNorm(c: Composite, x: ValueId): ValueId {
  const { emit } = c;
  const last = c.int('channels_last', 1) !== 0;
  const first = last ? emit.transpose(x, [0, 3, 1, 2]) : x;
  const y = groupStandardize(emit, first, c.int('groups', 1), c.float('epsilon', 1e-5));
  const scaled = affine(emit, y, perChannel(emit, c.input(1), 4), perChannel(emit, c.input(2), 4));
  const active = c.int('activation', 0) === 1 ? emit.mul(scaled, activate(emit, 'Sigmoid', scaled)) : scaled;
  return last ? emit.transpose(active, [0, 2, 3, 1]) : active;
}

/** com.microsoft.SkipGroupNorm: X, gamma, beta, skip, bias? → Y, S?; the sum of X, skip and bias is normalised. */
function skipGroupNorm(c: Composite): readonly (ValueId | null)[] {
  const { emit } = c;
  const [batch = 1, channels = 1] = [c.shape(3)[0], c.shape(3).at(-1)];
  const skip = c.rank(3) === 2 ? emit.reshape(c.input(3), [batch, 1, 1, channels]) : c.input(3);
  const added = emit.add(c.input(0), skip);
  const sum = c.has(4) ? emit.add(added, c.input(4)) : added;
  return [contribGroupNorm(c, sum), c.asks(1) ? sum : null];
}

/** ai.onnx MeanVarianceNormalization-13: (X − mean) / (√variance + 1e-9), over [N, H, W] by default. */
function meanVarianceNormalization(c: Composite): readonly ValueId[] {
  const { emit } = c;
  const axes = c.ints('axes') ?? [0, 2, 3];
  const centred = emit.sub(c.input(0), emit.reduce('ReduceMean', c.input(0), axes));
  const variance = emit.reduce('ReduceMean', square(emit, centred), axes);
  return [emit.div(centred, emit.shift(emit.op('Sqrt', [variance]), 1e-9))];
}

/** ai.onnx LpNormalization: input / ‖input‖ₚ along an axis, p being 1 or 2. */
function lpNormalization(c: Composite): readonly ValueId[] {
  const { emit } = c;
  const x = c.input(0);
  const axis = c.axis('axis', -1, c.rank(0));
  const absolutes = c.int('p', 2) === 1;
  const sum = emit.sum(absolutes ? absolute(emit, x) : square(emit, x), [axis]);
  const positive = emit.op('Max', [sum, emit.scalar(TINY)]);
  return [emit.div(x, absolutes ? positive : emit.op('Sqrt', [positive]))];
}

/** Norms of channels and vectors (ai.onnx, and ContribOperators.md of ONNX Runtime). */
export const CHANNEL_NORM_DECOMPOSITIONS: DecompositionTable = {
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  'com.microsoft.GroupNorm': (c) => [contribGroupNorm(c, c.input(0))],
  'com.microsoft.SkipGroupNorm': skipGroupNorm,
};
