import type { Picture } from '../../engine/types.ts';
import { isFolded } from '../../ir/view.ts';

/**
 * What is drawn as a box: the rows, then one item for each folded group. Rows inside of a folded group are hidden, and
 * have its box's place; those of a folded subgraph have that of the node which holds it.
 */
export interface Items {
  readonly count: number;
  readonly rows: number;
  /** [items] top-left corner and size in graph units. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** [items] 1: not drawn. */
  readonly hidden: Uint8Array;
  /** [items] */
  readonly columns: Uint16Array;
  /** [rows] the item that shows a row: itself, or what it is folded into. */
  readonly ofRow: Int32Array;
  /** [folded] rows inside, in order. */
  readonly members: readonly Int32Array[];
  /** Rows with folded subgraphs or bodies, and how many rows are hidden in each. */
  readonly holding: ReadonlyMap<number, number>;
}

export function itemsOf(picture: Picture): Items {
  const { layout } = picture;
  const rows = layout.x.length;
  const { folded } = layout;
  const boxes = folded.groups.length;
  const ofRow = shownAs(picture);
  const members = membersOf(ofRow, rows, boxes);
  const hidden = new Uint8Array(rows + boxes);
  hidden.set(layout.hidden);
  const columns = new Uint16Array(rows + boxes);
  columns.set(layout.columns);
  members.forEach((inside, box) => (columns[rows + box] = layout.columns[inside[0] ?? 0] ?? 0));
  return {
    count: rows + boxes,
    rows,
    x: joined(layout.x, folded.x),
    y: joined(layout.y, folded.y),
    widths: joined(layout.widths, folded.widths),
    heights: joined(layout.heights, folded.heights),
    hidden,
    columns,
    ofRow,
    members,
    holding: holdingOf(ofRow, rows),
  };
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  if (b.length === 0) return a;
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** [rows] the item that a row is shown as: the outermost of what it is folded into. */
function shownAs({ view, layout, toggled }: Picture): Int32Array {
  const rows = layout.x.length;
  const ofRow = Int32Array.from({ length: rows }, (_, row) => row);
  if (!layout.hidden.includes(1)) return ofRow;
  const { groups } = view;
  const turned = new Set(toggled);
  const boxOf = new Map(Array.from(layout.folded.groups, (group, box) => [group, box]));
  // Groups share the answer of their rows; parents come before their children.
  const itemOf = new Int32Array(groups.keys.length).fill(-1);
  for (let group = 0; group < itemOf.length; group++) {
    const outer = groups.parents[group]! >= 0 ? itemOf[groups.parents[group]!]! : -1;
    const holder = groups.holders[group]!;
    const box = boxOf.get(group);
    if (outer >= 0) itemOf[group] = outer;
    else if (box !== undefined) itemOf[group] = rows + box;
    else if (holder >= 0 && isFolded(groups, group, turned)) itemOf[group] = holder;
  }
  for (let row = 0; row < rows; row++) {
    const group = groups.ofRow[row]!;
    if (layout.hidden[row] === 1 && group >= 0 && itemOf[group]! >= 0) ofRow[row] = itemOf[group]!;
  }
  return ofRow;
}

function membersOf(ofRow: Int32Array, rows: number, boxes: number): Int32Array[] {
  const members: number[][] = Array.from({ length: boxes }, () => []);
  if (boxes > 0) ofRow.forEach((item, row) => item >= rows && members[item - rows]!.push(row));
  return members.map((inside) => Int32Array.from(inside));
}

function holdingOf(ofRow: Int32Array, rows: number): Map<number, number> {
  const holding = new Map<number, number>();
  ofRow.forEach((item, row) => {
    if (item !== row && item < rows) holding.set(item, (holding.get(item) ?? 0) + 1);
  });
  return holding;
}
