import type { Analysis } from '../../analysis/analyze.ts';
import { dependencies, type Value } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** The file declares a rank or a size that cannot be. */
function isContradicted(context: PassContext, { id, type, producer }: Value): boolean {
  const declared = type?.kind === 'tensor' ? type.shape : null;
  const shape = producer && declared ? shapeOf(context, id) : null;
  if (!shape || !declared) return false;
  if (shape.length !== declared.length) return true;
  return shape.some((dim, i) => typeof dim === 'number' && typeof declared[i] === 'number' && dim !== declared[i]);
}

const found = new WeakMap<Analysis, ReadonlySet<NodeId>>();

/**
 * Nodes that lead to a value whose declared shape cannot be. A runtime that works shapes out on loading refuses such a
 * file, unless it cannot see the contradiction behind a shape that is only known when the model runs: there, making the
 * shape constant would break what works.
 */
export function leadingToContradictions(context: PassContext): ReadonlySet<NodeId> {
  const ready = found.get(context.analysis);
  if (ready) return ready;
  const { model } = context;
  const nodes = new Set<NodeId>();
  for (const value of model.values.values()) {
    if (value.producer && isContradicted(context, value)) nodes.add(value.producer.node);
  }
  for (const id of nodes) {
    for (const value of dependencies(model, model.getNode(id))) {
      const producer = model.getValue(value).producer;
      if (producer) nodes.add(producer.node);
    }
  }
  found.set(context.analysis, nodes);
  return nodes;
}
