import type { Model } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';

/**
 * Some nodes of the main graph by how many others of them stand before each, along the longest way: those of one level
 * get nothing from one another, and what they get is settled once all levels before are.
 */
export function nodesByLevel(model: Model, nodes: ReadonlySet<NodeId>): ReadonlySet<NodeId>[] {
  const levels = new Map<ValueId, number>();
  const found: Set<NodeId>[] = [];
  for (const id of model.graph.nodes) {
    const { inputs, outputs } = model.getNode(id);
    const before = inputs.reduce((most, input) => Math.max(most, input === null ? 0 : (levels.get(input) ?? 0)), 0);
    if (nodes.has(id)) (found[before] ??= new Set()).add(id);
    for (const output of outputs) if (output !== null) levels.set(output, before + (nodes.has(id) ? 1 : 0));
  }
  return found;
}
