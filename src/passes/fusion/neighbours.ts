import { defined } from '../../base/assert.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import { bodyGraphs } from '../../rewrite/graphs.ts';

/** Nodes of these operators by the value that they read first, those without a neighbour left out. */
export function neighbours(model: Model, types: readonly string[]): Node[][] {
  const found: Node[][] = [];
  for (const graph of bodyGraphs(model)) {
    const byInput = new Map<ValueId, Node[]>();
    for (const id of graph.nodes) {
      const node = model.getNode(id);
      if (!types.includes(node.opType) || node.domain !== '' || !isWhole(node)) continue;
      const x = defined(node.inputs[0], `the input of ${node.opType}`);
      const known = byInput.get(x);
      if (known) known.push(node);
      else byInput.set(x, [node]);
    }
    for (const nodes of byInput.values()) if (nodes.length > 1) found.push(nodes);
  }
  return found;
}
