import type { GraphView } from '../ir/view.ts';
import type { Items } from './items.ts';

/** Items that a group must hold to get a frame, and the share of the graph that it may not exceed. */
const LEAST_FRAMED = 3;
const MOST_FRAMED = 0.6;
/** A body may be as many times taller: without a frame it does not show which branch or loop a node is in. */
const BODY_SLACK = 4;

/** Which open groups are boxes with a layout of their own; the others are dissolved into what is around them. */
export interface Nesting {
  /** [boxes] index into `view.groups`; outer before inner. */
  readonly groups: Int32Array;
  /** [boxes] box around it; -1: none. */
  readonly parents: Int32Array;
  /** [items] innermost box; -1: none. A leaf is where its host is. */
  readonly ofItem: Int32Array;
}

/**
 * @param ranks [items] of the graph without groups
 * @param mostRanks a group that spans more of them than fit a column is dissolved
 */
export function nest(view: GraphView, items: Items, hosts: Int32Array, ranks: Int32Array, mostRanks: number): Nesting {
  const { parents, holders } = view.groups;
  const groupOf = groupsOfItems(view, items);
  const spans = spansOf(parents, groupOf, hosts, ranks);
  const boxes: number[] = [];
  const boxParents: number[] = [];
  // By group, the innermost box that it lies in or is.
  const boxOf = new Int32Array(parents.length).fill(-1);
  for (let group = 0; group < parents.length; group++) {
    const around = boxOf[parents[group]!] ?? -1;
    const { count, first, last } = spans[group]!;
    const isWhole = around >= 0 && count === spans[boxes[around]!]!.count;
    const isBody = holders[group]! >= 0;
    const isFramed = isBody
      ? last - first < BODY_SLACK * mostRanks
      : count >= LEAST_FRAMED && count < MOST_FRAMED * items.count && last - first < mostRanks;
    if (isWhole || !isFramed) boxOf[group] = around;
    else {
      boxOf[group] = boxes.push(group) - 1;
      boxParents.push(around);
    }
  }
  const ofItem = groupOf.map((group) => boxOf[group] ?? -1);
  hosts.forEach((host, item) => {
    if (host >= 0) ofItem[item] = ofItem[host]!;
  });
  return { groups: Int32Array.from(boxes), parents: Int32Array.from(boxParents), ofItem };
}

/** [items] the innermost open group of each; rows that are not in view have none. */
function groupsOfItems({ groups }: GraphView, items: Items): Int32Array {
  const groupOf = new Int32Array(items.count).fill(-1);
  groups.ofRow.forEach((group, row) => {
    if (items.standIns[row] === row) groupOf[row] = group;
  });
  items.folded.forEach((group, f) => (groupOf[items.rows + items.ports + f] = groups.parents[group]!));
  return groupOf;
}

function spansOf(parents: Int32Array, groupOf: Int32Array, hosts: Int32Array, ranks: Int32Array) {
  const spans = Array.from(parents, () => ({ count: 0, first: Number.MAX_SAFE_INTEGER, last: -1 }));
  groupOf.forEach((group, item) => {
    if (hosts[item]! >= 0) return;
    for (let each = group; each >= 0; each = parents[each]!) {
      const span = spans[each]!;
      span.count++;
      if (ranks[item]! < span.first) span.first = ranks[item]!;
      if (ranks[item]! > span.last) span.last = ranks[item]!;
    }
  });
  return spans;
}
