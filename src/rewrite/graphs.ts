import { subgraphs } from '../ir/attribute.ts';
import type { Graph, Model, Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';

/**
 * The main graph and the graphs inside its nodes, the inner ones first. Function bodies are left out: their attributes
 * may be references and they can hold no initializers.
 */
export function bodyGraphs(model: Model): Graph[] {
  if (model.graphs.size === 1) return [model.graph];
  const found: Graph[] = [];
  const visit = (graph: Graph): void => {
    for (const id of graph.nodes) for (const [, inner] of subgraphs(model.getNode(id))) visit(model.getGraph(inner));
    found.push(graph);
  };
  visit(model.graph);
  return found;
}

/** Every node of `bodyGraphs`, in topological order within its graph. */
export function* bodyNodes(model: Model): Generator<Node> {
  for (const graph of bodyGraphs(model)) for (const id of graph.nodes) yield model.getNode(id);
}

/** How a person finds a node: its operator and its name, or its first output's where it has none. */
export function label(model: Model, node: Node): string {
  return `${node.opType} ${node.name || anchorName(model, node)}`;
}

/** The name of a node's first output. */
export function anchorName(model: Model, node: Node): string {
  const output = node.outputs.find((each) => each !== null);
  return output === undefined || output === null ? node.name : model.getValue(output).name;
}

/** The results that a node really gives; optional outputs may be left out. */
export const outputsOf = (node: Node): ValueId[] => node.outputs.filter((each) => each !== null);

/** Names that quantization annotations refer to: such constants are in use though no node reads them. */
export function annotatedNames(graph: Graph): ReadonlySet<string> {
  return new Set(
    graph.quantizationAnnotations.flatMap((each) => [each.tensor, ...each.parameters.map(([, name]) => name)]),
  );
}
