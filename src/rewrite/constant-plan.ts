import { getTensor, holdsGraphs, subgraphs } from '../ir/attribute.ts';
import type { Graph, Model, Node } from '../ir/model.ts';
import { floats, Tensor, tensorOf } from '../ir/tensor.ts';
import { byteLengthOf, sizeOf, type DataType, type NodeId, type ValueId } from '../ir/types.ts';
import { isDeterministic, schemaOf } from '../ops/registry.ts';
import { outputsOf } from './graphs.ts';
import { dtypeOf, constantInts, staticShapeOf } from './known.ts';
import { constantOf } from './match.ts';
import type { PassContext } from './pass.ts';

/** Bytes that folding may make: of one value, and of all values together. */
export interface FoldLimits {
  readonly value: number;
  readonly total: number;
}

export interface ConstantPlan {
  /** Nodes that are folded and whose results someone reads who is not, in topological order. */
  readonly frontier: readonly Node[];
  /** All nodes that could be computed once and for all. */
  readonly computable: ReadonlySet<NodeId>;
  /** Nodes with constant inputs that stay, with the clause that says why. */
  readonly refused: ReadonlyMap<NodeId, string>;
}

/** Element types that the runtime can give back. */
const EVALUABLE: ReadonlySet<DataType> = new Set<DataType>([
  'float32',
  'float16',
  'float64',
  'bool',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
]);

/** Finds what can be computed before the model runs. */
export function planConstants(context: PassContext, limits: FoldLimits): ConstantPlan {
  const order = nodesInOrder(context.model);
  const refused = new Map<NodeId, string>();
  for (;;) {
    const computable = computableNodes(context, order, limits, refused);
    const loose = looseDequantizers(context.model, order, computable);
    for (const id of loose) refused.set(id, 'float weights would take the place of small integer ones');
    if (loose.length > 0) continue;
    const frontier = order.filter((node) => computable.has(node.id) && isReadOutside(context.model, node, computable));
    const over = beyondTotal(context, frontier, limits);
    if (over.length === 0) return { frontier, computable, refused };
    for (const id of over)
      refused.set(id, `all results together would take more than ${inMiB(limits.total)} (option total)`);
  }
}

const inMiB = (bytes: number): string => `${bytes / 2 ** 20} MiB`;

/** Every node, the nodes of inner graphs where their owner stands: what they capture comes before. */
function nodesInOrder(model: Model): Node[] {
  const found: Node[] = [];
  const visit = (graph: Graph): void => {
    for (const id of graph.nodes) {
      const node = model.getNode(id);
      for (const [, inner] of subgraphs(node)) visit(model.getGraph(inner));
      found.push(node);
    }
  };
  visit(model.graph);
  return found;
}

function computableNodes(
  context: PassContext,
  order: readonly Node[],
  limits: FoldLimits,
  refused: Map<NodeId, string>,
): Set<NodeId> {
  const computable = new Set<NodeId>();
  for (const node of order) {
    if (refused.has(node.id) || !hasConstantInputs(context, node, computable)) continue;
    const reason = whyNot(context, node, limits);
    if (reason === null) computable.add(node.id);
    else if (reason !== '') refused.set(node.id, reason);
  }
  return computable;
}

function hasConstantInputs(context: PassContext, node: Node, computable: ReadonlySet<NodeId>): boolean {
  return node.inputs.every((input) => {
    if (input === null) return true;
    const producer = context.model.getValue(input).producer;
    return producer ? computable.has(producer.node) : constantOf(context, input) !== null;
  });
}

/** Why a node with constant inputs stays; '' where that needs no word (it holds graphs, it is of another domain). */
function whyNot(context: PassContext, node: Node, limits: FoldLimits): string | null {
  if (!isEvaluable(node) || holdsGraphs(node)) return '';
  if (node.opType === 'Constant') {
    const known = outputsOf(node).every((output) => localValue(context, output) !== null);
    return known ? null : 'its value is a sparse tensor';
  }
  if (!schemaOf(node)) return `the operator ${node.opType} is unknown`;
  // Old forms of Dropout are random unless told otherwise; eliminate-identity knows which.
  if (node.opType === 'Dropout' || !isDeterministic(node)) return 'its result is random';
  if (node.inputs.length === 0) return 'it has no inputs';
  for (const output of outputsOf(node)) {
    const reason = resultRefusal(context, node, output, limits);
    if (reason !== null) return reason;
  }
  return null;
}

/** Operators of ai.onnx, and those of com.microsoft that it took over: the runtime has them wherever it runs. */
const isEvaluable = (node: Node): boolean =>
  node.domain === '' || (node.domain === 'com.microsoft' && QUANTIZERS.has(node.opType));

function resultRefusal(context: PassContext, node: Node, output: ValueId, limits: FoldLimits): string | null {
  const dtype = dtypeOf(context, output);
  const shape = staticShapeOf(context, output);
  if (dtype === null || shape === null) return 'the size of its result is not known beforehand';
  if (byteLengthOf(dtype, sizeOf(shape)) > limits.value) {
    return `its result would take ${inMiB(byteLengthOf(dtype, sizeOf(shape)))}, more than ${inMiB(limits.value)} (option value)`;
  }
  if (EVALUABLE.has(dtype) || COPIES.has(node.opType)) return null;
  return `results of type ${dtype} cannot be evaluated`;
}

/** Of ai.onnx and com.microsoft alike. */
const QUANTIZERS = new Set(['QuantizeLinear', 'DequantizeLinear']);

/**
 * DequantizeLinear nodes whose floats are needed as such, at once or through other nodes: folded, they would be stored in
 * place of small integers. Those that end in a QuantizeLinear again are not among them.
 */
