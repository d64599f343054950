import { CodedError } from '../base/error.ts';
import { defined, invariant } from '../base/assert.ts';
import { subgraphs } from './attribute.ts';
import { sortGraph } from './sort.ts';
import type { Tensor } from './tensor.ts';
import type { GraphId, NodeId, ValueId, ValueType } from './types.ts';

/** What ONNX keeps beside an attribute's value, for the round trip. */
export interface AttributeExtras {
  readonly docString?: string;
  readonly unknown?: readonly Uint8Array[];
  readonly encodedTypes?: readonly EncodedType[];
}

/** A type whose `TypeProto` holds fields that Whittle does not know: written as it was while `type` is that very object. */
export interface EncodedType {
  readonly type: ValueType;
  readonly bytes: Uint8Array;
}

/**
 * ONNX's `AttributeProto`, one case per type. A `reference` names, in `name`, an attribute of the enclosing function.
 */
export type Attribute = (
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'string'; readonly value: Uint8Array }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'graph'; readonly value: GraphId }
  | { readonly type: 'sparse-tensor'; readonly value: SparseTensor }
  | { readonly type: 'type'; readonly value: ValueType }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'ints'; readonly value: readonly bigint[] }
  | { readonly type: 'strings'; readonly value: readonly Uint8Array[] }
  | { readonly type: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly type: 'graphs'; readonly value: readonly GraphId[] }
  | { readonly type: 'sparse-tensors'; readonly value: readonly SparseTensor[] }
  | { readonly type: 'types'; readonly value: readonly ValueType[] }
  | { readonly type: 'reference'; readonly name: string; readonly of: AttributeType }
) & { readonly extras?: AttributeExtras };

/** What a referenced attribute would be; `undefined` where the file does not say. */
export type AttributeType =
  | 'undefined'
  | 'float'
  | 'int'
  | 'string'
  | 'tensor'
  | 'graph'
  | 'sparse-tensor'
  | 'type'
  | 'floats'
  | 'ints'
  | 'strings'
  | 'tensors'
  | 'graphs'
  | 'sparse-tensors'
  | 'types';

/** ONNX's COO form: `values` [nnz], `indices` [nnz] (linear) or [nnz, rank], dense `shape`. */
export interface SparseTensor {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly shape: readonly number[];
  readonly unknown?: readonly Uint8Array[];
}

/** Fields that Whittle does not interpret, kept so that they are written back. Replaced as a whole, never changed. */
export interface Extras {
  readonly docString?: string;
  readonly metadataProps?: ReadonlyMap<string, string>;
  /** Whole encoded fields (tag and payload) that the reader does not know. */
  readonly unknown?: readonly Uint8Array[];
  readonly encodedTypes?: readonly EncodedType[];
  /** Models and functions: unknown fields of their opset imports, by domain. */
  readonly opsetUnknown?: ReadonlyMap<string, readonly Uint8Array[]>;
}

/** One consumer of a value: an input slot of a node, in whatever graph that node lives. */
export interface Use {
  readonly node: NodeId;
  readonly index: number;
}

/**
 * What a value of a rewritten model was in the opened one. `same`: equal within the pass's class; `scaled`: equal up
 * to constant factors; `sliced`: the named axis kept only `kept` (indices into the old axis).
 */
export type ValueOrigin =
  | { readonly relation: 'same' | 'scaled'; readonly value: ValueId }
  | { readonly relation: 'sliced'; readonly value: ValueId; readonly axis: number; readonly kept: readonly number[] }
  | { readonly relation: 'new' };

export interface Value {
  readonly id: ValueId;
  readonly graph: GraphId;
  /** A label: unique in its scope only once written. */
  name: string;
  type: ValueType | null;
  /** Null for graph inputs, initializers and function inputs. */
  producer: { readonly node: NodeId; readonly index: number } | null;
  /** Kept true by the verbs below; a capture by a subgraph is an ordinary use by a node of that subgraph. */
  readonly uses: Use[];
  /** Null: this value is of the opened model, or its own origin. */
  origin: ValueOrigin | null;
  extras: Extras;
}

export interface Node {
  readonly id: NodeId;
  readonly graph: GraphId;
  opType: string;
  /** `''` is ai.onnx. */
  domain: string;
  overload: string;
  name: string;
  /** `null`: an optional input that is left out. */
  readonly inputs: (ValueId | null)[];
  readonly outputs: (ValueId | null)[];
  readonly attributes: Map<string, Attribute>;
  /** Nodes of the opened model that this node stands for; empty: itself. */
  ancestors: readonly NodeId[];
  /** `step/rule` that made it; null for nodes of the opened model. */
  madeBy: string | null;
  extras: Extras;
}

