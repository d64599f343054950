import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { rankOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { node, onlyConstant, op, type Bound, type OpPattern, type Pattern, type Slots } from '../../rewrite/pattern.ts';
import type { Affine } from './fold-affine.ts';

/** An elementwise step and its constant. */
export const stepCaptures = { by: onlyConstant, step: node };
export type Step = Bound<typeof stepCaptures>;

/** A step behind `input` that may be a scale or a shift of it. `reversed`: the constant is what is subtracted from. */
export const stepOf = (c: Slots<typeof stepCaptures>, input: Pattern, reversed = false): OpPattern =>
  reversed ? op('Sub', [c.by, input], { as: c.step }) : op(['Mul', 'Div', 'Add', 'Sub'], [input, c.by], { as: c.step });

/** Where channels stand: counted from the end, so that constants of a lower rank align. */
export interface ChannelAxis {
  readonly fromEnd: number;
  /** Rank of the value that is scaled; null: unknown. */
  readonly rank: number | null;
}

/** [N, C, …] */
export const secondAxis = (rank: number): ChannelAxis => ({ fromEnd: rank - 1, rank });
export const lastAxis = (rank: number | null): ChannelAxis => ({ fromEnd: 1, rank });

/**
 * The step as y = x·factor + offset for each channel, or why it is none. Broadcasting aligns shapes at the end (operator
 * specification), so the same constant of shape [C] means columns, not channels, against [N, C, H, W].
 */
export function scaleShiftOf({ by, step }: Step, channels: number, axis: ChannelAxis): Affine | string {
  if (step.attributes.has('axis') || step.attributes.has('broadcast')) {
    return `${step.opType} broadcasts along an axis of its own, as versions before 7 do`;
  }
  const reason = alignmentReason(by.tensor, channels, axis);
  if (reason !== null) return reason;
  const numbers = by.tensor.numbers();
  const at = (c: number): number => numbers[numbers.length === 1 ? 0 : c] ?? NaN;
  const affine = {
    factor: Float64Array.from({ length: channels }, (_, c) => factorOf(step, at(c), by.value)),
    offset: Float64Array.from({ length: channels }, (_, c) => offsetOf(step, at(c), by.value)),
  };
  const finite = [affine.factor, affine.offset].every((each) => each.every(Number.isFinite));
  return finite ? affine : 'its constant has no finite scale or shift for some channel';
}

function factorOf(step: Node, k: number, by: ValueId): number {
  if (step.opType === 'Mul') return k;
  if (step.opType === 'Div') return 1 / k;
  return step.opType === 'Sub' && step.inputs[0] === by ? -1 : 1;
}

function offsetOf(step: Node, k: number, by: ValueId): number {
  if (step.opType === 'Add') return k;
  if (step.opType !== 'Sub') return 0;
  return step.inputs[0] === by ? k : -k;
}

function alignmentReason({ shape }: Tensor, channels: number, { fromEnd, rank }: ChannelAxis): string | null {
  const text = `its constant of shape [${shape.join(', ')}]`;
  if (rank === null && shape.length > 1) return 'the rank of its other operand is not known';
  if (rank !== null && shape.length > rank) return `${text} has a higher rank than its other operand`;
  const at = shape.length - fromEnd;
  if (shape.some((dim, axis) => axis !== at && dim !== 1)) return `${text} varies along another axis than the channels`;
  const size = shape[at] ?? 1;
  return size === 1 || size === channels ? null : `${text} has ${size} elements for ${channels} channels`;
}

/**
 * Why the step's result might be larger than its input `x`; null: it is not. Only asked of steps before the linear
 * operator, where the operator's weights tell the channels of the step's result and not those of its input.
 */
export function growthReason(
  context: PassContext,
  x: ValueId,
  { by }: Step,
  channels: number,
  axis: ChannelAxis,
): string | null {
  const { shape } = by.tensor;
  const rank = axis.rank ?? rankOf(context, x);
  // A constant of a lower rank than the result cannot have raised the rank of x.
  if (shape.length === rank && rankOf(context, x) !== rank) return 'the rank of what it scales is not known';
  if (shape.every((dim) => dim === 1)) return null;
  return shapeOf(context, x)?.at(-axis.fromEnd) === channels
    ? null
    : 'what it scales is not proven to have as many channels as its constant';
}
