import { defined } from '../base/assert.ts';
import type { Attribute, Graph, Model, Node, ValueOrigin } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { NodeId, ValueId, ValueType } from '../ir/types.ts';
import { anchorName, annotatedNames, label, outputsOf } from './graphs.ts';
import type { PassContext } from './pass.ts';

export interface NodeParts {
  readonly domain?: string;
  readonly attributes?: Iterable<readonly [string, Attribute]>;
  /** Distinguishes nodes made at one anchor; default: none. */
  readonly label?: string;
}

/**
 * The verbs that rules edit with. New things stand in the anchor's graph and are named `anchor:rule`: they stay in
 * the scope of what they replace, and a replay gives the same file.
 */
export class Build {
  readonly model: Model;
  readonly graph: Graph;
  private readonly prefix: string;

  constructor(context: PassContext, rule: string, anchor: Node) {
    this.model = context.model;
    this.graph = context.model.getGraph(anchor.graph);
    const name = anchor.name || anchorName(context.model, anchor);
    // The rule that made the anchor gives way to this one: names do not grow with every step.
    this.prefix = `${anchor.madeBy === null ? name : name.replace(/:[^:/]+$/, '')}:${rule}`;
  }

  /** A constant of the anchor's graph. `from`: the constant that it was computed from. */
  constant(name: string, tensor: Tensor, from: ValueId | null = null): ValueId {
    const value = this.model.addInitializer(this.graph, `${this.prefix}/${name}`, tensor);
    value.origin = from === null ? { relation: 'new' } : scaledFrom(this.model, from);
    return value.id;
  }

  /** A node that has no outputs yet: `take` or `output` gives it some. */
  node(opType: string, inputs: readonly (ValueId | null)[], parts: NodeParts = {}): Node {
    return this.model.addNode(this.graph, {
      opType,
      domain: parts.domain ?? '',
      name: parts.label === undefined ? this.prefix : `${this.prefix}/${parts.label}`,
      inputs,
      outputs: [],
      attributes: parts.attributes ?? [],
    });
  }

  /** A new result of a node, between nodes that the rule makes. */
  output(node: Node, name: string, type: ValueType | null, index = 0): ValueId {
    const value = this.model.addValue(this.graph, `${this.prefix}/${name}`, type);
    value.origin = { relation: 'new' };
    this.model.moveOutput(value.id, node, index);
    return value.id;
  }

  /** The node gives an existing value from now on: its name, its readers and its place as graph output are kept. */
  take(value: ValueId, node: Node, index = 0): void {
    this.model.moveOutput(value, node, index);
  }

  /** Imports an operator set that the model does not have yet. */
  opset(domain: string, version: number): void {
    if (!this.model.opsetImports.has(domain)) this.model.opsetImports.set(domain, version);
  }
}

/** Why `gone` cannot be replaced by the equal value `kept`; null: it can. */
export function bypassRefusal(model: Model, gone: ValueId, kept: ValueId): string | null {
  if (!model.isGraphOutput(gone)) return null;
  const source = model.getValue(kept);
  const name = model.getValue(gone).name;
  if (!source.producer) return `${name} is a graph output, and what it repeats is a graph input or a constant`;
  if (source.graph !== model.getValue(gone).graph) {
    return `${name} is the output of a subgraph, and what it repeats lies outside of it`;
  }
  return model.isGraphOutput(kept) ? `${name} and the value that it repeats are both graph outputs` : null;
}

/**
 * Replaces `gone`, the output of `node`, by the equal value `kept`, and removes the node. Where `gone` is a graph
 * output, it takes over the producer of `kept`, for output names stay. Callers ask `bypassRefusal` first.
 */
export function bypass(model: Model, node: Node, gone: ValueId, kept: ValueId): void {
  reroute(model, node, gone, kept);
  removeWithConstants(model, node.id);
}

/** As `bypass`, but the node stays for the caller to remove; nothing uses `gone` or reads the node any more. */
export function reroute(model: Model, node: Node, gone: ValueId, kept: ValueId): void {
  const source = model.getValue(kept);
  if (model.isGraphOutput(gone)) {
    const { node: producer, index } = defined(source.producer, 'the producer of a repeated value');
    model.moveOutput(kept, node, node.outputs.length);
    model.moveOutput(gone, model.getNode(producer), index);
    model.replaceAllUses(kept, gone);
    model.getValue(gone).type ??= source.type;
  } else {
    model.replaceAllUses(gone, kept);
    source.type ??= model.getValue(gone).type;
  }
}

/** Removes a node, and the constants that only it read. */
export function removeWithConstants(model: Model, id: NodeId): void {
  const node = model.getNode(id);
  const inputs = new Set([...node.inputs].filter((input) => input !== null));
  model.removeNode(id);
  for (const input of inputs) removeIfUnusedConstant(model, input);
}

/** Drops an initializer that nothing reads; graph inputs and annotated constants stay. */
export function removeIfUnusedConstant(model: Model, id: ValueId): void {
  const value = model.values.get(id);
  if (!value) return;
  const graph = model.getGraph(value.graph);
  if (!graph.initializers.has(id) || graph.inputs.includes(id) || model.isUsed(id)) return;
  if (!annotatedNames(graph).has(value.name)) model.removeValue(id);
}

/** Removes those of the nodes (last ones first) whose results nobody uses any more. */
export function sweep(model: Model, nodes: readonly NodeId[]): void {
  for (const id of nodes) {
    const node = model.nodes.get(id);
    if (node && outputsOf(node).every((output) => !model.isUsed(output))) removeWithConstants(model, id);
  }
}

/** Removes a node and, upstream, what nobody needs any more. */
export function removeUpwards(model: Model, from: Node): void {
  const stack = [from];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (!model.nodes.has(node.id) || outputsOf(node).some((output) => model.isUsed(output))) continue;
    const inputs = [...node.inputs].filter((input) => input !== null);
    model.removeNode(node.id);
    for (const input of inputs) {
      const producer = model.values.get(input)?.producer;
      if (producer) stack.push(model.getNode(producer.node));
      else removeIfUnusedConstant(model, input);
    }
  }
}

/**
 * Why the results of these nodes are needed elsewhere; null: only the nodes themselves read them. The first result of
 * the `roots` is left out: it takes a new form.
 */
export function otherReaders(model: Model, nodes: readonly NodeId[], ...roots: readonly NodeId[]): string | null {
  const inside = new Set(nodes);
  for (const id of nodes) {
    const node = model.getNode(id);
    const isRoot = roots.includes(id);
    for (const output of isRoot ? outputsOf(node).slice(1) : outputsOf(node)) {
      if (model.isGraphOutput(output)) return `the result of ${label(model, node)} is a graph output`;
      const reader = model.getValue(output).uses.find((use) => isRoot || !inside.has(use.node));
      if (reader) {
        return `the result of ${label(model, node)} is read by ${label(model, model.getNode(reader.node))} too`;
      }
    }
  }
  return null;
}

function scaledFrom(model: Model, from: ValueId): ValueOrigin {
  const origin = model.getValue(from).origin;
  if (origin === null) return { relation: 'scaled', value: from };
  return origin.relation === 'same' ? { relation: 'scaled', value: origin.value } : origin;
}