export interface QuantizationAnnotation {
  readonly tensor: string;
  readonly parameters: readonly (readonly [string, string])[];
  readonly unknown?: readonly Uint8Array[];
}

export interface Graph {
  readonly id: GraphId;
  name: string;
  /** The node and attribute that hold this graph; null for the main graph and function bodies. */
  readonly owner: { readonly node: NodeId; readonly attribute: string } | null;
  readonly inputs: ValueId[];
  readonly outputs: ValueId[];
  /** In topological order after `model.sort`. */
  readonly nodes: Set<NodeId>;
  readonly initializers: Map<ValueId, Tensor>;
  readonly sparseInitializers: Map<ValueId, SparseTensor>;
  quantizationAnnotations: readonly QuantizationAnnotation[];
  extras: Extras;
}

/** ONNX's `FunctionProto`: a body with its own scope and operator sets. */
export interface FunctionDef {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly graph: GraphId;
  readonly attributes: readonly string[];
  readonly defaults: ReadonlyMap<string, Attribute>;
  readonly opsetImports: ReadonlyMap<string, number>;
  readonly extras: Extras;
}

export interface NewNode {
  readonly opType: string;
  readonly domain?: string;
  readonly name?: string;
  readonly inputs: readonly (ValueId | null)[];
  /** Existing values without a producer, or names for new ones (`null`: left out). */
  readonly outputs: readonly (ValueId | string | null)[];
  readonly attributes?: Iterable<readonly [string, Attribute]>;
  readonly overload?: string;
}

/** An ONNX model in memory. Every edit goes through its verbs, which keep producers and use lists true. */
export class Model {
  irVersion = 10;
  producerName = '';
  producerVersion = '';
  domain = '';
  modelVersion = 0n;
  readonly opsetImports = new Map<string, number>();
  readonly functions: FunctionDef[] = [];
  /** `ModelProto.training_info`, as encoded. */
  trainingInfo: readonly Uint8Array[] = [];
  extras: Extras = {};

  readonly nodes = new Map<NodeId, Node>();
  readonly values = new Map<ValueId, Value>();
  readonly graphs = new Map<GraphId, Graph>();
  private nextId = 1;
  private main: GraphId | null = null;

  /** The main graph. */
  get graph(): Graph {
    return this.getGraph(defined(this.main, 'the main graph'));
  }

  /** The version of an operator set, `''` being ai.onnx; 0 when it is not imported. */
  opset(domain = ''): number {
    return this.opsetImports.get(domain) ?? 0;
  }

  /** Ids from here on are given to what is added next. */
  get frontier(): number {
    return this.nextId;
  }

  getNode(id: NodeId): Node {
    return defined(this.nodes.get(id), `node ${id}`);
  }
  getValue(id: ValueId): Value {
    return defined(this.values.get(id), `value ${id}`);
  }
  getGraph(id: GraphId): Graph {
    return defined(this.graphs.get(id), `graph ${id}`);
  }

  /** The main graph is the first one made without an owner; function bodies pass `function: true`. */
  addGraph(name: string, owner: Graph['owner'] = null, options: { function?: boolean } = {}): Graph {
    const graph: Graph = {
      id: this.nextId++ as GraphId,
      name,
      owner,
      inputs: [],
      outputs: [],
      nodes: new Set(),
      initializers: new Map(),
      sparseInitializers: new Map(),
      quantizationAnnotations: [],
      extras: {},
    };
    this.graphs.set(graph.id, graph);
    if (owner === null && !options.function && this.main === null) this.main = graph.id;
    return graph;
  }

  addValue(graph: Graph, name: string, type: ValueType | null = null): Value {
    const value: Value = {
      id: this.nextId++ as ValueId,
      graph: graph.id,
      name,
      type,
      producer: null,
      uses: [],
      origin: null,
      extras: {},
    };
    this.values.set(value.id, value);
    return value;
  }

  addInitializer(graph: Graph, name: string, tensor: Tensor): Value {
    const value = this.addValue(graph, name, { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape });
    graph.initializers.set(value.id, tensor);
    return value;
  }

  /** Replaces a constant; its declared type follows. Callers make sure that every use agrees (or clone first). */
  setInitializer(value: ValueId, tensor: Tensor): void {
    const target = this.getValue(value);
    this.getGraph(target.graph).initializers.set(value, tensor);
    target.type = { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape };
  }

