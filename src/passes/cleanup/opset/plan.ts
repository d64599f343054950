import { nodesBelow, type FunctionDef, type Model, type Node } from '../../../ir/model.ts';
import { Tensor } from '../../../ir/tensor.ts';
import type { Dim } from '../../../ir/types.ts';
import { bodyNodes } from '../../../rewrite/graphs.ts';
import { dtypeOf, shapeOf } from '../../../rewrite/known.ts';
import { constantOf } from '../../../rewrite/match.ts';
import type { PassContext } from '../../../rewrite/pass.ts';
import type { Draft, Facts } from './types.ts';
import { REORDERED } from './kernels.ts';
import { kernelReason, nodeReason, upgrade } from './upgrade.ts';

/** A node and what becomes of it. */
export interface Change {
  readonly node: Node;
  readonly draft: Draft;
}

/** All that has to change, in the order of the graph; or the node that cannot be converted, and why, as a clause. */
export interface Plan {
  readonly changes: readonly Change[];
  /** Nodes that the runtime sums in another order from then on. */
  readonly reordered: readonly Node[];
  /** Functions of the model that are of an older operator set themselves. */
  readonly functions: readonly FunctionDef[];
  readonly failure: { readonly node: Node | null; readonly reason: string } | null;
}

/** Values of the main graph and of the graphs in it. */
function bodyFacts(context: PassContext, target: number): Facts {
  return {
    target,
    dtype: (operand) =>
      typeof operand === 'number' ? dtypeOf(context, operand) : operand instanceof Tensor ? operand.dtype : null,
    shape: (operand) =>
      typeof operand === 'number' ? shapeOf(context, operand) : operand instanceof Tensor ? operand.shape : null,
    constant: (operand) =>
      typeof operand === 'number' ? constantOf(context, operand) : operand instanceof Tensor ? operand : null,
    isRead: (value) => context.model.isUsed(value),
  };
}

/** The body of a function takes its types from each call. */
const functionFacts = (model: Model, target: number): Facts => ({
  target,
  dtype: (operand) => (operand instanceof Tensor ? operand.dtype : null),
  shape: (operand) => (operand instanceof Tensor ? operand.shape : null),
  constant: (operand) => (operand instanceof Tensor ? operand : null),
  isRead: (value) => model.isUsed(value),
});

/** What it takes to bring the whole model to `target`. */
export function planConversion(context: PassContext, target: number): Plan {
  const { model } = context;
  const functions = model.functions.filter((def) => isOlder(def, target));
  const early = modelFailure(context, functions);
  if (early !== null) return { ...NOTHING, failure: early };
  const called = new Set(model.functions.map((def) => `${def.domain} ${def.name}`));
  const plan = { changes: [] as Change[], reordered: [] as Node[], functions, failure: null };
  for (const { nodes, from, facts } of partsOf(context, functions, target)) {
    for (const node of nodes) {
      if (node.domain !== '' || called.has(` ${node.opType}`)) continue;
      const found = changeOf(node, from, facts);
      if (typeof found === 'string') return { ...NOTHING, failure: { node, reason: found } };
      if (found) plan.changes.push(found);
      if (isReordered(node, from, target)) plan.reordered.push(node);
    }
  }
  return plan;
}

const NOTHING: Omit<Plan, 'failure'> = { changes: [], reordered: [], functions: [] };

function isReordered({ opType }: Node, from: number, target: number): boolean {
  const version = REORDERED[opType] ?? Infinity;
  return from < version && version <= target;
}

/** What stands against it that is at no node. */
function modelFailure(context: PassContext, functions: readonly FunctionDef[]): Plan['failure'] {
  if (context.model.trainingInfo.length > 0) {
    return { node: null, reason: 'it holds training information of its operator set' };
  }
  const reason = functions.map(functionReason).find((each) => each !== null);
  return reason === undefined ? declarationFailure(context) : { node: null, reason };
}

/** Newer versions follow shapes further when a model is loaded, and find what a wrong declaration hid before. */
function declarationFailure(context: PassContext): Plan['failure'] {
  const { model } = context;
  for (const id of model.graph.outputs) {
    const { name, type, producer } = model.getValue(id);
    const declared = type?.kind === 'tensor' ? type.shape : null;
    const shape = producer === null ? null : shapeOf(context, id);
    if (producer === null || declared === null || shape === null || agree(declared, shape)) continue;
    const reason = `its result ${name} is declared as [${declared.join(', ')}] and is [${shape.join(', ')}]`;
    return { node: model.getNode(producer.node), reason };
  }
  return null;
}

const agree = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((dim, i) => typeof dim !== 'number' || typeof b[i] !== 'number' || dim === b[i]);

const partsOf = (context: PassContext, functions: readonly FunctionDef[], target: number): Part[] => [
  { nodes: bodyNodes(context.model), from: context.model.opset(), facts: bodyFacts(context, target) },
  ...functions.map((def) => functionPart(context.model, def, target)),
];

/** Nodes that share an operator set. */
interface Part {
  readonly nodes: Iterable<Node>;
  readonly from: number;
  readonly facts: Facts;
}

const opsetOf = (def: FunctionDef): number => def.opsetImports.get('') ?? 0;
const isOlder = (def: FunctionDef, target: number): boolean => opsetOf(def) > 0 && opsetOf(def) < target;

const functionPart = (model: Model, def: FunctionDef, target: number): Part => ({
  nodes: nodesBelow(model, model.getGraph(def.graph)),
  from: opsetOf(def),
  facts: functionFacts(model, target),
});

function functionReason(def: FunctionDef): string | null {
  const holdsGraph = [...def.defaults.values()].some(({ type }) => type === 'graph' || type === 'graphs');
  return holdsGraph ? `its function ${def.name} has a graph as the default of an attribute` : null;
}

function changeOf(node: Node, from: number, facts: Facts): Change | string | null {
  const reason = nodeReason(node, from) ?? kernelReason(node.opType, from, facts.target);
  if (reason !== null) return reason;
  const before: Draft = {
    opType: node.opType,
    inputs: node.inputs,
    attributes: node.attributes,
    outputs: node.outputs,
    origin: node.opType,
  };
  const after = upgrade(before, from, facts);
  if (typeof after === 'string') return after;
  return after === before ? null : { node, draft: after };
}
