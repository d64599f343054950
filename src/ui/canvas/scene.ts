import { shortOperator } from '../../base/format.ts';
import type { Family } from '../../base/families.ts';
import { FAMILIES } from '../../base/families.ts';
import type { Picture } from '../../engine/types.ts';
import type { GraphLayout } from '../../layout/types.ts';
import { itemsOf, type Items } from './items.ts';
import { listOf, listsOf, pairLists, type Lists } from './lists.ts';
import { columnsOf, stripOrder, type StripColumn } from './strip.ts';
import { TileIndex, type Finder, type OpenBox } from './tiles.ts';
import type { Box } from './types.ts';

/** A picture with the indices that drawing and moving about need. Those that a far view does without come when asked for. */
export class Scene {
  readonly picture: Picture;
  readonly items: Items;
  readonly tiles: TileIndex;
  /** Items that are drawn, column by column from top to bottom: the order of the strip. */
  readonly order: Int32Array;
  readonly columns: readonly StripColumn[];
  private readonly ops: readonly string[];
  private readonly families: readonly Family[];
  private readonly known: {
    rowOf?: Map<number, number>;
    routes?: TileIndex;
    stubs?: TileIndex;
    from?: Lists;
    to?: Lists;
    links?: Links;
  } = {};

  constructor(picture: Picture) {
    const { view, layout } = picture;
    this.picture = picture;
    this.ops = view.opTypes.map(shortOperator);
    this.families = Array.from(view.opFamilies, (index) => FAMILIES[index] ?? 'unknown');
    const items = itemsOf(picture);
    this.items = items;
    this.tiles = new TileIndex(layout.width, layout.height, items.count, (item, into) =>
      measureItem(items, item, into),
    );
    this.order = stripOrder(items);
    this.columns = columnsOf(items, this.order);
  }

  /** Rows by NodeId. */
  get rowOf(): ReadonlyMap<number, number> {
    const { nodeIds } = this.picture.view;
    return (this.known.rowOf ??= new Map(Array.from(nodeIds, (id, row) => [id, row])));
  }

  family(row: number): Family {
    return this.families[this.picture.view.nodeOps[row]!] ?? 'unknown';
  }

  /** "BatchNorm" */
  op(row: number): string {
    return this.ops[this.picture.view.nodeOps[row]!] ?? '';
  }

  /** "BatchNorm 21" */
  label(row: number): string {
    return `${this.op(row)} ${this.picture.view.nodeOrdinals[row]}`;
  }

  get routes(): TileIndex {
    const { layout } = this.picture;
    return (this.known.routes ??= new TileIndex(layout.width, layout.height, layout.routeWires.length, (route, into) =>
      measureRoute(layout, route, into),
    ));
  }

  get stubs(): TileIndex {
    const { layout } = this.picture;
    return (this.known.stubs ??= new TileIndex(layout.width, layout.height, layout.stubX.length, (stub, into) =>
      measureStub(layout, stub, into),
    ));
  }

  /** Routes that leave each item. */
  get routesFrom(): Lists {
    return (this.known.from ??= listsOf(this.picture.layout.routeSources, this.items.count));
  }

  /** Routes that enter each item. */
  get routesTo(): Lists {
    return (this.known.to ??= listsOf(this.picture.layout.routeSinks, this.items.count));
  }

  /** What reads each item, stubs counted; an item that does so twice is listed twice. */
  get readers(): Lists {
    return (this.known.links ??= linksOf(this.picture, this.items)).readers;
  }

  /** What each item reads. */
  get sources(): Lists {
    return (this.known.links ??= linksOf(this.picture, this.items)).sources;
  }
}

const scenes = new WeakMap<Picture, Scene>();

/** The scene of a picture; the same one each time. */
export function sceneOf(picture: Picture): Scene {
  let scene = scenes.get(picture);
  if (!scene) scenes.set(picture, (scene = new Scene(picture)));
  return scene;
}

interface Links {
  readonly readers: Lists;
  readonly sources: Lists;
}

/** Wires between rows, as links between the items that show them. */
function linksOf({ view }: Picture, { ofRow, count }: Items): Links {
  const froms = new Int32Array(view.useRows.length);
  const tos = new Int32Array(view.useRows.length);
  let links = 0;
  for (let wire = 0; wire < view.wireSources.length; wire++) {
    const source = view.wireSources[wire]!;
    if (source < 0) continue;
    const from = ofRow[source]!;
    for (let use = view.useStarts[wire]!; use < view.useStarts[wire + 1]!; use++) {
      const to = ofRow[view.useRows[use]!]!;
      if (from === to) continue;
      froms[links] = from;
      tos[links++] = to;
    }
  }
  const [from, to] = [froms.subarray(0, links), tos.subarray(0, links)];
  return { readers: pairLists(from, to, count), sources: pairLists(to, from, count) };
}

