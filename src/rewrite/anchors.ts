import type { Analysis } from '../analysis/analyze.ts';
import type { Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { bodyNodes } from './graphs.ts';
import type { PassContext } from './pass.ts';

/** Nodes of one operator with their places in `bodyNodes`. */
type Row = { readonly id: NodeId; readonly place: number }[];

const indices = new WeakMap<Analysis, ReadonlyMap<string, Row>>();

/** Most passes look for operators that a model does not have: an index, made once per analysis, tells them at once. */
function indexOf({ model, analysis }: PassContext): ReadonlyMap<string, Row> {
  const ready = indices.get(analysis);
  if (ready) return ready;
  const index = new Map<string, Row>();
  let place = 0;
  for (const { id, opType } of bodyNodes(model)) {
    const row = index.get(opType);
    if (row) row.push({ id, place });
    else index.set(opType, [{ id, place }]);
    place++;
  }
  indices.set(analysis, index);
  return index;
}

/**
 * The nodes of these operators (of any domain) in the order of `bodyNodes`. For `find`, while the model is as the
 * analysis saw it.
 */
export function nodesOfTypes(context: PassContext, types: Iterable<string>): Node[] {
  const index = indexOf(context);
  const rows = [...types].map((type) => index.get(type) ?? []).filter((row) => row.length > 0);
  const merged = rows.length === 1 ? (rows[0] ?? []) : rows.flat().sort((a, b) => a.place - b.place);
  return merged.map(({ id }) => context.model.getNode(id));
}
