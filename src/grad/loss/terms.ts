import { CodedError } from '../../base/error.ts';
import { tensorOf } from '../../ir/tensor.ts';
import { sizeOf, type ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';
import { logSoftmax } from './log-softmax.ts';

/** Every loss is a mean over the batch (and over the places of a text), a scalar. */

const allAxes = (emit: Emit, a: ValueId): number[] => emit.shape(a).map((_, axis) => axis);
const scalarSum = (emit: Emit, a: ValueId): ValueId => emit.sum(a, allAxes(emit, a), false);
const scalarMean = (emit: Emit, a: ValueId): ValueId => emit.reduce('ReduceMean', a, allAxes(emit, a), false);
/** Rows: all that is before the last axis. */
const rowsOf = (emit: Emit, a: ValueId): number => sizeOf(emit.shape(a).slice(0, -1));

/**
 * −Σ t·log softmax(z), with targets smoothed towards even ones (Szegedy et al., Rethinking the Inception Architecture,
 * 2016): t(1 − ε) + ε/C.
 *
 * @param logits [N, C]
 * @param targets [N, C]: one-hot, or a probability for each class
 * @param smoothing ε, a scalar
 */
export function crossEntropy(emit: Emit, logits: ValueId, targets: ValueId, smoothing: ValueId): ValueId {
  const classes = emit.shape(logits).at(-1) ?? 1;
  const even = emit.scale(smoothing, 1 / classes);
  const smooth = emit.add(emit.mul(targets, emit.sub(emit.scalar(1), smoothing)), even);
  const product = emit.mul(smooth, logSoftmax(emit, logits));
  return emit.scale(scalarSum(emit, product), -1 / rowsOf(emit, logits));
}

/**
 * Cross entropy of the next token.
 *
 * @param logits [N, T, V]
 * @param tokens [N, T] int32, which every backend compares: what stands at each place
 * @param weights [N, T]: 0 where it does not count
 */
export function nextTokenLoss(emit: Emit, logits: ValueId, tokens: ValueId, weights: ValueId): ValueId {
  const words = emit.shape(logits).at(-1) ?? 1;
  const numbers = emit.constant(
    tensorOf(
      'int32',
      [words],
      Int32Array.from({ length: words }, (_, word) => word),
    ),
  );
  const column = emit.reshape(tokens, [...emit.shape(tokens), 1]);
  const chosen = emit.mask(emit.op('Equal', [column, numbers]));
  const each = emit.sum(emit.mul(logSoftmax(emit, logits), chosen), [emit.rank(logits) - 1], false);
  const counted = emit.op('Max', [scalarSum(emit, weights), emit.scalar(1)]);
  return emit.neg(emit.div(scalarSum(emit, emit.mul(each, weights)), counted));
}

/**
 * T²·KL(softmax(z_t/T) ‖ softmax(z_s/T)) (Hinton et al., Distilling the Knowledge in a Neural Network, 2015): T² keeps
 * the size of the gradient when T changes.
 *
 * @param temperature T, a scalar
 */
export function distillation(emit: Emit, student: ValueId, teacher: ValueId, temperature: ValueId): ValueId {
  same(emit, student, teacher, 'logits');
  const soft = logSoftmax(emit, emit.div(teacher, temperature));
  const own = logSoftmax(emit, emit.div(student, temperature));
  const divergence = scalarSum(emit, emit.mul(emit.op('Exp', [soft]), emit.sub(soft, own)));
  return emit.scale(emit.mul(divergence, emit.mul(temperature, temperature)), 1 / rowsOf(emit, student));
}

/** mean (a − b)². */
export function meanSquaredError(emit: Emit, a: ValueId, b: ValueId): ValueId {
  same(emit, a, b, 'values');
  const difference = emit.sub(a, b);
  return scalarMean(emit, emit.mul(difference, difference));
}

/** Σ a·b: with a gradient b of some loss by a, everything before has the gradient of that loss. */
export function along(emit: Emit, a: ValueId, b: ValueId): ValueId {
  same(emit, a, b, 'values');
  return scalarSum(emit, emit.mul(a, b));
}

/**
 * A hint (Romero et al., FitNets, 2015): mean (r(h_s) − h_t)², where r is a learnt map of channels: a 1×1 convolution of
 * images [N, C, …], a matrix on the last axis of sequences [N, T, C] and vectors [N, C].
 *
 * @param projection [C_s, C_t] for the last axis, [C_t, C_s, 1, …] for images
 */
export function hint(emit: Emit, student: ValueId, teacher: ValueId, projection: ValueId): ValueId {
  const image = emit.rank(student) > 3;
  const mapped = image ? emit.op('Conv', [student, projection]) : emit.matmul(student, projection);
  return meanSquaredError(emit, mapped, teacher);
}

/** The shape of a hint's projection from a student's value to a teacher's. */
export function projectionShape(student: readonly number[], teacher: readonly number[]): readonly number[] {
  if (student.length > 3) return [teacher[1] ?? 1, student[1] ?? 1, ...student.slice(2).map(() => 1)];
  return [student.at(-1) ?? 1, teacher.at(-1) ?? 1];
}

/**
 * Attention transfer (Zagoruyko & Komodakis, Paying More Attention to Attention, 2017): squared distance of the maps
 * Σ_c|A|², each of length 1; any number of channels on both sides.
 *
 * @param student [N, C_s, …], or [N, T, C_s]
 */
export function attentionTransfer(emit: Emit, student: ValueId, teacher: ValueId): ValueId {
  const difference = emit.sub(attentionMap(emit, student), attentionMap(emit, teacher));
  return emit.scale(scalarSum(emit, emit.mul(difference, difference)), 1 / (emit.shape(student)[0] ?? 1));
}

function attentionMap(emit: Emit, a: ValueId): ValueId {
  const shape = emit.shape(a);
  const axis = shape.length > 3 ? 1 : shape.length - 1;
  const sums = emit.sum(emit.mul(a, a), [axis], false);
  const flat = emit.reshape(sums, [shape[0] ?? 1, emit.size(sums) / (shape[0] ?? 1)]);
  const length = emit.op('Sqrt', [emit.shift(emit.sum(emit.mul(flat, flat), [1]), 1e-12)]);
  return emit.div(flat, length);
}

function same(emit: Emit, a: ValueId, b: ValueId, what: string): void {
  const [left, right] = [emit.shape(a), emit.shape(b)];
  if (left.length === right.length && left.every((size, axis) => size === right[axis])) return;
  throw new CodedError(
    'bad-request',
    `The ${what} of student and teacher differ in shape: ${left.join('×')} (${emit.nameOf(a)}) and ${right.join('×')} (${emit.nameOf(b)}).`,
  );
}