function measureItem({ hidden, x, y, widths, heights }: Items, item: number, into: OpenBox): boolean {
  if (hidden[item] === 1) return false;
  into.left = x[item]!;
  into.top = y[item]!;
  into.right = into.left + widths[item]!;
  into.bottom = into.top + heights[item]!;
  return true;
}

function measureRoute({ routeStarts, routePoints }: GraphLayout, route: number, into: OpenBox): boolean {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const end = 2 * routeStarts[route + 1]!;
  for (let i = 2 * routeStarts[route]!; i < end; i += 2) {
    const x = routePoints[i]!;
    const y = routePoints[i + 1]!;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  into.left = left;
  into.top = top;
  into.right = right;
  into.bottom = bottom;
  return right >= left;
}

const STUB_HALF = 9;

function measureStub(layout: GraphLayout, stub: number, into: OpenBox): boolean {
  const half = layout.stubWidths[stub]! / 2;
  const x = layout.stubX[stub]!;
  const y = layout.stubY[stub]!;
  into.left = x - half;
  into.right = x + half;
  into.top = y - STUB_HALF;
  into.bottom = y + STUB_HALF;
  return true;
}

const measured = (measure: (into: OpenBox) => boolean): Box => {
  const box: OpenBox = { left: 0, top: 0, right: 0, bottom: 0 };
  measure(box);
  return box;
};

/** The box of an item; a hidden row has the box of what it is folded into. */
export const boxOf = ({ x, y, widths, heights }: Items, item: number): Box => ({
  left: x[item]!,
  top: y[item]!,
  right: x[item]! + widths[item]!,
  bottom: y[item]! + heights[item]!,
});

export const boxOfStub = ({ layout }: Picture, stub: number): Box =>
  measured((into) => measureStub(layout, stub, into));

export function boxOfPort({ layout }: Picture, port: number): Box {
  const half = layout.portWidths[port]! / 2;
  const x = layout.portX[port]!;
  const y = layout.portY[port]!;
  const tall = layout.portHeights[port]! / 2;
  return { left: x - half, right: x + half, top: y - tall, bottom: y + tall };
}

/** Whether an item hangs small above its reader. */
export const isLeaf = ({ picture }: Scene, item: number): boolean => picture.layout.leaves[item] === 1;

/** Whether an item is a folded group. */
export const isGroup = ({ items }: Scene, item: number): boolean => item >= items.rows;

/** The group that a folded item shows: its index in the view's tree. */
export const groupOfItem = ({ picture, items }: Scene, item: number): number =>
  picture.layout.folded.groups[item - items.rows] ?? -1;

/** The item that shows a node; -1: it is not in the picture. */
export function itemOfNode(scene: Scene, node: number): number {
  const row = scene.rowOf.get(node);
  return row === undefined ? -1 : scene.items.ofRow[row]!;
}

/** The item of a folded group by its key; -1: there is no such group, or it is open. */
export function itemOfGroup({ picture, items }: Scene, key: string): number {
  const group = picture.view.groups.keys.indexOf(key);
  const box = group < 0 ? -1 : picture.layout.folded.groups.indexOf(group);
  return box < 0 ? -1 : items.rows + box;
}

function indexAt(finder: Finder, boxOfIndex: (index: number) => Box, x: number, y: number): number {
  let found = -1;
  finder.query({ left: x, right: x, top: y, bottom: y }, (index) => {
    const box = boxOfIndex(index);
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) found = index;
  });
  return found;
}

/** The item under a point of the graph; -1: none. */
export const itemAt = (scene: Scene, x: number, y: number): number =>
  indexAt(scene.tiles, (item) => boxOf(scene.items, item), x, y);

/** The stub under a point; -1: none. */
export const stubAt = (scene: Scene, x: number, y: number): number =>
  indexAt(scene.stubs, (stub) => boxOfStub(scene.picture, stub), x, y);

/** Items that an item reads from, and that read from it, each once. */
export const producersOf = (scene: Scene, item: number): number[] => [...new Set(listOf(scene.sources, item))];
export const consumersOf = (scene: Scene, item: number): number[] => [...new Set(listOf(scene.readers, item))];
