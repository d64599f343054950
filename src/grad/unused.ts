import { innerNodes, type Model } from '../ir/model.ts';
import type { NodeId, ValueId } from '../ir/types.ts';

/** Removes what no output depends on: ends of the forward model that a training step does not need, and their constants. */
export function removeUnused(model: Model): void {
  model.sort();
  const { graph } = model;
  const needed = new Set<ValueId>(graph.outputs);
  const gone: NodeId[] = [];
  for (const id of [...graph.nodes].reverse()) {
    const node = model.getNode(id);
    if (!node.outputs.some((output) => output !== null && needed.has(output))) {
      gone.push(id);
      continue;
    }
    for (const { inputs } of [node, ...innerNodes(model, node)]) {
      for (const input of inputs) if (input !== null) needed.add(input);
    }
  }
  for (const id of gone) model.removeNode(id);
  for (const value of [...graph.initializers.keys()]) {
    if (!model.isUsed(value) && !graph.inputs.includes(value)) model.removeValue(value);
  }
}
