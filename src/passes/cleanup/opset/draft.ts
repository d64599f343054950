import { toNumber } from '../../../ir/attribute.ts';
import type { Attribute } from '../../../ir/model.ts';
import { Tensor, tensorOf } from '../../../ir/tensor.ts';
import type { DataType } from '../../../ir/types.ts';
import { eagerly, isFoldable } from '../../../rewrite/weights.ts';
import type { Draft, Operand } from './types.ts';

const utf8 = new TextDecoder();

export const isDraft = (operand: Operand | undefined): operand is Draft =>
  typeof operand === 'object' && operand !== null && !(operand instanceof Tensor);

/** A new operator inside of a draft. */
export const make = (
  opType: string,
  inputs: readonly Operand[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Draft => ({ opType, inputs, attributes: new Map(Object.entries(attributes)), outputs: [], origin: '' });

/** The new operator takes the place of `draft`: its results are those of the draft. */
export const inPlaceOf = (draft: Draft, made: Draft): Draft => ({
  ...made,
  outputs: draft.outputs,
  origin: draft.origin,
});

/** The draft with some attributes set, or dropped where null is given. */
export function withAttributes(draft: Draft, changes: Readonly<Record<string, Attribute | null>>): Draft {
  const attributes = new Map(draft.attributes);
  for (const [name, attribute] of Object.entries(changes)) {
    if (attribute === null) attributes.delete(name);
    else attributes.set(name, attribute);
  }
  return { ...draft, attributes };
}

/** The draft with one more operand, at a place behind those that it has; trailing gaps are not written. */
export function withInput(draft: Draft, index: number, operand: Operand): Draft {
  if (operand === null) return draft;
  const inputs = [...draft.inputs];
  while (inputs.length <= index) inputs.push(null);
  inputs[index] = operand;
  return { ...draft, inputs };
}

/** An int64 vector. */
export const int64Vector = (values: readonly bigint[]): Tensor =>
  tensorOf('int64', [values.length], BigInt64Array.from(values));

/** A scalar of a float type; null: the type is another, or unknown. */
export const floatScalar = (dtype: DataType | null, value: number): Tensor | null =>
  dtype !== null && isFoldable(dtype) ? eagerly(dtype, [], [value]) : null;

/** Attributes are checked against the specification before adapters see them: another type stands for no attribute. */
export function intOf<D>(draft: Draft, name: string, fallback: D): number | D {
  const attribute = draft.attributes.get(name);
  return attribute?.type === 'int' ? toNumber(attribute.value) : fallback;
}
export function intsOf(draft: Draft, name: string): readonly bigint[] | null {
  const attribute = draft.attributes.get(name);
  return attribute?.type === 'ints' ? attribute.value : null;
}
export function floatOf<D>(draft: Draft, name: string, fallback: D): number | D {
  const attribute = draft.attributes.get(name);
  return attribute?.type === 'float' ? attribute.value : fallback;
}
export function floatsOf(draft: Draft, name: string): readonly number[] | null {
  const attribute = draft.attributes.get(name);
  return attribute?.type === 'floats' ? attribute.value : null;
}
export function stringOf(draft: Draft, name: string, fallback: string): string {
  const attribute = draft.attributes.get(name);
  return attribute?.type === 'string' ? utf8.decode(attribute.value) : fallback;
}
