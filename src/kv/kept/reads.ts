import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { outputsOf } from '../../rewrite/graphs.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { isStructure } from '../flow/places.ts';
import type { Kept, KeptSide } from './follow.ts';

/** A node that computes with what the text holds, and its operand that follows sizes, masks or positions. */
export interface Read {
  readonly node: Node;
  readonly index: number;
  readonly value: ValueId;
}

/** Where sizes, masks and positions come into what the text holds, but for masks over scores. */
export function readsOf(
  { model }: PassContext,
  { data, lengths, scored }: Pick<Kept, 'data' | 'lengths' | 'scored'>,
): readonly Read[] {
  const reads: Read[] = [];
  for (const id of model.graph.nodes) {
    const node = model.getNode(id);
    if (scored.has(id) || node.opType === 'Shape' || !node.inputs.some((input) => input !== null && data.has(input)))
      continue;
    for (const [index, value] of node.inputs.entries())
      if (value !== null && lengths.has(value) && !isStructure(node, index)) reads.push({ node, index, value });
  }
  return reads;
}

/** Whether a value is computed from another one. */
export function isBehind({ model }: PassContext, value: ValueId, origin: ValueId): boolean {
  const seen = new Set<ValueId>();
  const stack = [value];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next === origin) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const { producer } = model.getValue(next);
    if (producer) for (const input of model.getNode(producer.node).inputs) if (input !== null) stack.push(input);
  }
  return false;
}

/** What a node's results flow into without passing a product of queries and keys: sides of the cache. */
export function keptThrough({ model }: PassContext, kept: Kept, from: Node): readonly KeptSide[] {
  const products = new Set(kept.layers.map(({ plan }) => plan.scores.product.node.id));
  const joins = new Map(kept.layers.flatMap(({ key, value }) => [key, value]).map((side) => [side.concat.id, side]));
  const found: KeptSide[] = [];
  const seen = new Set([from.id]);
  const stack = [from];
  for (let node = stack.pop(); node; node = stack.pop()) {
    const side = joins.get(node.id);
    if (side) {
      found.push(side);
      continue;
    }
    for (const result of outputsOf(node)) {
      for (const { node: id } of model.getValue(result).uses) {
        if (seen.has(id) || products.has(id)) continue;
        seen.add(id);
        stack.push(model.getNode(id));
      }
    }
  }
  return found;
}
