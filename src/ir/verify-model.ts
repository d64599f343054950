import { CodedError } from '../base/error.ts';
import { subgraphs } from './attribute.ts';
import {
  nodesBelow,
  type Attribute,
  type FunctionDef,
  type Graph,
  type Model,
  type Node,
  type Value,
} from './model.ts';
import type { Tensor } from './tensor.ts';
import type { GraphId, NodeId, ValueId } from './types.ts';

/**
 * Checks what every edit must keep: each value is produced once and before it is used, use lists are true in both
 * directions, captures exist, constants have the type of their value, operator sets of all operators are imported.
 * Throws `invalid-graph` naming the place.
 */
export function verifyModel(model: Model): void {
  new Verifier(model).run();
}

const bad = (message: string, place: { node?: Node; value?: Value } = {}): CodedError =>
  new CodedError('invalid-graph', message, {
    ...(place.node ? { node: place.node.name } : {}),
    ...(place.value ? { value: place.value.name } : {}),
  });

const describe = (node: Node): string => `${node.opType} ${node.name === '' ? `(id ${node.id})` : node.name}`;

function hasRepeats(uses: Value['uses']): boolean {
  if (uses.length < 2) return false;
  if (uses.length > 8) return new Set(uses.map((use) => `${use.node}.${use.index}`)).size < uses.length;
  return uses.some((use, i) => uses.some((other, j) => j < i && use.node === other.node && use.index === other.index));
}

const functionKey = (domain: string, name: string, overload: string): string => `${domain} ${name} ${overload}`;

class Verifier {
  private readonly model: Model;
  private readonly visible = new Set<ValueId>();
  private readonly seenGraphs = new Set<GraphId>();
  private readonly seenNodes = new Set<NodeId>();
  /** Uses that values list, none twice. */
  private listed = 0;
  /** Inputs that nodes have. */
  private read = 0;

  constructor(model: Model) {
    this.model = model;
  }

  run(): void {
    const { model } = this;
    for (const value of model.values.values()) this.value(value);
    this.root(model.graph, model.opsetImports, []);
    for (const def of model.functions) {
      this.root(model.getGraph(def.graph), def.opsetImports, [...def.defaults.values()]);
    }
    for (const graph of model.graphs.values()) {
      if (!this.seenGraphs.has(graph.id)) throw bad(`Graph ${graph.name} belongs to no node.`);
    }
    for (const node of model.nodes.values()) {
      if (!this.seenNodes.has(node.id)) throw bad(`${describe(node)} stands in no graph.`, { node });
    }
    if (this.listed !== this.read) throw this.unlisted();
    this.recursion();
  }

  /** Every use that is listed is an input, and none is listed twice: fewer uses than inputs mean that one is missing. */
  private unlisted(): CodedError {
    for (const node of this.model.nodes.values()) {
      for (const [index, input] of node.inputs.entries()) {
        const value = input === null ? undefined : this.model.values.get(input);
        if (!value || value.uses.some((use) => use.node === node.id && use.index === index)) continue;
        return bad(`${value.name} does not list its use by ${describe(node)}.`, { node, value });
      }
    }
    return bad('Uses are listed of nodes that are in no graph.');
  }

  private root(graph: Graph, opsets: ReadonlyMap<string, number>, defaults: readonly Attribute[]): void {
    this.graph(graph, opsets);
    for (const each of defaults) {
      if (each.type === 'graph') this.graph(this.graphOf(each.value), opsets);
      if (each.type === 'graphs') for (const id of each.value) this.graph(this.graphOf(id), opsets);
    }
  }

  private value(value: Value): void {
    const { model } = this;
    if (!model.graphs.has(value.graph)) throw bad(`${value.name} belongs to a graph that is gone.`, { value });
    if (value.producer) {
      const node = model.nodes.get(value.producer.node);
      if (node?.outputs[value.producer.index] !== value.id) {
        throw bad(`${value.name} names a producer that does not produce it.`, { value });
      }
    }
    for (const use of value.uses) {
      if (model.nodes.get(use.node)?.inputs[use.index] !== value.id) {
        throw bad(`${value.name} lists a use that does not exist.`, { value });
      }
    }
    if (hasRepeats(value.uses)) throw bad(`${value.name} lists a use twice.`, { value });
    this.listed += value.uses.length;
  }

  private graph(graph: Graph, opsets: ReadonlyMap<string, number>): void {
    if (this.seenGraphs.has(graph.id)) throw bad(`Graph ${graph.name} is held twice.`);
    this.seenGraphs.add(graph.id);
    const own: ValueId[] = [];
    const see = (id: ValueId): void => {
      own.push(id);
      this.visible.add(id);
    };
    const inputs = new Set(graph.inputs);
    for (const id of graph.inputs) this.source(graph, id, see);
    for (const id of [...graph.initializers.keys(), ...graph.sparseInitializers.keys()]) {
      if (!inputs.has(id)) this.source(graph, id, see);
    }
    for (const [id, tensor] of graph.initializers) this.constant(id, tensor);
    for (const id of graph.nodes) this.node(graph, id, opsets, see);
    for (const id of graph.outputs) {
      if (!this.visible.has(id)) throw this.unseen(`Graph ${graph.name} returns`, id);
    }
    for (const id of own) this.visible.delete(id);
  }

