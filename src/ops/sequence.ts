import { getInt } from '../ir/attribute.ts';
import { DATA_TYPES, type ValueType } from '../ir/types.ts';
import { axisOf, isTensor, joinTypes, typed } from './shapes.ts';
import type { InferContext, OpRow, OpTable } from './types.ts';
import { free } from './work.ts';

const elementOf = (type: ValueType | null): ValueType | null =>
  type?.kind === 'sequence' || type?.kind === 'optional' ? type.element : null;
const sequenceOf = (element: ValueType | null): ValueType => ({ kind: 'sequence', element });

const row = (signature: string, since: number[], infer: OpRow['infer']): OpRow => ({
  family: 'control',
  signature,
  since,
  infer,
  work: free,
});

/** Concatenation of tensors whose number is unknown: the axis is open, and so is a stacked one. */
function concatFromSequence(c: InferContext): ValueType | null {
  const element = elementOf(c.type(0));
  if (!isTensor(element)) return null;
  const stack = getInt(c.node, 'new_axis', 0) === 1;
  if (element.shape === null) return typed(element.dtype, null);
  const axis = axisOf(getInt(c.node, 'axis', 0), element.shape.length + (stack ? 1 : 0));
  if (axis === null) return typed(element.dtype, null);
  return typed(element.dtype, stack ? element.shape.toSpliced(axis, 0, null) : element.shape.with(axis, null));
}

function splitToSequence(c: InferContext): ValueType | null {
  const shape = c.shape(0);
  const axis = shape && axisOf(getInt(c.node, 'axis', 0), shape.length);
  if (!shape || axis === null) return sequenceOf(typed(c.dtype(0), null));
  if (!c.has(1) && getInt(c.node, 'keepdims', 1) === 0) return sequenceOf(typed(c.dtype(0), shape.toSpliced(axis, 1)));
  return sequenceOf(typed(c.dtype(0), shape.with(axis, c.has(1) ? null : 1)));
}

export const SEQUENCE: OpTable = {
  SequenceConstruct: row('inputs… → output_sequence', [11], (c) => {
    const [first = null, ...rest] = c.node.inputs.map((_, i) => c.type(i));
    return [sequenceOf(rest.reduce(joinTypes, first))];
  }),
  SequenceEmpty: row('→ output', [11], (c) => [
    sequenceOf(typed(DATA_TYPES[getInt(c.node, 'dtype', 1)] ?? 'undefined', null)),
  ]),
  SequenceInsert: row('input_sequence tensor position? → output_sequence', [11], (c) => {
    const element = elementOf(c.type(0));
    // An empty sequence knows its element type, not its shape.
    return [sequenceOf(joinTypes(element, c.type(1)) ?? element)];
  }),
  SequenceErase: row('input_sequence position? → output_sequence', [11], (c) => [c.type(0)]),
  SequenceAt: row('input_sequence position → tensor', [11], (c) => [elementOf(c.type(0))]),
  SequenceLength: row('input_sequence → length', [11], () => [typed('int64', [])]),
  ConcatFromSequence: row('input_sequence → concat_result', [11], (c) => [concatFromSequence(c)]),
  SplitToSequence: row('input split? → output_sequence', [11, 24], (c) => [splitToSequence(c)]),
  Optional: row('input? → output', [15], (c) => {
    const declared = c.node.attributes.get('type');
    const element = c.has(0) ? c.type(0) : declared?.type === 'type' ? declared.value : null;
    return [{ kind: 'optional', element }];
  }),
  OptionalHasElement: row('input? → output', [15, 18], () => [typed('bool', [])]),
  OptionalGetElement: row('input → output', [15, 18], (c) => [
    c.type(0)?.kind === 'optional' ? elementOf(c.type(0)) : c.type(0),
  ]),
};
