import type { DataType } from '../../../ir/types.ts';
import { isInteger } from '../../../ir/types.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import { floatOf, floatScalar, withAttributes, withInput } from './draft.ts';
import type { Adapter, AdapterTable } from './types.ts';

/** The largest float32, and so the bound of Clip where version 6 names none. */
const LARGEST = 3.4028234663852886e38;

/**
 * The bound that an attribute gives. `left`: what holds without it, which for float32 is what holds without the input
 * too. Other types have larger (float64) or smaller (float16) ranges, so there the bound is written.
 */
function bound(dtype: DataType, value: number, left: number): Tensor | null {
  return dtype === 'float32' && value === left ? null : floatScalar(dtype, value);
}

/** `min` and `max` become inputs, scalars of the element type. */
const clip: Adapter = (draft, facts) => {
  const dtype = facts.dtype(draft.inputs[0]);
  if (dtype === null) return 'the element type of its input is not known';
  const low = bound(dtype, floatOf(draft, 'min', -LARGEST), -LARGEST);
  const high = bound(dtype, floatOf(draft, 'max', LARGEST), LARGEST);
  return withInput(withInput(withAttributes(draft, { min: null, max: null }), 1, low), 2, high);
};

/** Version 13 took the integer types back. */
const erf: Adapter = (draft, facts) => {
  const dtype = facts.dtype(draft.inputs[0]);
  return dtype !== null && isInteger(dtype) ? `it is of type ${dtype}, which version 13 does not have` : draft;
};

export const ELEMENTWISE: AdapterTable = {
  Clip: { 11: clip },
  Erf: { 13: erf },
};
