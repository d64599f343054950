import type { GraphView } from '../ir/view.ts';
import type { Items } from './items.ts';
import type { PlacedPanes } from './emit.ts';
import type { Panes } from './panes.ts';
import type { LayoutBlock } from './types.ts';

/** Which group each box is of. */
export interface BoxNames {
  /** [boxes] index into `view.groups`; -1: the group is gone. */
  readonly groups: Int32Array;
  readonly keys: readonly string[];
  readonly names: readonly string[];
}

/** `features.7` says enough; `attention` needs the scope around it where that has no frame: `layers.0/attention`. */
export function boxNames(view: GraphView, groups: Int32Array, parents: Int32Array): BoxNames {
  const { names, keys, parents: around } = view.groups;
  const nameOf = (group: number, box: number): string => {
    const outer = around[group]!;
    const isFramed = outer === (groups[parents[box]!] ?? -1);
    return isFramed || /\d/.test(names[group]!) || !/\d/.test(names[outer]!)
      ? names[group]!
      : `${names[outer]!}/${names[group]!}`;
  };
  return {
    groups,
    keys: Array.from(groups, (group) => keys[group]!),
    names: Array.from(groups, nameOf),
  };
}

/** A frame around each box that something is left in. */
export function framesOf(items: Items, panes: Panes, placed: PlacedPanes, boxes: BoxNames): LayoutBlock[] {
  const rows: number[][] = boxes.names.map(() => []);
  for (let row = 0; row < items.rows; row++) {
    if (items.standIns[row] !== row) continue;
    for (let pane = panes.ofItem[row]!; pane >= panes.columns; pane = panes.parents[pane]!) {
      rows[pane - panes.columns]!.push(row);
    }
  }
  return boxes.names.flatMap((name, box) => {
    const pane = panes.columns + box;
    const { width, height } = placed.shapes[pane]!.grid;
    if (rows[box]!.length === 0) return [];
    const [x, y] = [placed.x[pane]!, placed.y[pane]!];
    return [{ group: boxes.groups[box]!, name, x, y, width, height, rows: Int32Array.from(rows[box]!) }];
  });
}
