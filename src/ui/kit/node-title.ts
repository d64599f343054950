import { plainOperator } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';

/** `Conv 21`: what a person calls a node. */
export function nodeTitle(view: GraphView, node: number): string {
  const row = view.nodeIds.indexOf(node);
  if (row < 0) return `node ${node}`;
  return `${plainOperator(view.opTypes[view.nodeOps[row] ?? 0] ?? '?')} ${view.nodeOrdinals[row] ?? ''}`;
}
