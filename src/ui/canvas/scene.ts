import { shortOperator as shortOp } from '../../base/format.ts';
import type { Picture } from '../../engine/types.ts';
import type { Family } from '../../base/families.ts';
import { FAMILIES } from '../../base/families.ts';
import { TileIndex } from './tiles.ts';
import type { Box } from './types.ts';

/** A picture with the indices that drawing and moving about need; built once per picture. */
export interface Scene {
  readonly picture: Picture;
  readonly rowOf: ReadonlyMap<number, number>;
  readonly rows: TileIndex;
  readonly routes: TileIndex;
  readonly stubs: TileIndex;
  /** CSR: routes that leave and routes that enter each row. */
  readonly routesFrom: RowLists;
  readonly routesTo: RowLists;
  readonly family: (row: number) => Family;
  /** "BatchNorm" */
  readonly op: (row: number) => string;
  /** "BatchNorm 21" */
  readonly label: (row: number) => string;
  /** Rows column by column, from top to bottom: the order of the strip. */
  readonly order: Int32Array;
}

export interface RowLists {
  readonly starts: Int32Array;
  readonly entries: Int32Array;
}

export function buildScene(picture: Picture): Scene {
  const { view, layout } = picture;
  const rowOf = new Map<number, number>();
  view.nodeIds.forEach((id, row) => rowOf.set(id, row));
  const ops = view.opTypes.map(shortOp);
  const families = Array.from(view.opFamilies, (index) => FAMILIES[index] ?? 'unknown');
  const op = (row: number): string => ops[view.nodeOps[row]!] ?? '';
  const routes = layout.routeWires.length;
  const sources = Int32Array.from(layout.routeWires, (wire) => view.wireSources[wire]!);
  const { width, height } = layout;
  return {
    picture,
    rowOf,
    rows: new TileIndex(width, height, layout.x.length, (row) => boxOfRow(picture, row)),
    routes: new TileIndex(width, height, routes, (route) => boxOfRoute(picture, route)),
    stubs: new TileIndex(width, height, layout.stubX.length, (stub) => boxOfStub(picture, stub)),
    routesFrom: group(sources, layout.x.length),
    routesTo: group(layout.routeSinks, layout.x.length),
    family: (row) => families[view.nodeOps[row]!] ?? 'unknown',
    op,
    label: (row) => `${op(row)} ${view.nodeOrdinals[row]}`,
    order: columnOrder(picture),
  };
}

export { shortOp };

/** Indices of `keys` by key; keys that are no row are left out. */
function group(keys: Int32Array, rows: number): RowLists {
  const starts = new Int32Array(rows + 1);
  for (const key of keys) if (key >= 0) starts[key + 1]!++;
  for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!;
  const next = starts.slice();
  const entries = new Int32Array(starts[rows]!);
  keys.forEach((key, index) => {
    if (key >= 0) entries[next[key]!++] = index;
  });
  return { starts, entries };
}

export const listOf = (lists: RowLists, row: number): Int32Array =>
  lists.entries.subarray(lists.starts[row], lists.starts[row + 1]);

function columnOrder({ layout }: Picture): Int32Array {
  const order = Int32Array.from(layout.x, (_, row) => row);
  return order.sort((a, b) => layout.columns[a]! - layout.columns[b]! || layout.y[a]! - layout.y[b]! || a - b);
}

export const boxOfRow = ({ layout }: Picture, row: number): Box => ({
  left: layout.x[row]!,
  top: layout.y[row]!,
  right: layout.x[row]! + layout.widths[row]!,
  bottom: layout.y[row]! + layout.heights[row]!,
});

function boxOfRoute({ layout }: Picture, route: number): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = layout.routeStarts[route]!; i < layout.routeStarts[route + 1]!; i++) {
    const x = layout.routePoints[2 * i]!;
    const y = layout.routePoints[2 * i + 1]!;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

export function boxOfStub({ layout }: Picture, stub: number): Box {
  const half = layout.stubWidths[stub]! / 2;
  const x = layout.stubX[stub]!;
  const y = layout.stubY[stub]!;
  return { left: x - half, right: x + half, top: y - 9, bottom: y + 9 };
}

export function boxOfPort({ layout }: Picture, port: number): Box {
  const half = layout.portWidths[port]! / 2;
  const x = layout.portX[port]!;
  const y = layout.portY[port]!;
  const tall = layout.portHeights[port]! / 2;
  return { left: x - half, right: x + half, top: y - tall, bottom: y + tall };
}

/** Whether a row hangs small above its reader. */
export const isLeaf = ({ layout }: Picture, row: number): boolean => layout.leaves[row] === 1;

/** The row under a point of the graph; -1: none. */
export function rowAt(scene: Scene, x: number, y: number): number {
  let found = -1;
  scene.rows.query({ left: x, right: x, top: y, bottom: y }, (row) => {
    const box = boxOfRow(scene.picture, row);
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) found = row;
  });
  return found;
}

/** The stub under a point; -1: none. */
export function stubAt(scene: Scene, x: number, y: number): number {
  let found = -1;
  scene.stubs.query({ left: x, right: x, top: y, bottom: y }, (stub) => {
    const box = boxOfStub(scene.picture, stub);
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) found = stub;
  });
  return found;
}

/** Rows that the row reads from and that read from it, in order of wires; stubs count. */
export function producersOf({ picture: { view } }: Scene, row: number): number[] {
  const rows = new Set<number>();
  for (let wire = 0; wire < view.wireSources.length; wire++) {
    const source = view.wireSources[wire]!;
    if (source < 0) continue;
    for (let use = view.useStarts[wire]!; use < view.useStarts[wire + 1]!; use++) {
      if (view.useRows[use] === row) rows.add(source);
    }
  }
  return [...rows];
}

export function consumersOf({ picture: { view } }: Scene, row: number): number[] {
  const rows = new Set<number>();
  for (let wire = 0; wire < view.wireSources.length; wire++) {
    if (view.wireSources[wire] !== row) continue;
    for (const use of view.useRows.subarray(view.useStarts[wire], view.useStarts[wire + 1])) rows.add(use);
  }
  return [...rows];
}
