import type { DataType, Dim, Shape, ValueId } from '../ir/types.ts';
import { DATA_TYPES, staticShape } from '../ir/types.ts';
import type { PassContext } from './pass.ts';

/** Element type: inferred, else declared (values made since the analysis); null: unknown. */
export function dtypeOf({ model, analysis }: PassContext, value: ValueId): DataType | null {
  const inferred = analysis.dtype(value);
  if (inferred !== null) return DATA_TYPES.find((each) => each === inferred) ?? null;
  const declared = model.getValue(value).type;
  return declared?.kind === 'tensor' ? declared.dtype : null;
}

export function shapeOf({ model, analysis }: PassContext, value: ValueId): Shape {
  const inferred = analysis.shape(value);
  if (inferred !== null) return inferred;
  const declared = model.getValue(value).type;
  return declared?.kind === 'tensor' ? declared.shape : null;
}

/** The shape when every dimension is a number. */
export const staticShapeOf = (context: PassContext, value: ValueId): readonly number[] | null =>
  staticShape(shapeOf(context, value));

export const rankOf = (context: PassContext, value: ValueId): number | null => shapeOf(context, value)?.length ?? null;

/** The one element type of all the values; null: they differ, or one is unknown. */
export function commonDtype(context: PassContext, values: readonly ValueId[]): DataType | null {
  const types = new Set(values.map((value) => dtypeOf(context, value)));
  return types.size === 1 ? ([...types][0] ?? null) : null;
}

const isOne = (dim: Dim): boolean => dim === 1;

/**
 * Whether broadcasting a constant of this shape against `value` provably gives the shape of `value` again (a constant
 * can also broadcast *up*). `result` is the broadcast value.
 */
export function keepsShape(
  context: PassContext,
  constantShape: readonly number[],
  value: ValueId,
  result: ValueId,
): boolean {
  const shape = shapeOf(context, value);
  if (constantShape.every(isOne) && constantShape.length <= (shape?.length ?? 0)) return true;
  return context.analysis.sameShape(value, result);
}

/** Whether two shapes differ for sure: in rank, or in a dimension that both know as a number. */
export function provablyDiffer(context: PassContext, a: ValueId, b: ValueId): boolean {
  const first = shapeOf(context, a);
  const second = shapeOf(context, b);
  if (!first || !second) return false;
  if (first.length !== second.length) return true;
  return first.some((dim, i) => typeof dim === 'number' && typeof second[i] === 'number' && dim !== second[i]);
}

/** The elements of a constant of rank 0 or 1 that holds integers; null: not constant, or symbols among them. */
export function constantInts({ analysis }: PassContext, value: ValueId): readonly number[] | null {
  const ints = analysis.ints(value);
  return ints?.every((each) => typeof each === 'number') ? ints : null;
}
