import { CodedError } from '../base/error.ts';
import { getInt } from '../ir/attribute.ts';
import type { Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { isInteger, type ValueId } from '../ir/types.ts';
import { readModel } from '../onnx/read.ts';

/** What the graph says about inputs and outputs that the runtime does not. */
export interface ModelFacts {
  /** Somewhere it computes in float16, so that its own rounding is that coarse. */
  readonly halfPrecision: boolean;
  /** Exclusive upper bounds of integer inputs that index a table of known length. */
  readonly limits: Readonly<Record<string, number>>;
  /** Whether an output depends on the *values* of an input, not only on constants or on shapes. */
  followsInputs(output: string): boolean;
}

const NO_FACTS: ModelFacts = { halfPrecision: false, limits: {}, followsInputs: () => true };

/** Reads a model for its facts. What cannot be read is left to the runtime to complain about: then nothing is known. */
export function readFacts(bytes: Uint8Array): ModelFacts {
  try {
    return factsOf(readModel(bytes).model);
  } catch (error) {
    if (error instanceof CodedError) return NO_FACTS;
    throw error;
  }
}

export function factsOf(model: Model): ModelFacts {
  const reached = reachedValues(model);
  const following = new Set(model.graph.outputs.filter((id) => reached.has(id)).map((id) => model.getValue(id).name));
  return { halfPrecision: usesHalf(model), limits: indexLimits(model), followsInputs: (name) => following.has(name) };
}

/** Inputs that a caller feeds: those with a default are constants to the runtime. */
const fedInputs = (model: Model): ValueId[] =>
  model.graph.inputs.filter((id) => !model.graph.initializers.has(id) && !model.graph.sparseInitializers.has(id));

/** Their results tell of shapes only. */
const SHAPE_ONLY = new Set(['Shape', 'Size']);

/** Everything that is computed from the values of the inputs; a subgraph passes what it captures on to its node. */
function reachedValues(model: Model): ReadonlySet<ValueId> {
  const reached = new Set<ValueId>(fedInputs(model));
  const queue = [...reached];
  const reach = (node: Node): void => {
    for (const output of node.outputs) {
      if (output === null || reached.has(output)) continue;
      reached.add(output);
      queue.push(output);
    }
    const owner = model.getGraph(node.graph).owner;
    if (owner) reach(model.getNode(owner.node));
    for (const inner of loopInputs(model, node)) {
      if (reached.has(inner)) continue;
      reached.add(inner);
      queue.push(inner);
    }
  };
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    for (const use of model.getValue(value).uses) {
      const node = model.getNode(use.node);
      if (!SHAPE_ONLY.has(node.opType)) reach(node);
    }
  }
  return reached;
}

/** Inputs of the bodies of Loop and Scan, which carry values of the node's own inputs. */
function loopInputs(model: Model, node: Node): ValueId[] {
  return [...node.attributes.values()].flatMap((each) =>
    each.type === 'graph' ? model.getGraph(each.value).inputs : [],
  );
}

const isHalf = (tensor: Tensor): boolean => tensor.dtype === 'float16';

function usesHalf(model: Model): boolean {
  for (const graph of model.graphs.values())
    for (const each of graph.initializers.values()) if (isHalf(each)) return true;
  for (const value of model.values.values()) {
    if (value.type?.kind === 'tensor' && value.type.dtype === 'float16') return true;
  }
  const FLOAT16 = 10;
  return [...model.nodes.values()].some((node) => node.opType === 'Cast' && getInt(node, 'to', 0) === FLOAT16);
}

/** Operators that pass indices on unchanged, in another shape or type. */
const CARRIERS = new Set(['Cast', 'Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Expand']);

function indexLimits(model: Model): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const id of fedInputs(model)) {
    const { name, type } = model.getValue(id);
    if (type?.kind !== 'tensor' || !isInteger(type.dtype)) continue;
    const limit = limitOf(model, id);
    if (Number.isFinite(limit)) limits[name] = limit;
  }
  return limits;
}

/** The shortest table that the value indexes, directly or through carriers; Infinity when there is none. */
function limitOf(model: Model, value: ValueId): number {
  let limit = Infinity;
  for (const { node: id, index } of model.getValue(value).uses) {
    const node = model.getNode(id);
    const output = node.outputs[0];
    if (CARRIERS.has(node.opType) && node.domain === '' && index === 0 && output) {
      limit = Math.min(limit, limitOf(model, output));
    } else limit = Math.min(limit, tableLength(model, node, index));
  }
  return limit;
}

/** Lengths of tables by operator: where the indices come in, where the table, along which axis. */
function tableLength(model: Model, node: Node, index: number): number {
  const shapeOf = (slot: number): readonly number[] => constantAt(model, node, slot)?.shape ?? [];
  switch (`${node.domain}:${node.opType}`) {
    case ':Gather':
      return index === 1 ? (shapeOf(0).at(getInt(node, 'axis', 0)) ?? Infinity) : Infinity;
    case ':OneHot': {
      const depth = index === 0 ? constantAt(model, node, 1)?.numbers()[0] : undefined;
      return depth ?? Infinity;
    }
    case 'com.microsoft:EmbedLayerNormalization':
      // Inputs 0 and 1 are word and segment ids; tables 2 and 4 belong to them.
      return index === 0 ? (shapeOf(2)[0] ?? Infinity) : index === 1 ? (shapeOf(4)[0] ?? Infinity) : Infinity;
    default:
      return Infinity;
  }
}

function constantAt(model: Model, node: Node, slot: number): Tensor | null {
  const id = node.inputs[slot];
  if (id === null || id === undefined) return null;
  const value = model.getValue(id);
  const initializer = model.getGraph(value.graph).initializers.get(id);
  if (initializer) return initializer;
  const producer = value.producer && model.getNode(value.producer.node);
  const attribute = producer?.opType === 'Constant' ? producer.attributes.get('value') : undefined;
  return attribute?.type === 'tensor' ? attribute.value : null;
}