  /** Adds a node at the end; `sort` moves it before its first consumer. */
  addNode(graph: Graph, init: NewNode): Node {
    const node: Node = {
      id: this.nextId++ as NodeId,
      graph: graph.id,
      opType: init.opType,
      domain: init.domain ?? '',
      overload: init.overload ?? '',
      name: init.name ?? '',
      inputs: [...init.inputs],
      outputs: [],
      attributes: new Map(init.attributes ?? []),
      ancestors: [],
      madeBy: null,
      extras: {},
    };
    init.outputs.forEach((output, index) => {
      if (output === null) node.outputs.push(null);
      else {
        const value = typeof output === 'string' ? this.addValue(graph, output) : this.getValue(output);
        invariant(value.producer === null, `value ${value.name} has a producer already`);
        invariant(value.graph === graph.id, `value ${value.name} is of another graph`);
        value.producer = { node: node.id, index };
        node.outputs.push(value.id);
      }
    });
    node.inputs.forEach((input, index) => {
      if (input !== null) this.getValue(input).uses.push({ node: node.id, index });
    });
    this.nodes.set(node.id, node);
    graph.nodes.add(node.id);
    return node;
  }

  setInput(node: Node, index: number, value: ValueId | null): void {
    const old = node.inputs[index];
    if (old !== null && old !== undefined) this.dropUse(old, node.id, index);
    while (node.inputs.length <= index) node.inputs.push(null);
    node.inputs[index] = value;
    if (value !== null) this.getValue(value).uses.push({ node: node.id, index });
  }

  /**
   * Redirects every consumer of `from` to `to`, outputs of subgraphs included. Refuses where `from` is an output of the
   * model or of a function: its name is part of the interface, so another node must take it over (`moveOutput`).
   */
  replaceAllUses(from: ValueId, to: ValueId): void {
    if (from === to) return;
    for (const graph of this.graphs.values()) {
      if (graph.owner !== null || !graph.outputs.includes(from)) continue;
      throw new CodedError(
        'pass-failed',
        `${this.getValue(from).name} cannot be replaced by ${this.getValue(to).name}: it is an output of the model.`,
        { value: this.getValue(from).name },
      );
    }
    for (const use of [...this.getValue(from).uses]) this.setInput(this.getNode(use.node), use.index, to);
    for (const graph of this.graphs.values()) {
      graph.outputs.forEach((output, i) => {
        if (output === from) graph.outputs[i] = to;
      });
    }
  }

  /** Takes the producer's place for one output: the value keeps its identity, name and uses. */
  moveOutput(value: ValueId, to: Node, index: number): void {
    const moved = this.getValue(value);
    invariant(moved.graph === to.graph, `value ${moved.name} and ${to.opType} ${to.name} are in different graphs`);
    if (moved.producer) this.getNode(moved.producer.node).outputs[moved.producer.index] = null;
    while (to.outputs.length <= index) to.outputs.push(null);
    invariant(to.outputs[index] === null, `output ${index} of ${to.opType} ${to.name} is taken`);
    to.outputs[index] = value;
    moved.producer = { node: to.id, index };
  }

  /** The value loses its producer and keeps its identity, name and uses: the caller makes it a constant. */
  detachOutput(value: ValueId): void {
    const detached = this.getValue(value);
    if (detached.producer) this.getNode(detached.producer.node).outputs[detached.producer.index] = null;
    detached.producer = null;
  }

  /** Removes a node whose outputs nobody uses, with its subgraphs; refuses otherwise and names the users. */
  removeNode(id: NodeId): void {
    const node = this.getNode(id);
    for (const output of node.outputs) {
      if (output !== null && this.isUsed(output)) {
        const users = this.getValue(output).uses.map((use) => this.getNode(use.node).opType);
        throw new CodedError(
          'pass-failed',
          `${node.opType} ${node.name} cannot be removed: ${this.getValue(output).name} is used by ${users.join(', ') || 'a graph output'}.`,
        );
      }
    }
    for (const [, inner] of subgraphs(node)) this.removeGraph(inner);
    this.dropUses(node);
    for (const output of node.outputs) if (output !== null) this.values.delete(output);
    this.getGraph(node.graph).nodes.delete(id);
    this.nodes.delete(id);
  }

  /** Removes an unused initializer or other unused value without a producer. */
  removeValue(id: ValueId): void {
    const value = this.getValue(id);
    invariant(value.producer === null && !this.isUsed(id), `value ${value.name} is in use`);
    const graph = this.getGraph(value.graph);
    graph.initializers.delete(id);
    graph.sparseInitializers.delete(id);
    const input = graph.inputs.indexOf(id);
    if (input >= 0) graph.inputs.splice(input, 1);
    this.values.delete(id);
  }