  /** A graph input or an initializer. */
  private source(graph: Graph, id: ValueId, see: (id: ValueId) => void): void {
    const value = this.model.values.get(id);
    if (!value) throw bad(`Graph ${graph.name} has an input or initializer that is gone (id ${id}).`);
    if (value.graph !== graph.id) throw bad(`${value.name} is listed in a graph that is not its own.`, { value });
    if (value.producer) throw bad(`${value.name} is an input or initializer and has a producer too.`, { value });
    if (this.visible.has(id)) throw bad(`${value.name} is listed twice.`, { value });
    see(id);
  }

  private constant(id: ValueId, tensor: Tensor): void {
    const value = this.model.getValue(id);
    const { type } = value;
    const agrees =
      type === null ||
      (type.kind === 'tensor' &&
        type.dtype === tensor.dtype &&
        (type.shape === null ||
          (type.shape.length === tensor.shape.length &&
            type.shape.every((dim, axis) => typeof dim !== 'number' || dim === tensor.shape[axis]))));
    if (!agrees) {
      throw bad(`${value.name} is declared otherwise than its constant ${tensor.dtype} [${tensor.shape.join(', ')}].`, {
        value,
      });
    }
  }

  private node(graph: Graph, id: NodeId, opsets: ReadonlyMap<string, number>, see: (id: ValueId) => void): void {
    const node = this.model.nodes.get(id);
    if (!node) throw bad(`Graph ${graph.name} lists a node that is gone (id ${id}).`);
    if (node.graph !== graph.id) throw bad(`${describe(node)} is listed in a graph that is not its own.`, { node });
    this.seenNodes.add(id);
    if (!opsets.has(node.domain)) {
      throw bad(`${describe(node)} is of domain ${node.domain || 'ai.onnx'}, which is not imported.`, { node });
    }
    for (const input of node.inputs) this.input(node, input);
    for (const [name, inner] of subgraphs(node)) {
      const held = this.graphOf(inner);
      if (held.owner?.node !== id || held.owner.attribute !== name) {
        throw bad(`Graph ${held.name} in ${describe(node)} names another owner.`, { node });
      }
      this.graph(held, opsets);
    }
    node.outputs.forEach((output, index) => this.output(node, output, index, see));
  }

  private input(node: Node, input: ValueId | null): void {
    if (input === null) return;
    if (!this.visible.has(input)) throw this.unseen(`${describe(node)} reads`, input);
    this.read++;
  }

  private output(node: Node, output: ValueId | null, index: number, see: (id: ValueId) => void): void {
    if (output === null) return;
    const value = this.model.values.get(output);
    if (!value) throw bad(`${describe(node)} produces a value that is gone (id ${output}).`, { node });
    if (value.producer?.node !== node.id || value.producer.index !== index) {
      throw bad(`${value.name} is produced by ${describe(node)} and by something else.`, { node, value });
    }
    if (value.graph !== node.graph) throw bad(`${value.name} belongs to another graph than its producer.`, { value });
    see(output);
  }

  private unseen(who: string, id: ValueId): CodedError {
    const value = this.model.values.get(id);
    if (!value) return bad(`${who} a value that is gone (id ${id}).`);
    const producer = value.producer && this.model.nodes.get(value.producer.node);
    const problem = producer
      ? `${value.name} before ${describe(producer)} produces it, or from a graph that it cannot see`
      : `${value.name}, which nothing defines here`;
    return bad(`${who} ${problem}.`, { value });
  }

  private graphOf(id: GraphId): Graph {
    const graph = this.model.graphs.get(id);
    if (!graph) throw bad(`A node holds a graph that is gone (id ${id}).`);
    return graph;
  }

  /** ONNX functions may call each other, but never themselves, not even in a circle. */
  private recursion(): void {
    const { model } = this;
    const byKey = new Map(model.functions.map((def) => [functionKey(def.domain, def.name, def.overload), def]));
    const state = new Map<FunctionDef, 'open' | 'done'>();
    const visit = (def: FunctionDef): void => {
      if (state.get(def) === 'open') throw bad(`Function ${def.name} calls itself.`);
      if (state.get(def) === 'done') return;
      state.set(def, 'open');
      for (const node of nodesBelow(model, model.getGraph(def.graph))) {
        const callee = byKey.get(functionKey(node.domain, node.opType, node.overload));
        if (callee) visit(callee);
      }
      state.set(def, 'done');
    };
    for (const def of model.functions) visit(def);
  }
}
