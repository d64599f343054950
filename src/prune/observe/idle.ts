import { subgraphs } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';

export const hasSubgraphs = (node: Node): boolean => [...subgraphs(node)].length > 0;

/** Removes what no output needs: the layers behind those that are looked at. */
export function removeIdle(model: Model): void {
  const needed = new Set<NodeId>();
  const stack = model.graph.outputs.flatMap((value) => model.getValue(value).producer?.node ?? []);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    const node = model.getNode(id);
    const captured = hasSubgraphs(node) ? [...model.graph.nodes] : [];
    const inputs = node.inputs.flatMap((value) => (value === null ? [] : (model.getValue(value).producer?.node ?? [])));
    stack.push(...inputs, ...captured);
  }
  for (const id of [...model.graph.nodes].reverse()) if (!needed.has(id)) model.removeNode(id);
  for (const id of [...model.graph.initializers.keys()]) if (!model.isUsed(id)) model.removeValue(id);
}