function looseDequantizers(model: Model, order: readonly Node[], computable: ReadonlySet<NodeId>): NodeId[] {
  const floats = new Set<NodeId>();
  for (const node of order) {
    if (!computable.has(node.id) || node.opType === 'QuantizeLinear') continue;
    const fed = node.inputs.some((input) => {
      const producer = input === null ? null : model.getValue(input).producer;
      return producer !== null && floats.has(producer.node);
    });
    if (fed || node.opType === 'DequantizeLinear') floats.add(node.id);
  }
  const loose = new Set<NodeId>();
  for (const node of order.toReversed()) {
    if (!floats.has(node.id)) continue;
    const needed = outputsOf(node).some(
      (output) =>
        model.isGraphOutput(output) ||
        model.getValue(output).uses.some((use) => !computable.has(use.node) || loose.has(use.node)),
    );
    if (needed) loose.add(node.id);
  }
  return [...loose].filter((id) => model.getNode(id).opType === 'DequantizeLinear');
}

function isReadOutside(model: Model, node: Node, computable: ReadonlySet<NodeId>): boolean {
  return outputsOf(node).some(
    (output) => model.isGraphOutput(output) || model.getValue(output).uses.some((use) => !computable.has(use.node)),
  );
}

/** The node, then those of the given nodes before it that only it needs. */
export function cone(model: Model, anchor: Node, among: ReadonlySet<NodeId>): NodeId[] {
  const inside = new Set<NodeId>([anchor.id]);
  for (const id of inside) {
    for (const input of model.getNode(id).inputs) {
      const producer = input === null ? null : model.getValue(input).producer;
      if (!producer || !among.has(producer.node)) continue;
      const outputs = outputsOf(model.getNode(producer.node));
      const only = outputs.every(
        (output) => !model.isGraphOutput(output) && model.getValue(output).uses.every((use) => inside.has(use.node)),
      );
      if (only) inside.add(producer.node);
    }
  }
  return [...inside];
}

/** Nodes whose results no longer fit under the total, in order. What Constant nodes hold is in the file already. */
function beyondTotal(context: PassContext, frontier: readonly Node[], limits: FoldLimits): NodeId[] {
  let total = 0;
  return frontier.flatMap((node) => {
    if (node.opType === 'Constant') return [];
    const bytes = outputsOf(node).reduce((sum, output) => sum + resultBytes(context, output), 0);
    if (total + bytes > limits.total) return [node.id];
    total += bytes;
    return [];
  });
}

function resultBytes(context: PassContext, output: ValueId): number {
  const dtype = dtypeOf(context, output);
  const shape = staticShapeOf(context, output);
  return dtype && shape ? byteLengthOf(dtype, sizeOf(shape)) : 0;
}

/** Operators that only give the same elements another shape. */
const COPIES = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/**
 * The value of a computable node's output where the runtime is not needed: constants, text, copies, splats, and the small
 * integers that shape inference carries. Null: only the runtime can tell.
 */
export function localValue(context: PassContext, output: ValueId): Tensor | null {
  const constant = constantOf(context, output);
  if (constant) return constant;
  const producer = context.model.getValue(output).producer;
  if (!producer) return null;
  const node = context.model.getNode(producer.node);
  if (node.domain !== '') return null;
  if (node.opType === 'Constant') return stringConstant(node);
  const shape = staticShapeOf(context, output);
  const ints = knownInts(context, output, shape);
  if (ints) return ints;
  const [input] = node.inputs;
  if (shape === null || input === null || input === undefined) return null;
  if (node.opType === 'ConstantOfShape') return splat(node, shape);
  if (!COPIES.has(node.opType)) return null;
  const copied = localValue(context, input);
  return copied && copied.size === sizeOf(shape) ? new Tensor(copied.dtype, shape, copied.source) : null;
}

/** Constant in its spellings for text: `value_string` is a scalar, `value_strings` a vector. */
function stringConstant(node: Node): Tensor | null {
  const one = node.attributes.get('value_string');
  const many = node.attributes.get('value_strings');
  const strings = one?.type === 'string' ? [one.value] : many?.type === 'strings' ? many.value : null;
  if (!strings) return null;
  return new Tensor('string', one ? [] : [strings.length], {
    kind: 'memory',
    bytes: () => new Uint8Array(),
    strings: () => strings,
  });
}

function knownInts(context: PassContext, output: ValueId, shape: readonly number[] | null): Tensor | null {
  const dtype = dtypeOf(context, output);
  const ints = constantInts(context, output);
  if (!ints || !shape || sizeOf(shape) !== ints.length || !ints.every(Number.isSafeInteger)) return null;
  if (dtype === 'int64') return tensorOf('int64', shape, BigInt64Array.from(ints, BigInt));
  return dtype === 'int32' ? tensorOf('int32', shape, Int32Array.from(ints)) : null;
}

/** One element over and over, made when it is read. ConstantOfShape's value is float32 0 by default. */
function splat(node: Node, shape: readonly number[]): Tensor | null {
  const one = getTensor(node, 'value') ?? floats([1], [0]);
  if (one.dtype === 'string' || one.size !== 1) return null;
  const width = byteLengthOf(one.dtype, 1);
  return new Tensor(one.dtype, shape, {
    kind: 'splat',
    bytes: () => {
      const element = one.bytes();
      const out = new Uint8Array(sizeOf(shape) * width);
      if (element.every((byte) => byte === element[0])) return out.fill(element[0] ?? 0);
      out.set(element);
      for (let filled = width; filled < out.length; filled *= 2) out.copyWithin(filled, 0, filled);
      return out;
    },
  });
}
