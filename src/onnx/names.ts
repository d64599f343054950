import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import type { Graph, Model } from '../ir/model.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { NodeId, ValueId } from '../ir/types.ts';

/** What every value and node is called in the file. */
export interface Names {
  value(id: ValueId): string;
  node(id: NodeId): string;
}

/** Names in use, this graph's and those of the graphs around it. */
class Taken {
  private readonly names = new Set<string>();
  private readonly next = new Map<string, number>();
  private readonly outer: Taken | null;

  constructor(outer: Taken | null) {
    this.outer = outer;
  }

  has(name: string): boolean {
    return this.names.has(name) || (this.outer?.has(name) ?? false);
  }
  add(name: string): void {
    this.names.add(name);
  }
  /** The name itself where it is free, else with the first free number after it. */
  claim(name: string): string {
    let unique = name;
    for (let n = this.next.get(name) ?? 1; this.has(unique); n++) {
      unique = `${name}_${n}`;
      this.next.set(name, n + 1);
    }
    this.names.add(unique);
    return unique;
  }
}

/**
 * Unique names, the same for the same model. ONNX wants a value's name to be unique in its graph and in the graphs
 * around it (IR.md, "Names Within a Graph"). Inputs and outputs of the main graph and of functions keep theirs.
 */
export function assignNames(model: Model): Names {
  const values = new Map<ValueId, string>();
  const nodes = new Map<NodeId, string>();
  const roots = [model.graph, ...model.functions.map((each) => model.getGraph(each.graph))];
  for (const root of roots) {
    const taken = new Taken(null);
    pin(model, root, taken, values);
    nameGraph(model, root, taken, values, nodes);
  }
  return {
    value: (id) => defined(values.get(id), `the name of value ${id}`),
    node: (id) => nodes.get(id) ?? '',
  };
}

function pin(model: Model, graph: Graph, taken: Taken, values: Map<ValueId, string>): void {
  for (const id of new Set([...graph.inputs, ...graph.outputs])) {
    const { name } = model.getValue(id);
    if (name === '' || taken.has(name)) {
      throw new CodedError(
        'invalid-graph',
        name === '' ? 'A graph input or output has no name.' : `Two inputs or outputs of the graph are named ${name}.`,
        { value: name },
      );
    }
    taken.add(name);
    values.set(id, name);
  }
}

function nameGraph(
  model: Model,
  graph: Graph,
  taken: Taken,
  values: Map<ValueId, string>,
  nodes: Map<NodeId, string>,
): void {
  const name = (id: ValueId): void => {
    const value = model.getValue(id);
    if (!values.has(id)) values.set(id, taken.claim(value.name === '' ? 'value' : value.name));
  };
  const nodesTaken = new Taken(null);
  graph.inputs.forEach(name);
  for (const id of [...graph.initializers.keys(), ...graph.sparseInitializers.keys()]) name(id);
  for (const id of graph.nodes) {
    const node = model.getNode(id);
    for (const output of node.outputs) if (output !== null) name(output);
    if (node.name !== '') nodes.set(id, nodesTaken.claim(node.name));
  }
  for (const id of graph.nodes) {
    for (const [, inner] of subgraphs(model.getNode(id))) {
      nameGraph(model, model.getGraph(inner), new Taken(taken), values, nodes);
    }
  }
}
