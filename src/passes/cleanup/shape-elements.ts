import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { constantInts, dtypeOf, rankOf, shapeOf, staticShapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { outputOf } from './ends.ts';

/** Where an element of a shape computation comes from: the size of an axis, counted from the front, of a value. */
export interface Size {
  readonly of: ValueId;
  readonly axis: number;
}

/** Longer ways are not followed. */
const MOST_STEPS = 64;

/**
 * Follows one element of a vector of sizes (or a lone size) back to the axis that it measures, where shape inference
 * knows the size itself neither as a number nor as a symbol. Null: it is computed from more than that.
 */
export function sizeBehind(context: PassContext, value: ValueId, index: number): Size | null {
  let [at, place] = [value, index];
  for (let step = 0; step < MOST_STEPS; step++) {
    const producer = context.model.getValue(at).producer;
    const node = producer ? context.model.getNode(producer.node) : null;
    if (!node || node.domain !== '' || producer?.index !== 0) return null;
    if (node.opType === 'Shape') return measured(context, node, place);
    const next = STEPS[node.opType]?.(context, node, place) ?? null;
    if (next === null) return null;
    [at, place] = next;
  }
  return null;
}

function measured(context: PassContext, node: Node, place: number): Size | null {
  const of = node.inputs[0] ?? null;
  const start = getInt(node, 'start', 0);
  if (of === null) return null;
  const rank = rankOf(context, of);
  if (start >= 0) return { of, axis: start + place };
  return rank === null ? null : { of, axis: Math.max(0, start + rank) + place };
}

/** The input and the place in it that an element is a copy of. */
type Step = (context: PassContext, node: Node, place: number) => readonly [ValueId, number] | null;

const same: Step = (_context, node, place) => {
  const input = node.inputs[0] ?? null;
  return input === null ? null : [input, place];
};

/** Sizes fit into both integer types that shapes are written in. */
const cast: Step = (context, node, place) =>
  ['int64', 'int32'].includes(dtypeOf(context, outputOf(node)) ?? '') ? same(context, node, place) : null;

const gathered: Step = (context, node, place) => {
  const [data = null, indices = null] = node.inputs;
  if (data === null || indices === null) return null;
  const wanted = constantInts(context, indices)?.[place];
  if (wanted === undefined) return null;
  if (wanted >= 0) return [data, wanted];
  const length = staticShapeOf(context, data)?.[0];
  return length === undefined ? null : [data, length + wanted];
};

const concatenated: Step = (context, node, place) => {
  let left = place;
  for (const input of node.inputs) {
    const length = input === null ? undefined : shapeOf(context, input)?.[0];
    if (input === null || typeof length !== 'number') return null;
    if (left < length) return [input, left];
    left -= length;
  }
  return null;
};

/** From a start that is counted from the front, without steps. */
const sliced: Step = (context, node, place) => {
  const given = node.attributes.get('starts');
  const starts =
    given?.type === 'ints' ? given.value.map(Number) : node.inputs[1] ? constantInts(context, node.inputs[1]) : null;
  const steps = node.inputs[4] ? constantInts(context, node.inputs[4]) : [1];
  const [start] = starts ?? [];
  if (start === undefined || start < 0 || steps?.[0] !== 1) return null;
  return same(context, node, start + place);
};

const STEPS: Readonly<Record<string, Step>> = {
  Identity: same,
  Squeeze: same,
  Unsqueeze: same,
  Reshape: same,
  Cast: cast,
  Gather: gathered,
  Concat: concatenated,
  Slice: sliced,
};
