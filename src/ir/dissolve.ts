import { invariant } from '../base/assert.ts';
import type { Graph, Model, Node } from './model.ts';
import type { ValueId } from './types.ts';

/**
 * Moves all that a graph without inputs holds into the graph around it: nodes, values and constants keep their ids,
 * names and uses. The graph is then gone, and with it the attribute of `owner` that held it; what its outputs were is
 * given back. Names are made unique on writing.
 */
export function dissolveGraph(model: Model, owner: Node, inner: Graph): readonly ValueId[] {
  invariant(
    inner.owner?.node === owner.id && inner.inputs.length === 0,
    `${inner.name} is a branch of ${owner.opType}`,
  );
  const outer = model.getGraph(owner.graph);
  for (const id of valuesOf(model, inner)) model.values.set(id, { ...model.getValue(id), graph: outer.id });
  for (const id of inner.nodes) {
    model.nodes.set(id, { ...model.getNode(id), graph: outer.id });
    outer.nodes.add(id);
  }
  for (const [id, tensor] of inner.initializers) outer.initializers.set(id, tensor);
  for (const [id, tensor] of inner.sparseInitializers) outer.sparseInitializers.set(id, tensor);
  outer.quantizationAnnotations = [...outer.quantizationAnnotations, ...inner.quantizationAnnotations];
  owner.attributes.delete(inner.owner.attribute);
  model.graphs.delete(inner.id);
  return inner.outputs;
}

function valuesOf(model: Model, graph: Graph): ValueId[] {
  const made = [...graph.nodes].flatMap((id) => model.getNode(id).outputs.filter((output) => output !== null));
  return [...graph.initializers.keys(), ...graph.sparseInitializers.keys(), ...made];
}
