import { CodedError } from '../../base/error.ts';
import { defined } from '../../base/assert.ts';
import type { Graph, Model, Node } from '../../ir/model.ts';
import type { GraphId, ValueId } from '../../ir/types.ts';
import { opKey } from '../../ops/registry.ts';
import { Call } from './call.ts';
import { REFERENCE_OPS } from './operators.ts';
import { fromTensor, type RefTensor } from './tensor.ts';

/** By name; what is fed for an initializer stands in for it. */
export type RefFeeds = Readonly<Record<string, RefTensor>>;

type Values = Map<ValueId, RefTensor>;

/**
 * Computes graphs by the operator specification in float64, whatever float type they have: plain loops, slow and meant
 * to be seen to be right. Made once for a model, it may run many times.
 */
export class Reference {
  private readonly model: Model;
  private readonly wanted: readonly ValueId[];
  private readonly nodes: readonly Node[];
  private readonly constants = new Map<GraphId, Values>();

  /** @param wanted values of the main graph; default: its outputs */
  constructor(model: Model, wanted: readonly ValueId[] = model.graph.outputs) {
    this.model = model;
    this.wanted = wanted;
    this.nodes = neededFor(model, wanted);
  }

  /** @throws CodedError `unsupported` at an operator that is not in the table, which it names */
  run(feeds: RefFeeds): Map<ValueId, RefTensor> {
    const { graph } = this.model;
    const values: Values = new Map(this.constantsOf(graph));
    for (const id of [...graph.inputs, ...graph.initializers.keys()]) {
      const fed = feeds[this.model.getValue(id).name];
      if (fed) values.set(id, fed);
    }
    for (const node of this.nodes) this.runNode(node, values);
    return new Map(this.wanted.map((id) => [id, this.valueOf(id, values)]));
  }

  private runNode(node: Node, values: Values): void {
    const op = REFERENCE_OPS.get(opKey(node));
    if (!op) {
      throw new CodedError('unsupported', `The reference evaluator does not know ${opKey(node)}.`, {
        opType: opKey(node),
      });
    }
    const inputs = node.inputs.map((input) => (input === null ? null : this.valueOf(input, values)));
    const call = new Call(node, this.model.opset(node.domain), inputs, (id) => this.runInner(id, values));
    const result = op(call);
    const outputs = isOne(result) ? [result] : result;
    node.outputs.forEach((output, index) => {
      if (output !== null) values.set(output, defined(outputs[index], `output ${index} of ${opKey(node)}`));
    });
  }

  /** A graph that a node holds: it sees what the graph around it has computed. */
  private runInner(id: GraphId, outer: Values): RefTensor[] {
    const graph = this.model.getGraph(id);
    const values: Values = new Map([...outer, ...this.constantsOf(graph)]);
    for (const node of graph.nodes) this.runNode(this.model.getNode(node), values);
    return graph.outputs.map((output) => this.valueOf(output, values));
  }

  private valueOf(id: ValueId, values: Values): RefTensor {
    return defined(values.get(id), `value ${this.model.getValue(id).name}`);
  }

  private constantsOf(graph: Graph): Values {
    const ready = this.constants.get(graph.id);
    if (ready) return ready;
    const read = new Map([...graph.initializers].map(([id, tensor]) => [id, fromTensor(tensor)] as const));
    this.constants.set(graph.id, read);
    return read;
  }
}

const isOne = (result: RefTensor | readonly (RefTensor | null)[]): result is RefTensor => !Array.isArray(result);

/** Nodes of the main graph that some values follow from, in running order. Those that hold graphs are always run. */
function neededFor(model: Model, wanted: readonly ValueId[]): Node[] {
  const needed = new Set(wanted);
  const nodes = [...model.graph.nodes].map((id) => model.getNode(id));
  const kept: Node[] = [];
  const holders = nodes.filter((node) => [...node.attributes.values()].some(({ type }) => type === 'graph'));
  if (holders.length > 0) return nodes;
  for (const node of nodes.reverse()) {
    if (!node.outputs.some((output) => output !== null && needed.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) if (input !== null) needed.add(input);
  }
  return kept.reverse();
}

/**
 * Runs a model once.
 *
 * @param wanted names of values of the main graph; default: its outputs
 * @returns by name
 */
export function evaluate(model: Model, feeds: RefFeeds, wanted?: readonly string[]): Map<string, RefTensor> {
  const ids = wanted?.map((name) => valueNamed(model, name)) ?? model.graph.outputs;
  const found = new Reference(model, ids).run(feeds);
  return new Map([...found].map(([id, value]) => [model.getValue(id).name, value]));
}

function valueNamed(model: Model, name: string): ValueId {
  const found = [...model.values.values()].find((value) => value.graph === model.graph.id && value.name === name);
  return defined(found, `value ${name}`).id;
}
