import { int } from '../../../ir/attribute.ts';
import type { Shape } from '../../../ir/types.ts';
import { axisOf } from '../../../ops/shapes.ts';
import { inPlaceOf, intOf, make, withAttributes } from './draft.ts';
import type { Adapter, AdapterTable, Draft, Facts } from './types.ts';

/**
 * Up to version 12 the operator sees its input as a matrix, [d₀·…·dₐ₋₁, dₐ·…·dᵣ₋₁] for axis a (default 1), and works on
 * its rows; from version 13 on it works along axis a (default −1). The two agree where dₐ is the only one of the
 * trailing sizes that is not 1; elsewhere the matrix is made.
 */
const uncoerced: Adapter = (draft, facts) => {
  const axis = intOf(draft, 'axis', 1);
  const alone = soleAxis(facts.shape(draft.inputs[0]), axis);
  return alone === null ? asMatrix(draft, axis, facts) : withAttributes(draft, { axis: int(alone) });
};

/** The axis along which the rows of the matrix lie, if there is one; null: several, or not known. */
function soleAxis(shape: Shape, axis: number): number | null {
  if (axis === -1) return -1;
  const first = shape && axisOf(axis, shape.length);
  if (shape === null || first === null) return null;
  if (first === shape.length - 1) return -1;
  return shape.slice(first + 1).every((dim) => dim === 1) ? first : null;
}

/**
 * softmax(x) = reshape(softmax(flatten(x)), shape(x)). A size of 0 must be taken for what it is, which Reshape can from
 * version 14 on.
 */
function asMatrix(draft: Draft, axis: number, facts: Facts): Draft | string {
  const input = draft.inputs[0] ?? null;
  const zeroAllowed = facts.target >= 14;
  const tail = facts.shape(input)?.slice(2) ?? null;
  if (!zeroAllowed && !tail?.every((dim) => typeof dim === 'number' && dim > 0)) {
    return 'its rows span several axes, and their sizes are not known to be other than 0';
  }
  const rows = make(draft.opType, [make('Flatten', [input], { axis: int(axis) })], { axis: int(-1) });
  const attributes = zeroAllowed ? { allowzero: int(1) } : {};
  return inPlaceOf(draft, make('Reshape', [rows, make('Shape', [input])], attributes));
}

export const SOFTMAX: AdapterTable = {
  Softmax: { 13: uncoerced },
  LogSoftmax: { 13: uncoerced },
  Hardmax: { 13: uncoerced },
};
