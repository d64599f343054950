import type { Analysis } from '../../analysis/analyze.ts';
import { holdsGraphs } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { staticShape, type NodeId, type ValueId } from '../../ir/types.ts';
import { isDeterministic } from '../../ops/registry.ts';

const SHAPE_READERS: ReadonlySet<string> = new Set(['Shape', 'Size']);

/** What the runtime knows once it has loaded a model: values that depend on constants and fixed shapes only. */
export interface Folded {
  /** The value is a constant by then. */
  has(value: ValueId): boolean;
  /** The node is gone by then. */
  isGone(node: Node): boolean;
}

/** Follows the runtime's constant folding; nothing is computed. */
export function foldedValues(analysis: Analysis): Folded {
  const { model } = analysis;
  const values = new Set<ValueId>();
  const gone = new Set<NodeId>();
  const isConstant = (value: ValueId): boolean => values.has(value) || analysis.constant(value) !== null;
  for (const node of analysis.order) {
    const inputs = node.inputs.filter((value) => value !== null);
    const readsShape =
      node.domain === '' &&
      SHAPE_READERS.has(node.opType) &&
      inputs.every((value) => staticShape(analysis.shape(value)));
    const folds = readsShape || (inputs.every(isConstant) && isDeterministic(node, model) && !holdsGraphs(node));
    if (!folds) continue;
    gone.add(node.id);
    for (const output of node.outputs) if (output !== null) values.add(output);
  }
  return { has: isConstant, isGone: (node) => gone.has(node.id) };
}
