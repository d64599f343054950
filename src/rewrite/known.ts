import type { Analysis } from '../analysis/analyze.ts';
import type { DataType, Dim, Shape, ValueId } from '../ir/types.ts';
import { DATA_TYPES, staticShape } from '../ir/types.ts';
import type { PassContext } from './pass.ts';

/** What follows from the graph alone, without the shapes that files declare of intermediate values. */
const proven = ({ analysis }: PassContext): Analysis => analysis.proven;

/** Element type: inferred, else declared, which the runtime checks on loading; null: unknown. */
export function dtypeOf({ model, analysis }: PassContext, value: ValueId): DataType | null {
  const inferred = analysis.dtype(value);
  if (inferred !== null) return DATA_TYPES.find((each) => each === inferred) ?? null;
  const declared = model.getValue(value).type;
  return declared?.kind === 'tensor' ? declared.dtype : null;
}

/** The shape as far as it can be proven. */
export function shapeOf(context: PassContext, value: ValueId): Shape {
  const proof = proven(context);
  if (value < proof.frontier) return proof.shape(value);
  const made = context.model.getValue(value).type;
  return made?.kind === 'tensor' ? made.shape : null;
}

/** Same rank and same dimensions, numbers or symbols, for sure. */
export const sameShape = (context: PassContext, a: ValueId, b: ValueId): boolean => proven(context).sameShape(a, b);

/** The shape when every dimension is a number. */
export const staticShapeOf = (context: PassContext, value: ValueId): readonly number[] | null =>
  staticShape(shapeOf(context, value));

export const rankOf = (context: PassContext, value: ValueId): number | null => shapeOf(context, value)?.length ?? null;

/**
 * Whether broadcasting a constant of this shape against `value` provably gives the shape of `value` again (a constant
 * can also broadcast *up*): aligned at the end, its sizes are 1 or those of the value. `result` is the broadcast value.
 */
export function keepsShape(
  context: PassContext,
  constantShape: readonly number[],
  value: ValueId,
  result: ValueId,
): boolean {
  const shape = shapeOf(context, value);
  const aligned = shape?.slice(Math.max(0, shape.length - constantShape.length));
  if (aligned?.length === constantShape.length && constantShape.every((dim, i) => dim === 1 || dim === aligned[i])) {
    return true;
  }
  return sameShape(context, value, result);
}

/** Whether two shapes differ for sure: in rank, or in a dimension that both know as a number. */
export function provablyDiffer(context: PassContext, a: ValueId, b: ValueId): boolean {
  const first = shapeOf(context, a);
  const second = shapeOf(context, b);
  if (!first || !second) return false;
  if (first.length !== second.length) return true;
  return first.some((dim, i) => typeof dim === 'number' && typeof second[i] === 'number' && dim !== second[i]);
}

/** Small integer contents as far as they can be proven, symbols allowed; null: unknown. Rank 0 and 1 only. */
export const intsOf = (context: PassContext, value: ValueId): readonly Dim[] | null => proven(context).ints(value);

/** The elements of a constant of rank 0 or 1 that holds integers; null: not constant, or symbols among them. */
export function constantInts(context: PassContext, value: ValueId): readonly number[] | null {
  const ints = intsOf(context, value);
  return ints?.every((each) => typeof each === 'number') ? ints : null;
}

/** Small contents as far as they can be proven, row-major: numbers, symbols, or null for a single unknown element. */
export const contentsOf = (context: PassContext, value: ValueId): readonly Dim[] | null =>
  proven(context).contents(value);