  isGraphOutput(id: ValueId): boolean {
    return this.getGraph(this.getValue(id).graph).outputs.includes(id) || this.outputElsewhere(id);
  }

  /** A subgraph may return an outer value directly. */
  private outputElsewhere(id: ValueId): boolean {
    if (this.graphs.size === 1) return false;
    for (const graph of this.graphs.values()) if (graph.outputs.includes(id)) return true;
    return false;
  }

  isUsed(id: ValueId): boolean {
    return this.getValue(id).uses.length > 0 || this.isGraphOutput(id);
  }

  /**
   * Puts every graph's nodes into topological order, keeping the present order where it is free: a new node moves
   * before its first consumer. Throws `invalid-graph` on a cycle.
   */
  sort(): void {
    for (const graph of this.graphs.values()) sortGraph(this, graph);
  }

  /** A copy with the same ids that shares tensors. */
  clone(): Model {
    const copy = new Model();
    copy.irVersion = this.irVersion;
    copy.producerName = this.producerName;
    copy.producerVersion = this.producerVersion;
    copy.domain = this.domain;
    copy.modelVersion = this.modelVersion;
    copy.trainingInfo = this.trainingInfo;
    copy.extras = this.extras;
    for (const [domain, version] of this.opsetImports) copy.opsetImports.set(domain, version);
    copy.functions.push(...this.functions);
    for (const node of this.nodes.values()) {
      copy.nodes.set(node.id, {
        ...node,
        inputs: [...node.inputs],
        outputs: [...node.outputs],
        attributes: new Map(node.attributes),
      });
    }
    for (const value of this.values.values()) copy.values.set(value.id, { ...value, uses: [...value.uses] });
    for (const graph of this.graphs.values()) {
      copy.graphs.set(graph.id, {
        ...graph,
        inputs: [...graph.inputs],
        outputs: [...graph.outputs],
        nodes: new Set(graph.nodes),
        initializers: new Map(graph.initializers),
        sparseInitializers: new Map(graph.sparseInitializers),
      });
    }
    copy.nextId = this.nextId;
    copy.main = this.main;
    return copy;
  }

  /** Removes a graph with all that is in it; nothing outside can use its values, so no order has to be kept. */
  private removeGraph(id: GraphId): void {
    const graph = this.getGraph(id);
    for (const nodeId of graph.nodes) {
      const node = this.getNode(nodeId);
      for (const [, inner] of subgraphs(node)) this.removeGraph(inner);
      this.dropUses(node);
      for (const output of node.outputs) if (output !== null) this.values.delete(output);
      this.nodes.delete(nodeId);
    }
    for (const value of [...graph.inputs, ...graph.initializers.keys(), ...graph.sparseInitializers.keys()]) {
      this.values.delete(value);
    }
    this.graphs.delete(id);
  }

  private dropUses(node: Node): void {
    node.inputs.forEach((input, index) => {
      if (input !== null && this.values.has(input)) this.dropUse(input, node.id, index);
    });
  }

  private dropUse(value: ValueId, node: NodeId, index: number): void {
    const uses = this.getValue(value).uses;
    const at = uses.findIndex((use) => use.node === node && use.index === index);
    invariant(at >= 0, `the use of value ${value} by node ${node} is not listed`);
    uses.splice(at, 1);
  }
}

/** The graphs that a node holds, at any depth, outer ones first. */
export function* innerGraphs(model: Model, node: Node): Generator<Graph> {
  for (const [, id] of subgraphs(node)) {
    const graph = model.getGraph(id);
    yield graph;
    for (const inner of graph.nodes) yield* innerGraphs(model, model.getNode(inner));
  }
}

/** The nodes of the graphs that a node holds, at any depth. */
export function* innerNodes(model: Model, node: Node): Generator<Node> {
  for (const graph of innerGraphs(model, node)) for (const id of graph.nodes) yield model.getNode(id);
}

/** The nodes of a graph and of the graphs inside it, each before those that it holds. */
export function* nodesBelow(model: Model, graph: Graph): Generator<Node> {
  for (const id of graph.nodes) {
    const node = model.getNode(id);
    yield node;
    for (const [, inner] of subgraphs(node)) yield* nodesBelow(model, model.getGraph(inner));
  }
}

/** Values that a node needs before it can run: its inputs, and what its subgraphs capture or return from outside. */
export function dependencies(model: Model, node: Node): ValueId[] {
  const needs = node.inputs.filter((input) => input !== null);
  for (const graph of innerGraphs(model, node)) {
    for (const id of graph.nodes) needs.push(...model.getNode(id).inputs.filter((input) => input !== null));
    needs.push(...graph.outputs);
  }
  return needs;
}
