import { CodedError } from '../../base/error.ts';
import { defined } from '../../base/assert.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { opKey } from '../../ops/registry.ts';
import { Emit } from '../emit.ts';
import { Composite, type Decomposition } from './composite.ts';
import { inlineCalls } from './inline.ts';
import { markMade, placeOf, type DecomposeReport, type Left, type Replaced } from './report.ts';
import { DECOMPOSITIONS } from './table.ts';

/** The operator set of ai.onnx whose operators are written. */
const OLDEST_OPSET = 18;

/**
 * Writes operators that are made of others in primitive ones, in place: fused and whole attention, norms, recurrent
 * layers and the like. What follows a node keeps its values, and weights stay the constants that they are, so that a
 * trained weight is one of the opened model. A node that cannot be written out stays, with the reason.
 *
 * @param keep nodes that stay as they are
 * @throws CodedError `unsupported` below ai.onnx 18
 */
export function decompose(model: Model, keep: (node: Node) => boolean = () => false): DecomposeReport {
  if (model.opset() < OLDEST_OPSET) {
    throw new CodedError(
      'unsupported',
      `Operators are written out in those of operator set ${OLDEST_OPSET} or later, and this model is of ${model.opset()}: convert it first.`,
      { opset: model.opset() },
    );
  }
  const first = model.frontier;
  const calls = inlineCalls(model, keep);
  const stays = new Set(calls.left.map(({ node }) => node));
  const isSite = (node: Node): boolean => DECOMPOSITIONS.has(opKey(node)) && !stays.has(node.id) && !keep(node);
  const log: Log = { replaced: calls.replaced, madeFor: new Map() };
  let left: readonly Left[];
  let before: number;
  // What was written out may tell sizes that the whole operator kept to itself, and may be made of others again.
  do {
    before = log.madeFor.size;
    left = round(model, isSite, log);
  } while (log.madeFor.size > before);
  removeUnusedConstants(model, first);
  return { replaced: log.replaced, left: [...calls.left, ...left, ...inSubgraphs(model, isSite)] };
}

interface Log {
  readonly replaced: Replaced[];
  /** Nodes that were written, by what they were written for. */
  readonly madeFor: Map<NodeId, Replaced>;
}

/** Writes out what it can, and says what it cannot. */
function round(model: Model, isSite: (node: Node) => boolean, { replaced, madeFor }: Log): readonly Left[] {
  const sites = [...model.graph.nodes].map((id) => model.getNode(id)).filter(isSite);
  if (sites.length === 0) return [];
  const emit = new Emit(model, 'wasm');
  const left: Left[] = [];
  for (const node of sites) {
    const place = placeOf(node);
    const made = writeOut(emit, node, defined(DECOMPOSITIONS.get(place.opType), place.opType));
    if (typeof made === 'string') {
      left.push({ ...place, reason: made });
      continue;
    }
    const outer = madeFor.get(node.id);
    const entry = outer ?? { ...place, by: 0 };
    entry.by += made.length - (outer ? 1 : 0);
    if (!outer) replaced.push(entry);
    for (const each of made) madeFor.set(each.id, entry);
  }
  model.sort();
  return left;
}

/** The nodes that took the place of one, or why it stays. */
function writeOut(emit: Emit, node: Node, rule: Decomposition): readonly Node[] | string {
  const { model } = emit;
  const first = model.frontier;
  try {
    emit.in(node.name || node.opType, () => {
      checkType(emit, node);
      replace(emit, node, rule(new Composite(emit, node)), first);
    });
  } catch (error) {
    removeSince(model, first);
    if (error instanceof CodedError && error.code === 'unsupported') return error.message;
    throw error;
  }
  const made = madeSince(model, first);
  markMade(made, node);
  return made;
}

function checkType(emit: Emit, node: Node): void {
  const dtype = node.inputs.map((input) => (input === null ? 'undefined' : emit.dtype(input))).find(isOtherFloat);
  if (dtype === undefined) return;
  throw new CodedError('unsupported', `it computes in ${dtype}, and training works in float32`);
}
const isOtherFloat = (dtype: string): boolean => /^b?float/.test(dtype) && dtype !== 'float32';

/** The results take the place of the node's outputs, which keep their ids and names; the node is gone. */
function replace(emit: Emit, node: Node, results: readonly (ValueId | null)[], first: number): void {
  const { model } = emit;
  const moved = new Map<ValueId, ValueId>();
  node.outputs.forEach((output, index) => {
    if (output === null || !model.isUsed(output)) return;
    const result = defined(results[index], `result ${index} of ${node.opType}`);
    const known = moved.get(result) ?? result;
    const source = known === result && isMade(model, result, first) ? result : emit.op('Identity', [known]);
    takeOver(model, source, output);
    moved.set(result, output);
  });
  model.removeNode(node.id);
}

/** Whether one of the nodes since `first` computes a value. */
const isMade = (model: Model, value: ValueId, first: number): boolean =>
  (model.getValue(value).producer?.node ?? 0) >= first;

/** `value` is computed where `source` was, which is gone. */
function takeOver(model: Model, source: ValueId, value: ValueId): void {
  const { node, index } = defined(model.getValue(source).producer, 'the node of a result');
  model.detachOutput(value);
  model.replaceAllUses(source, value);
  model.detachOutput(source);
  model.removeValue(source);
  model.moveOutput(value, model.getNode(node), index);
}

function madeSince(model: Model, first: number): Node[] {
  const made: Node[] = [];
  for (let id = first; id < model.frontier; id++) {
    const node = model.nodes.get(id as NodeId);
    if (node) made.push(node);
  }
  return made;
}

function removeSince(model: Model, first: number): void {
  for (const node of madeSince(model, first).reverse()) model.removeNode(node.id);
}

/** Constants of what was taken back. */
function removeUnusedConstants(model: Model, first: number): void {
  for (const id of [...model.graph.initializers.keys()]) if (id >= first && !model.isUsed(id)) model.removeValue(id);
}

/** Nodes of the bodies of If, Loop and Scan, which gradients do not enter. */
function inSubgraphs(model: Model, isSite: (node: Node) => boolean): Left[] {
  return [...model.graphs.values()].flatMap((graph) => {
    if (graph.owner === null) return [];
    const sites = [...graph.nodes].map((id) => model.getNode(id)).filter(isSite);
    return sites.map((node) => ({ ...placeOf(node), reason: 'it stands in a subgraph' }));
  });
}
