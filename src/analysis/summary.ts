import type { Graph, Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { ValueId, ValueType } from '../ir/types.ts';
import { subgraphs } from '../ir/attribute.ts';
import { opKey } from '../ops/registry.ts';
import { isTensor } from '../ops/shapes.ts';
import type { Analysis } from './analyze.ts';
import { peakActivationBytes } from './memory.ts';

/** A tensor interface as it is shown: name, element type, dimensions (symbols as strings, `?` unknown). */
export interface IoSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[] | null;
}

/** What `inspect` prints and the chips show. Unknown numbers are null, never 0. */
export interface ModelSummary {
  readonly nodes: number;
  /** Unique elements of initializers after tying; also of Constant nodes. */
  readonly parameters: number;
  /** Bytes of the written file, external data included. */
  readonly bytes: number;
  readonly macs: number | null;
  readonly elementwise: number | null;
  readonly peakActivationBytes: number | null;
  readonly movedBytes: number | null;
  /** Version of ai.onnx. */
  readonly opset: number;
  readonly ops: Readonly<Record<string, number>>;
  readonly inputs: readonly IoSummary[];
  readonly outputs: readonly IoSummary[];
  /** Values whose shape could not be inferred. */
  readonly unknownShapes: number;
  /** Symbols that were given a size so that costs could be counted: `batch_size` → 1. */
  readonly assumed: Readonly<Record<string, number>>;
}

/** The main graph and the graphs inside it, at any depth; bodies of functions are counted through their calls. */
function* graphsOf(model: Model, graph: Graph = model.graph): Generator<Graph> {
  yield graph;
  for (const id of graph.nodes) {
    for (const [, inner] of subgraphs(model.getNode(id))) yield* graphsOf(model, model.getGraph(inner));
  }
}

function* nodesOf(model: Model): Generator<Node> {
  for (const graph of graphsOf(model)) for (const id of graph.nodes) yield model.getNode(id);
}

/** A tensor that a model holds: `shape` is the dense one where only some elements are stored. */
export interface HeldTensor {
  readonly name: string;
  readonly tensor: Tensor;
  readonly shape: readonly number[];
}

/**
 * All initializers and Constant nodes, whatever their type (the integers of shape arithmetic too: they are in the file),
 * the main graph's and those of subgraphs; a tensor that several values share comes once. Of a sparse initializer, the
 * elements that it stores.
 */
export function heldTensors(analysis: Analysis): HeldTensor[] {
  const held = new Map<Tensor, HeldTensor>();
  const { model } = analysis;
  const hold = (value: ValueId, tensor: Tensor, shape = tensor.shape): void => {
    if (!held.has(tensor)) held.set(tensor, { name: model.getValue(value).name, tensor, shape });
  };
  for (const graph of graphsOf(model)) {
    for (const [value, tensor] of graph.initializers) hold(value, tensor);
    for (const [value, sparse] of graph.sparseInitializers) hold(value, sparse.values, sparse.shape);
  }
  for (const node of nodesOf(model)) {
    const output = opKey(node) === 'Constant' ? (node.outputs[0] ?? null) : null;
    const tensor = output === null ? null : analysis.constant(output);
    if (output !== null && tensor) hold(output, tensor);
  }
  return [...held.values()];
}

/** Elements of `heldTensors`. */
export const countParameters = (analysis: Analysis): number =>
  heldTensors(analysis).reduce((count, { tensor }) => count + tensor.size, 0);

/** Results of nodes whose rank or some dimension is unknown (symbols are known). */
function countUnknown(analysis: Analysis): number {
  let count = 0;
  for (const node of nodesOf(analysis.model)) {
    for (const output of node.outputs) {
      if (output !== null && !isKnown(analysis.type(output))) count++;
    }
  }
  return count;
}
const isKnown = (type: ValueType | null): boolean =>
  type !== null && (!isTensor(type) || (type.shape !== null && !type.shape.includes(null)));

function ioSummary(analysis: Analysis, id: ValueId): IoSummary {
  const type = analysis.type(id);
  const { name } = analysis.model.getValue(id);
  if (!isTensor(type)) return { name, dtype: type?.kind ?? 'unknown', shape: null };
  return { name, dtype: type.dtype, shape: type.shape && type.shape.map(shownDim) };
}

/** An unnamed dimension is shown as `?`. */
export const shownDim = (dim: number | string | null): number | string =>
  dim === null || (typeof dim === 'string' && dim.includes('?')) ? '?' : dim;

function total(nodes: readonly Node[], count: (node: Node) => number | null): number | null {
  let sum = 0;
  for (const node of nodes) {
    const each = count(node);
    if (each === null) return null;
    sum += each;
  }
  return sum;
}

/** Totals of a model. `bytes` is the size that the written file has, which only the writer can know. */
export function summarize(model: Model, analysis: Analysis, bytes: number): ModelSummary {
  const nodes = analysis.order;
  const ops: Record<string, number> = {};
  for (const node of nodesOf(model)) ops[opKey(node)] = (ops[opKey(node)] ?? 0) + 1;
  return {
    nodes: Object.values(ops).reduce((sum, count) => sum + count, 0),
    parameters: countParameters(analysis),
    bytes,
    macs: total(nodes, (node) => analysis.cost(node).macs),
    elementwise: total(nodes, (node) => analysis.cost(node).elementwise),
    peakActivationBytes: peakActivationBytes(analysis),
    movedBytes: total(nodes, (node) => analysis.cost(node).movedBytes),
    opset: model.opset(),
    ops,
    inputs: model.graph.inputs.map((id) => ioSummary(analysis, id)),
    outputs: model.graph.outputs.map((id) => ioSummary(analysis, id)),
    unknownShapes: countUnknown(analysis),
    assumed: Object.fromEntries(analysis.symbols.map((symbol) => [symbol.replace(/^\?/, ''), 1])),
  };
}
