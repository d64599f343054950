import { holdsGraphs } from '../ir/attribute.ts';
import { CodedError } from '../base/error.ts';
import type { Attribute, FunctionDef, Graph, Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import {
  tensorType,
  type DataType,
  type Dim,
  type GraphId,
  type NodeId,
  type Shape,
  type ValueId,
  type ValueType,
} from '../ir/types.ts';
import { constantTensor } from '../ops/constants.ts';
import { contentsOfTensor } from '../ops/contents.ts';
import { bindDim, canonicalDim, symbolsOf } from '../ops/dim.ts';
import { OPERATORS, opKey } from '../ops/registry.ts';
import { isTensor, mergeShapes, sameTypes, typed } from '../ops/shapes.ts';
import type { BodyResult, Contents, InferContext, OpRow, Types } from '../ops/types.ts';
import { nodesInOrder } from './order.ts';
import { equalContents, isAsMet, meet, type MetNode } from './taken-over.ts';

/** Something to know about one node, in words. */
export interface AnalysisNote {
  readonly node: NodeId | null;
  readonly message: string;
}

/** The scope that a node is read in: operator-set versions, and the attributes of an enclosing function call. */
export interface Frame {
  readonly opsets: ReadonlyMap<string, number>;
  readonly attributes: ReadonlyMap<string, Attribute> | null;
  readonly depth: number;
}

/** Calls within calls are followed this deep (ONNX forbids recursion; a bad file may have it). */
const MAX_CALL_DEPTH = 16;
const MOST_NOTES = 1000;

const functionKey = (domain: string, name: string, overload: string): string => `${domain}:${name}:${overload}`;

export interface InferenceOptions {
  /** Inputs that have a default initializer are taken to keep it. */
  readonly defaults?: boolean;
  /** False: types that the file declares of what nodes produce are left out; nothing enforces them when a model runs. */
  readonly believes?: boolean;
  /** Of an earlier state of the model: what has not changed since is taken over. */
  readonly after?: Inference | null;
}

/** One pass over a model: types and small contents of every value, in the order in which nodes run. */
export class Inference {
  readonly model: Model;
  readonly types = new Map<ValueId, ValueType | null>();
  readonly constants = new Map<ValueId, Tensor>();
  /** Where the model contradicts itself; inference kept its own result. */
  readonly warnings: AnalysisNote[] = [];
  /** What was taken for granted: without it a shape would be unknown. */
  readonly assumptions: AnalysisNote[] = [];
  /** Symbols of the graph inputs and of declared types that were believed. */
  readonly symbols = new Set<string>();
  readonly root: Frame;
  /** As they were when this was made: a pass may raise them. */
  private readonly opsets: string;
  private readonly computed = new Map<ValueId, Contents>();
  private readonly fixed = new Set<ValueId>();
  /** Declared dimensions met so far, in canonical form and bound. */
  private readonly settled = new Map<string, Dim>();
  /** What was noted, by node: the same note is kept once. */
  private readonly noted = new Map<NodeId | null, Set<string>>();
  private readonly functions = new Map<string, FunctionDef>();
  private readonly orders = new Map<GraphId, Node[]>();
  private readonly called = new Map<GraphId, number>();
  private readonly sizes: Readonly<Record<string, number>>;
  private readonly binds: boolean;
  private readonly assumesDefaults: boolean;
  private readonly believes: boolean;
  /** Inputs that have a default initializer. */
  readonly overridable = new Set<ValueId>();
  /** The earlier inference, while this one runs. */
  private earlier: Inference | null;
  /** Values of which nothing has changed since the earlier inference. */
  private readonly same = new Set<ValueId>();
  /** Nodes of the main graph that a later inference may take over. */
  private readonly met = new Map<NodeId, MetNode>();

  constructor(model: Model, sizes: Readonly<Record<string, number>>, options: InferenceOptions = {}) {
    this.model = model;
    this.sizes = sizes;
    this.assumesDefaults = options.defaults ?? false;
    this.believes = options.believes ?? true;
    this.binds = Object.keys(sizes).length > 0;
    this.opsets = JSON.stringify([...model.opsetImports]);
    this.earlier = options.after?.isComparable(this) ? options.after : null;
    this.root = { opsets: model.opsetImports, attributes: null, depth: 0 };
    for (const each of model.functions) this.functions.set(functionKey(each.domain, each.name, each.overload), each);
    for (const graph of model.graphs.values()) this.collectConstants(graph);
  }

  run(): void {
    for (const input of this.model.graph.inputs) {
      const type = this.inputType(input);
      this.types.set(input, type);
      const before = this.earlier?.types.get(input);
      if (before !== undefined && sameTypes(before, type)) this.same.add(input);
    }
    this.runNodes(this.model.graph, this.root);
    for (const [graph, times] of this.called) if (times > 1) this.forgetBody(graph);
    this.earlier = null;
  }

  /** The same rules hold for both, so that a node that is the same has the same results. */
  private isComparable(later: Inference): boolean {
    return (
      this.model.functions.length === 0 &&
      later.model.functions.length === 0 &&
      this.model.graph.id === later.model.graph.id &&
      this.believes === later.believes &&
      this.assumesDefaults === later.assumesDefaults &&
      JSON.stringify(this.sizes) === JSON.stringify(later.sizes) &&
      this.opsets === later.opsets
    );
  }

  /** Takes in a node of the main graph that was added behind all others since the run. */
  extend(node: Node): void {
    this.inferAnew(node, this.root);
  }

  /** Takes in a constant that was added since the run. */
  extendConstant(id: ValueId, tensor: Tensor): void {
    this.constants.set(id, tensor);
  }

  typeOf(id: ValueId): ValueType | null {
    const found = this.types.get(id);
    if (found !== undefined) return found;
    const tensor = this.constants.get(id);
    const type = tensor ? tensorType(tensor.dtype, tensor.shape) : this.declared(id);
    this.types.set(id, type);
    return type;
  }

  contentsOf(id: ValueId): Contents | null {
    const found = this.computed.get(id);
    if (found) return found;
    const tensor = this.constants.get(id);
    const contents = tensor ? this.readContents(tensor) : null;
    if (contents) this.computed.set(id, contents);
    return contents;
  }

  /** Nodes of a graph in running order. */
  order(graph: Graph): readonly Node[] {
    const ready = this.orders.get(graph.id);
    if (ready) return ready;
    const nodes = nodesInOrder(this.model, graph);
    this.orders.set(graph.id, nodes);
    return nodes;
  }

  /** The model's own function that a node calls, if any; functions come before operators of the same name. */
  functionOf(node: Node): FunctionDef | null {
    if (this.functions.size === 0) return null;
    return (
      this.functions.get(functionKey(node.domain, node.opType, node.overload)) ??
      this.functions.get(functionKey(node.domain, node.opType, '')) ??
      null
    );
  }

  /** The scope of a function's body for one call. */
  calleeFrame(call: Node, callee: FunctionDef, frame: Frame): Frame {
    const attributes = new Map([...callee.defaults, ...resolved(call, frame).attributes]);
    return { opsets: callee.opsetImports, attributes, depth: frame.depth + 1 };
  }

  /** Infers a function's body for one call; null: too deep. */
  runCall(call: Node, callee: FunctionDef, frame: Frame): BodyResult | null {
    if (frame.depth >= MAX_CALL_DEPTH) return null;
    const body = this.model.getGraph(callee.graph);
    const inputs = body.inputs.map((_, i) => this.inputOf(call, i));
    return this.runBody(
      body,
      inputs.map((id) => (id === null ? null : this.typeOf(id))),
      inputs.map((id) => (id === null ? null : this.contentsOf(id))),
      this.calleeFrame(call, callee, frame),
    );
  }

  /** Infers a graph with given inputs. */
  runBody(graph: Graph, inputs: Types, contents: readonly (Contents | null)[], frame: Frame): BodyResult {
    graph.inputs.forEach((input, i) => this.settle(input, inputs[i] ?? null, contents[i] ?? null, null));
    this.runNodes(graph, frame);
    return {
      types: graph.outputs.map((output) => this.typeOf(output)),
      contents: graph.outputs.map((output) => this.contentsOf(output)),
    };
  }

  warn(node: NodeId | null, message: string): void {
    this.note(this.warnings, { node, message });
  }
  assume(node: NodeId, message: string): void {
    this.note(this.assumptions, { node, message });
  }

  /** Constant, or computed from constants alone. */
  isFixed(id: ValueId): boolean {
    return this.fixed.has(id) || this.constants.has(id);
  }

  /** Bodies are inferred more than once. A bound keeps a hopeless file from drowning all. */
  private note(notes: AnalysisNote[], added: AnalysisNote): void {
    const before = this.noted.get(added.node) ?? new Set();
    if (notes.length >= MOST_NOTES || before.has(added.message)) return;
    this.noted.set(added.node, before.add(added.message));
    notes.push(added);
  }

  private runNodes(graph: Graph, frame: Frame): void {
    for (const node of this.order(graph)) this.inferNode(node, frame);
  }

  private inferNode(node: Node, frame: Frame): void {
    const comparable = frame === this.root && node.graph === this.model.graph.id && !holdsGraphs(node);
    if (comparable && this.takeOver(node)) return;
    if (comparable) this.met.set(node.id, meet(node, this.statedType));
    this.inferAnew(node, frame);
    if (this.earlier) this.compareOutputs(node, this.earlier);
  }

  /** True: neither the node nor what it reads has changed since the earlier inference, whose results hold. */
  private takeOver(node: Node): boolean {
    const { earlier } = this;
    const met = earlier?.met.get(node.id);
    if (!earlier || !met || !isAsMet(node, met, this.statedType)) return false;
    if (!node.inputs.every((input) => input === null || this.isSame(input, earlier))) return false;
    this.met.set(node.id, met);
    for (const output of node.outputs) {
      if (output === null) continue;
      this.declared(output);
      this.types.set(output, earlier.types.get(output) ?? null);
      const contents = earlier.computed.get(output);
      if (contents) this.computed.set(output, contents);
      if (earlier.fixed.has(output)) this.fixed.add(output);
      this.same.add(output);
    }
    this.repeatNotes(node.id, earlier);
    return true;
  }

  private isSame(id: ValueId, earlier: Inference): boolean {
    if (this.same.has(id)) return true;
    const constant = this.constants.get(id);
    return constant !== undefined && constant === earlier.constants.get(id);
  }

  /** A node that has changed may give what was given before: what follows is then as it was. */
  private compareOutputs(node: Node, earlier: Inference): void {
    for (const output of node.outputs) {
      if (output === null || !earlier.types.has(output) || this.isFixed(output) !== earlier.isFixed(output)) continue;
      const alike = sameTypes(this.typeOf(output), earlier.typeOf(output));
      if (alike && equalContents(this.contentsOf(output), earlier.contentsOf(output))) this.same.add(output);
    }
  }

  private repeatNotes(node: NodeId, earlier: Inference): void {
    if (!earlier.noted.has(node)) return;
    for (const each of earlier.warnings) if (each.node === node) this.note(this.warnings, each);
    for (const each of earlier.assumptions) if (each.node === node) this.note(this.assumptions, each);
  }

  private inferAnew(node: Node, frame: Frame): void {
    const callee = this.functionOf(node);
    if (callee) {
      this.called.set(callee.graph, (this.called.get(callee.graph) ?? 0) + 1);
      const result = this.runCall(node, callee, frame);
      this.settleAll(node, result?.types ?? [], result?.contents ?? []);
      return;
    }
    const row = OPERATORS.get(opKey(node));
    if (!row) this.settleAll(node, [], []);
    else this.applyRow(row, new NodeContext(this, resolved(node, frame), frame));
  }

  private applyRow(row: OpRow, context: NodeContext): void {
    let types: Types = [];
    let contents: readonly (Contents | null)[] = [];
    try {
      types = row.infer(context);
      if (row.evaluate) contents = row.evaluate(context, types);
    } catch (error) {
      // An attribute of the wrong type: the node's results are unknown, the rest of the model is not.
      if (!(error instanceof CodedError)) throw error;
      this.warn(context.node.id, error.message);
    }
    this.settleAll(context.node, types, contents);
    this.fix(row, context.node);
  }

  private fix(row: OpRow, { inputs, outputs }: Node): void {
    // A body may read what changes.
    if (row.deterministic === false || row.family === 'control') return;
    if (!inputs.every((input) => input === null || this.isFixed(input))) return;
    for (const output of outputs) if (output !== null) this.fixed.add(output);
  }

  private settleAll(node: Node, types: Types, contents: readonly (Contents | null)[]): void {
    node.outputs.forEach((output, i) => {
      if (output !== null) this.settle(output, types[i] ?? null, contents[i] ?? null, node.id);
    });
  }

  private settle(id: ValueId, inferred: ValueType | null, contents: Contents | null, node: NodeId | null): void {
    const declared = this.declared(id);
    this.types.set(id, declared === null ? inferred : this.merge(inferred, declared, id, node));
    if (contents) this.computed.set(id, contents);
    else this.computed.delete(id);
  }

  /** What was inferred wins; what was declared fills the gaps; a contradiction is told. */
  private merge(inferred: ValueType | null, declared: ValueType, id: ValueId, node: NodeId | null): ValueType {
    if (inferred === null) return declared;
    if (!isTensor(inferred) || !isTensor(declared)) return inferred;
    if (contradicts(inferred.shape, declared.shape)) {
      this.warn(
        node,
        `${this.model.getValue(id).name} is declared as [${declared.shape?.join(', ')}] but works out as [${inferred.shape?.join(', ')}].`,
      );
    }
    const dtype = inferred.dtype === 'undefined' ? declared.dtype : inferred.dtype;
    return typed(dtype, mergeShapes(inferred.shape, declared.shape)) ?? inferred;
  }

  private readonly statedType = (id: ValueId): ValueType | null => {
    const value = this.model.values.get(id);
    return value === undefined || (!this.believes && value.producer !== null) ? null : value.type;
  };

  /** The type that the file states, in canonical form, with symbols bound. */
  declared(id: ValueId): ValueType | null {
    const type = this.statedType(id);
    if (!isTensor(type) || !type.shape || type.shape.every((dim) => typeof dim === 'number')) return type;
    return { ...type, shape: type.shape.map((dim) => this.bound(dim)) };
  }

  private bound(dim: Dim): Dim {
    if (typeof dim !== 'string') return dim;
    const known = this.settled.get(dim);
    if (known !== undefined) return known;
    const canonical = this.binds ? bindDim(canonicalDim(dim), this.sizes) : canonicalDim(dim);
    symbolsOf(canonical, this.symbols);
    this.settled.set(dim, canonical);
    return canonical;
  }

  /** An input's unnamed dimensions get symbols of their own (`?images.0`), so that they can be followed. */
  private inputType(id: ValueId): ValueType | null {
    const type = this.declared(id);
    if (!isTensor(type) || !type.shape) return type;
    const name = this.model.getValue(id).name.replace(/\W/g, '_');
    const shape = type.shape.map((dim, axis) => dim ?? this.bound(`?${name}.${axis}`));
    return { ...type, shape };
  }

  private inputOf(node: Node, index: number): ValueId | null {
    return node.inputs[index] ?? null;
  }

  private collectConstants(graph: Graph): void {
    const inputs = new Set(graph.inputs);
    // An initializer that is also an input is a default that the caller may override.
    for (const [id, tensor] of graph.initializers) {
      if (inputs.has(id)) this.overridable.add(id);
      if (this.assumesDefaults || !inputs.has(id)) this.constants.set(id, tensor);
    }
    for (const [id, sparse] of graph.sparseInitializers) {
      this.types.set(id, tensorType(sparse.values.dtype, sparse.shape));
    }
    for (const id of graph.nodes) {
      const node = this.model.getNode(id);
      if (node.opType !== 'Constant' || node.domain !== '') continue;
      const output = node.outputs[0] ?? null;
      if (output === null) continue;
      const tensor = this.constantBefore(node, output) ?? constantTensor(node);
      if (tensor) this.constants.set(output, tensor);
    }
  }

  /** Tensors are the same where they are one object, and some spellings of Constant make theirs anew at each call. */
  private constantBefore(node: Node, output: ValueId): Tensor | undefined {
    const met = this.earlier?.met.get(node.id);
    return met && isAsMet(node, met, this.statedType) ? this.earlier?.constants.get(output) : undefined;
  }

  /** A constant in an external file that is not there has a shape but no contents. */
  private readContents(tensor: Tensor): Contents | null {
    try {
      return contentsOfTensor(tensor);
    } catch (error) {
      if (error instanceof CodedError) return null;
      throw error;
    }
  }

  /** Inner values of a function that is called more than once have no single type. */
  private forgetBody(id: GraphId): void {
    for (const node of this.model.getGraph(id).nodes) {
      for (const output of this.model.getNode(node).outputs) {
        if (output === null) continue;
        this.types.set(output, this.declared(output));
        this.computed.delete(output);
      }
    }
  }
}

/** Different ranks, or different numbers somewhere. */
function contradicts(a: Shape, b: Shape): boolean {
  if (a === null || b === null) return false;
  if (a.length !== b.length) return true;
  return a.some((dim, i) => typeof dim === 'number' && typeof b[i] === 'number' && dim !== b[i]);
}

/** Attributes that refer to those of the enclosing function call, replaced by their values (or left out). */
export function resolved(node: Node, frame: Frame): Node {
  if (frame.attributes === null) return node;
  const attributes = new Map<string, Attribute>();
  for (const [name, attribute] of node.attributes) {
    const value = attribute.type === 'reference' ? frame.attributes.get(attribute.name) : attribute;
    if (value) attributes.set(name, value);
  }
  return { ...node, attributes };
}

/** What a rule sees of one node. */
export class NodeContext implements InferContext {
  readonly node: Node;
  readonly version: number;
  protected readonly inference: Inference;
  protected readonly frame: Frame;
  private bodies: Map<GraphId, { inputs: Types; result: BodyResult }> | null = null;

  constructor(inference: Inference, node: Node, frame: Frame) {
    this.inference = inference;
    this.node = node;
    this.frame = frame;
    this.version = frame.opsets.get(node.domain) ?? 0;
  }

  has(index: number): boolean {
    return (this.node.inputs[index] ?? null) !== null;
  }
  type(index: number): ValueType | null {
    const id = this.node.inputs[index] ?? null;
    return id === null ? null : this.inference.typeOf(id);
  }
  shape(index: number): Shape {
    const type = this.type(index);
    return isTensor(type) ? type.shape : null;
  }
  dtype(index: number): DataType {
    const type = this.type(index);
    return isTensor(type) ? type.dtype : 'undefined';
  }
  contents(index: number): Contents | null {
    const id = this.node.inputs[index] ?? null;
    return id === null ? null : this.inference.contentsOf(id);
  }
  isFixed(index: number): boolean {
    const id = this.node.inputs[index] ?? null;
    return id !== null && this.inference.isFixed(id);
  }
  warn(message: string): void {
    this.inference.warn(this.node.id, message);
  }
  assume(message: string): void {
    this.inference.assume(this.node.id, message);
  }

  formal(graph: GraphId, index: number): ValueType | null {
    const id = this.inference.model.getGraph(graph).inputs[index];
    return id === undefined ? null : this.inference.declared(id);
  }

  /** Rules may ask twice (for types, then for contents): the second answer is the first. */
  infer(graph: GraphId, inputs: Types, contents: readonly (Contents | null)[] = []): BodyResult {
    const kept = this.bodies?.get(graph);
    if (
      kept &&
      kept.inputs.length === inputs.length &&
      kept.inputs.every((type, i) => sameTypes(type, inputs[i] ?? null))
    ) {
      return kept.result;
    }
    const result = this.inference.runBody(this.inference.model.getGraph(graph), inputs, contents, this.frame);
    this.bodies ??= new Map();
    this.bodies.set(graph, { inputs, result });
    return result;
  }
}
