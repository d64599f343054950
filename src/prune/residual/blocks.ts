import type { Analysis } from '../../analysis/analyze.ts';
import { subgraphs } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';

/** y = x + F(x): with F gone, y is x. */
export interface ResidualBlock {
  readonly add: Node;
  readonly x: ValueId;
  readonly branch: ValueId;
  readonly y: ValueId;
  /** F, in the order of the graph. */
  readonly nodes: readonly Node[];
}

/** A residual whose branch cannot go by itself. */
export interface StuckBlock {
  readonly add: Node;
  readonly reason: string;
}

/** More than this is no block but a part of the network. */
const MOST_NODES = 250;

/**
 * Every residual sum of the main graph whose branch begins at its skip: single blocks, not sums over several of them
 * (a long skip around a whole stage).
 */
export function residualBlocks(
  model: Model,
  analysis: Analysis,
): { readonly blocks: readonly ResidualBlock[]; readonly stuck: readonly StuckBlock[] } {
  const blocks: ResidualBlock[] = [];
  const stuck: StuckBlock[] = [];
  const sums = new Set<NodeId>();
  for (const id of model.graph.nodes) {
    const add = model.getNode(id);
    if (add.opType !== 'Add' || add.domain !== '') continue;
    const found = [0, 1].map((skip) => branchOf(model, analysis, add, skip, sums)).find((each) => each !== null);
    if (!found) continue;
    if ('reason' in found) stuck.push(found);
    else {
      blocks.push(found);
      sums.add(id);
    }
  }
  return { blocks, stuck };
}

function branchOf(
  model: Model,
  analysis: Analysis,
  add: Node,
  skip: number,
  sums: ReadonlySet<NodeId>,
): ResidualBlock | StuckBlock | null {
  const [x = null, branch = null] = [add.inputs[skip], add.inputs[1 - skip]];
  const [y = null] = add.outputs;
  if (x === null || branch === null || y === null || analysis.constant(x) || analysis.constant(branch)) return null;
  const nodes = between(model, x, branch);
  if (!nodes || !nodes.some((node) => isLinear(node, analysis))) return null;
  if (nodes.some((node) => sums.has(node.id))) return { add, reason: 'spans other residual sums' };
  const shapes = [x, branch, y].map((value) => analysis.shape(value));
  if (shapes.some((shape) => shape === null || shape.join() !== shapes[0]?.join() || shape.includes(null))) {
    return { add, reason: 'its sum and its skip cannot be shown to have one shape' };
  }
  if (model.isGraphOutput(y)) return { add, reason: `${model.getValue(y).name} is a graph output` };
  const leak = leakOf(model, nodes, add);
  return leak === null ? { add, x, branch, y, nodes } : { add, reason: `${leak} inside it is used elsewhere` };
}

const isLinear = (node: Node, analysis: Analysis): boolean =>
  /^(Conv|ConvTranspose|Gemm|MatMul|FusedConv|FusedMatMul|Attention)$/.test(node.opType) &&
  node.inputs.slice(1, 2).some((value) => value !== null && analysis.constant(value) !== null);

/** The nodes that compute `to` and depend on `from`; null: `to` does not depend on it, or by too many. */
function between(model: Model, from: ValueId, to: ValueId): Node[] | null {
  const depends = new Map<NodeId, boolean>();
  const found: Node[] = [];
  const visit = (value: ValueId): boolean => {
    if (value === from) return true;
    const producer = model.getValue(value).producer;
    if (producer === null) return false;
    const known = depends.get(producer.node);
    if (known !== undefined) return known;
    // While it is looked at: a graph has no cycles, and a branch deeper than a block is none.
    depends.set(producer.node, false);
    if (depends.size > MOST_NODES) return false;
    const node = model.getNode(producer.node);
    const does = node.inputs.map((input) => input !== null && visit(input)).some(Boolean);
    depends.set(producer.node, does);
    if (does) found.push(node);
    return does;
  };
  return visit(to) && depends.size <= MOST_NODES && !found.some(hasBody) ? found : null;
}

const hasBody = (node: Node): boolean => [...subgraphs(node)].length > 0;

/** The name of an inner value that something outside reads. */
function leakOf(model: Model, nodes: readonly Node[], add: Node): string | null {
  const inside = new Set([...nodes.map((node) => node.id), add.id]);
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (output === null) continue;
      const value = model.getValue(output);
      if (model.isGraphOutput(output) || value.uses.some((use) => !inside.has(use.node))) return value.name;
    }
  }
  return null;
}
