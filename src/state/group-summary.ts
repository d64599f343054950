import { GROUP_KINDS, type GroupKind } from '../base/group-kinds.ts';
import { isFolded, type GraphView, type GroupTree } from '../ir/view.ts';

/** A group as others speak of it. `first`: NodeId of its first node. */
export interface GroupRef {
  readonly key: string;
  readonly name: string;
  readonly first: number | null;
}

/** A group of nodes in numbers; what is unknown of one node is unknown of all. */
export interface GroupSummary extends GroupRef {
  readonly kind: GroupKind;
  readonly folded: boolean;
  readonly parent: GroupRef | null;
  readonly children: readonly (GroupRef & { readonly nodes: number })[];
  readonly nodes: number;
  /** Operators by count, the most frequent first. */
  readonly operators: readonly (readonly [opType: string, count: number])[];
  readonly macs: number;
  readonly elementwise: number;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  /** Groups that are built alike, this one among them, in the order of the graph. */
  readonly copies: readonly GroupRef[];
  /** NodeId of the node whose body it is. */
  readonly holder: number | null;
}

/** [groups] whether a group is `group` or stands in it; parents come before their children. */
function within({ parents }: GroupTree, group: number): Uint8Array {
  const inside = new Uint8Array(parents.length);
  parents.forEach((parent, each) => {
    if (each === group || (parent >= 0 && inside[parent] === 1)) inside[each] = 1;
  });
  return inside;
}

/** [groups] first row inside; −1: none. */
const firstRows = new WeakMap<GroupTree, Int32Array>();
function firstRowOf(tree: GroupTree, group: number): number {
  const known = firstRows.get(tree) ?? findFirstRows(tree);
  firstRows.set(tree, known);
  return known[group] ?? -1;
}

function findFirstRows({ parents, ofRow }: GroupTree): Int32Array {
  const first = new Int32Array(parents.length).fill(-1);
  ofRow.forEach((innermost, row) => {
    for (let group = innermost; group >= 0 && first[group] === -1; group = parents[group] ?? -1) first[group] = row;
  });
  return first;
}

const rowsIn = (tree: GroupTree, group: number): readonly number[] => {
  const inside = within(tree, group);
  return Array.from(tree.ofRow.keys()).filter((row) => inside[tree.ofRow[row] ?? -1] === 1);
};

/** NodeIds of all that stands in a group, by its key; none where the picture has none of that key. */
export function nodesInGroup({ groups, nodeIds }: GraphView, key: string): readonly number[] {
  const group = groups.keys.indexOf(key);
  return group < 0 ? [] : rowsIn(groups, group).map((row) => nodeIds[row] ?? -1);
}

/** A group by its key; null where the picture has none of that key. */
export function summarizeGroup(view: GraphView, toggled: readonly string[], key: string): GroupSummary | null {
  const { groups: tree } = view;
  const group = tree.keys.indexOf(key);
  if (group < 0) return null;
  const rows = rowsIn(tree, group);
  const sum = (column: Float64Array): number => rows.reduce((total, row) => total + (column[row] ?? NaN), 0);
  const counts = new Map<string, number>();
  for (const row of rows) {
    const opType = view.opTypes[view.nodeOps[row] ?? 0] ?? '?';
    counts.set(opType, (counts.get(opType) ?? 0) + 1);
  }
  const idOf = (row: number | undefined): number | null => (row === undefined ? null : (view.nodeIds[row] ?? null));
  const named = (each: number): GroupRef => ({
    key: tree.keys[each] ?? '',
    name: tree.names[each] ?? '',
    first: idOf(firstRowOf(tree, each)),
  });
  const parent = tree.parents[group] ?? -1;
  const all = Array.from(tree.parents.keys());
  return {
    ...named(group),
    kind: GROUP_KINDS[tree.kinds[group] ?? 0] ?? 'scope',
    folded: isFolded(tree, group, new Set(toggled)),
    parent: parent < 0 ? null : named(parent),
    children: all
      .filter((each) => tree.parents[each] === group)
      .map((each) => ({ ...named(each), nodes: tree.sizes[each] ?? 0 })),
    nodes: rows.length,
    operators: [...counts].sort((a, b) => b[1] - a[1]),
    macs: sum(view.macs),
    elementwise: sum(view.elementwise),
    parameters: sum(view.parameters),
    weightBytes: sum(view.weightBytes),
    activationBytes: sum(view.activationBytes),
    copies: all.filter((each) => tree.classes[each] === tree.classes[group]).map(named),
    holder: idOf(tree.holders[group]),
  };
}
