import { isFolded, type GraphView } from '../ir/view.ts';

/**
 * What is placed: the view's rows, its inputs, its outputs, and a box for each folded group, numbered in that order.
 * Rows inside of a folded group have no place: something stands in for them.
 */
export interface Items {
  readonly rows: number;
  readonly inputs: number;
  readonly ports: number;
  /** Index into `view.groups` of each folded group that has a box. */
  readonly folded: Int32Array;
  readonly count: number;
  /** [rows] the item that is in the row's place: the row, the box of its folded group, or the node that holds it. */
  readonly standIns: Int32Array;
}

/** @param toggled keys of groups that are not as they are at first */
export function itemsOf(view: GraphView, toggled: ReadonlySet<string>): Items {
  const { groups } = view;
  const rows = view.nodeIds.length;
  const ports = view.inputs.length + view.outputs.length;
  const folded: number[] = [];
  // By group, what stands in for its rows; -1: they are in view.
  const standIn = new Int32Array(groups.keys.length).fill(-1);
  for (let group = 0; group < standIn.length; group++) {
    const outer = standIn[groups.parents[group]!] ?? -1;
    if (outer >= 0) standIn[group] = outer;
    else if (isFolded(groups, group, toggled)) {
      const holder = groups.holders[group]!;
      standIn[group] = holder >= 0 ? holder : rows + ports + folded.push(group) - 1;
    }
  }
  const standIns = groups.ofRow.map((group, row) => {
    const item = standIn[group] ?? -1;
    return item < 0 ? row : item;
  });
  const count = rows + ports + folded.length;
  return { rows, inputs: view.inputs.length, ports, folded: Int32Array.from(folded), count, standIns };
}

/** How the layout names an item to the page: see `GraphLayout.routeSinks`. */
export const publicItem = ({ rows, ports }: Items, item: number): number =>
  item < rows ? item : item < rows + ports ? rows - item - 1 : item - ports;
