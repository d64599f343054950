import type { GraphView } from '../ir/view.ts';
import type { BoxNames } from './frames.ts';
import type { KeptLeaf } from './hangers.ts';
import type { Items } from './items.ts';
import type { Links } from './links.ts';
import { boxItem, columnOfPane, type Panes } from './panes.ts';
import type { GraphLayout, GridShape, LayoutGrid } from './types.ts';

export interface Previous {
  readonly view: GraphView;
  readonly layout: GraphLayout;
}

/** The panes of the layout before, and the cells in them for the graph as it is now. */
export interface Kept {
  readonly panes: Panes;
  /** [items, then boxes] */
  readonly tracks: Int32Array;
  readonly ranks: Int32Array;
  /** [items] what a leaf hangs on; -1: no leaf; itself: what it hung on is gone. */
  readonly hosts: Int32Array;
  /** [panes] */
  readonly pinned: readonly GridShape[];
  readonly leaves: ReadonlyMap<number, KeptLeaf>;
  readonly boxes: BoxNames;
}

interface Cell {
  readonly pane: number;
  readonly track: number;
  readonly rank: number;
}

/**
 * The cells of the layout before, for the graph as it is now: a node that was there keeps its cell, a new one takes
 * the cell of its first ancestor that lies between its producers and consumers, else a free one near by. Null when
 * a new node finds no room: then the graph is laid out anew.
 */
export function keepCells(view: GraphView, items: Items, links: Links, previous: Previous): Kept | null {
  const { grid } = previous.layout;
  const keeper = new Keeper(items, links, previous);
  const rowOf = new Map<number, number>();
  previous.view.nodeIds.forEach((id, row) => rowOf.set(id, row));
  const before = itemsBefore(view, items, previous, rowOf);
  const leaves: number[] = [];
  const fresh: number[] = [];
  before.forEach((item, now) => {
    if ((items.standIns[now] ?? now) !== now) return;
    if (item < 0 || grid.itemPanes[item]! < 0) fresh.push(now);
    else if (grid.itemHosts[item]! >= 0) leaves.push(now);
    else keeper.put(now, cellOf(grid, item));
  });
  const heirs = ancestorRows(previous.view, rowOf);
  const places = (now: number): Cell[] =>
    now < items.rows
      ? ancestorsOf(view, now)
          .flatMap((id) => heirs.get(id) ?? [])
          .filter((row) => grid.itemHosts[row]! < 0 && grid.itemPanes[row]! >= 0)
          .map((row) => cellOf(grid, row))
      : [];
  for (const now of fresh) {
    const cell = keeper.choose(now, places(now));
    if (!cell) return null;
    keeper.put(now, cell);
  }
  const groupOf = new Map(view.groups.keys.map((key, group) => [key, group]));
  const groups = Int32Array.from(grid.boxKeys, (key) => groupOf.get(key) ?? -1);
  const boxes = { groups, keys: grid.boxKeys, names: grid.boxNames };
  return { ...keeper.kept(), leaves: keepLeaves(leaves, before, keeper, previous), boxes };
}

/** [items] the item of the layout before that each one was; -1: it is new. */
function itemsBefore(
  view: GraphView,
  items: Items,
  previous: Previous,
  rowOf: ReadonlyMap<number, number>,
): Int32Array {
  const before = new Int32Array(items.count).fill(-1);
  view.nodeIds.forEach((id, row) => {
    before[row] = rowOf.get(id) ?? -1;
  });
  const others = namedItems(previous.view, previous.layout.folded.groups);
  namedItems(view, items.folded).forEach((item, key) => {
    before[item] = others.get(key) ?? -1;
  });
  return before;
}

/** Ports by kind and name, folded groups by key: their items. */
function namedItems(view: GraphView, folded: Int32Array): Map<string, number> {
  const named = new Map<string, number>();
  let item = view.nodeIds.length;
  for (const wire of view.inputs) named.set(`in ${view.wireNames[wire]!}`, item++);
  for (const wire of view.outputs) named.set(`out ${view.wireNames[wire]!}`, item++);
  for (const group of folded) named.set(`group ${view.groups.keys[group]!}`, item++);
  return named;
}

/** A leaf stays where it hung; when its reader is no longer below it, its wire becomes a stub at the reader. */
function keepLeaves(
  leaves: readonly number[],
  before: Int32Array,
  keeper: Keeper,
  previous: Previous,
): Map<number, KeptLeaf> {
  const { grid } = previous.layout;
  const kept = new Map<number, KeptLeaf>();
  for (const now of leaves) {
    const then = before[now]!;
    const cell = cellOf(grid, then);
    const reader = keeper.readerAt(now, cell);
    keeper.hang(now, reader >= 0 ? reader : now, cell);
    kept.set(now, { slot: grid.itemSlots[then]!, below: keeper.itemAt(cell), ...boxOf(previous, then) });
  }
  return kept;
}

/** Box of a row or port. */
function boxOf({ view, layout }: Previous, item: number): { left: number; top: number; width: number } {
  const port = item - view.nodeIds.length;
  if (port < 0) return { left: layout.x[item]!, top: layout.y[item]!, width: layout.widths[item]! };
  const width = layout.portWidths[port]!;
  return { left: layout.portX[port]! - width / 2, top: layout.portY[port]! - layout.portHeights[port]! / 2, width };
}

const cellOf = (grid: LayoutGrid, item: number): Cell => ({
  pane: grid.itemPanes[item]!,
  track: grid.itemTracks[item]!,
  rank: grid.itemRanks[item]!,
});

const ancestorsOf = (view: GraphView, row: number): number[] =>
  Array.from(view.ancestorIds.subarray(view.ancestorStarts[row], view.ancestorStarts[row + 1]));

/** Where each node of the opened model is in the view before: itself, or the node that took it over. */
function ancestorRows(before: GraphView, rowOf: ReadonlyMap<number, number>): Map<number, number> {
  const rows = new Map(rowOf);
  before.nodeIds.forEach((_, row) => {
    for (const id of ancestorsOf(before, row)) if (!rows.has(id)) rows.set(id, row);
  });
  return rows;
}

/** Cells as they fill up. */
class Keeper {
  private readonly panes: Panes;
  private readonly tracks: Int32Array;
  private readonly ranks: Int32Array;
  private readonly hosts: Int32Array;
  private readonly taken = new Map<string, number>();
  private readonly links: Links;
  private readonly grid: LayoutGrid;

  constructor(items: Items, links: Links, { layout: { grid } }: Previous) {
    this.links = links;
    this.grid = grid;
    const boxes = grid.boxKeys.length;
    const firstBefore = grid.itemPanes.length - boxes;
    this.tracks = new Int32Array(items.count + boxes);
    this.ranks = new Int32Array(items.count + boxes);
    this.hosts = new Int32Array(items.count).fill(-1);
    const ofItem = new Int32Array(items.count + boxes).fill(-1);
    this.panes = { columns: grid.columns, parents: grid.paneParents, ofItem, firstBox: items.count };
    for (let box = 0; box < boxes; box++) this.put(items.count + box, cellOf(grid, firstBefore + box));
  }

  put(item: number, cell: Cell): void {
    this.set(item, cell);
    this.taken.set(keyOf(cell), item);
  }

  hang(item: number, host: number, cell: Cell): void {
    this.hosts[item] = host;
    this.set(item, cell);
  }

  private set(item: number, { pane, track, rank }: Cell): void {
    this.panes.ofItem[item] = pane;
    this.tracks[item] = track;
    this.ranks[item] = rank;
  }

  /** The item in a cell; -1: it is free. */
  itemAt(cell: Cell): number {
    return this.taken.get(keyOf(cell)) ?? -1;
  }

  /** The item that reads another and lies in a cell; -1: none. */
  readerAt(item: number, cell: Cell): number {
    for (const sink of this.sinks(item)) {
      const same = this.panes.ofItem[sink] === cell.pane && this.tracks[sink] === cell.track;
      if (same && this.ranks[sink] === cell.rank) return sink;
    }
    return -1;
  }

  choose(item: number, wanted: readonly Cell[]): Cell | null {
    const bounds = new Map<number, readonly [number, number]>();
    const fits = (cell: Cell): boolean => {
      let known = bounds.get(cell.pane);
      if (!known) bounds.set(cell.pane, (known = this.bounds(item, cell.pane)));
      return cell.rank > known[0] && cell.rank < known[1] && !this.taken.has(keyOf(cell));
    };
    const best = wanted.find(fits);
    if (best) return best;
    const anchor = wanted[0] ?? this.neighbour(item);
    return anchor ? this.nearest(anchor, fits) : null;
  }

  kept(): Pick<Kept, 'panes' | 'tracks' | 'ranks' | 'hosts' | 'pinned'> {
    const { panes, tracks, ranks, hosts, grid } = this;
    const pinned = Array.from(grid.paneShapes, (shape) => grid.shapes[shape]!);
    return { panes, tracks, ranks, hosts, pinned };
  }

  /** Ranks of the lowest placed producer and the highest placed consumer, as a pane sees them. */
  private bounds(item: number, pane: number): [number, number] {
    let first = -1;
    let last = Infinity;
    for (const source of this.sources(item)) first = Math.max(first, this.rankIn(pane, source, -1, Infinity));
    for (const sink of this.sinks(item)) last = Math.min(last, this.rankIn(pane, sink, Infinity, -1));
    return [first, last];
  }

  /**
   * Rank of an item, or of the box of the pane that it is in.
   *
   * @param open what it is where the pane does not hold it
   * @param blocked what it is where it lies in a column on the wrong side
   */
  private rankIn(pane: number, item: number, open: number, blocked: number): number {
    const { panes, ranks } = this;
    if (panes.ofItem[item]! < 0) return open;
    let at = item;
    while (panes.ofItem[at] !== pane && panes.ofItem[at]! >= panes.columns) at = boxItem(panes, panes.ofItem[at]!);
    if (panes.ofItem[at] === pane) return ranks[at]!;
    const [here, there] = [columnOfPane(panes, pane), panes.ofItem[at]!];
    const isWrong = blocked > open ? there > here : there < here;
    return isWrong ? blocked : open;
  }

  private neighbour(item: number): Cell | null {
    for (const other of [...this.sources(item), ...this.sinks(item)]) {
      const pane = this.panes.ofItem[other]!;
      if (pane >= 0) return { pane, track: this.tracks[other]!, rank: this.ranks[other]! };
    }
    return null;
  }

  private nearest(anchor: Cell, fits: (cell: Cell) => boolean): Cell | null {
    const { pane } = anchor;
    const shape = this.grid.shapes[this.grid.paneShapes[pane]!]!;
    let best: Cell | null = null;
    let bestCost = Infinity;
    for (let rank = 0; rank < shape.rankTops.length; rank++) {
      for (let track = 0; track < shape.trackX.length; track++) {
        const cost = Math.abs(rank - anchor.rank) + 1.5 * Math.abs(track - anchor.track);
        const cell = { pane, track, rank };
        if (cost >= bestCost || !fits(cell)) continue;
        best = cell;
        bestCost = cost;
      }
    }
    return best;
  }

  private *sources(item: number): Generator<number> {
    const { links } = this;
    for (let i = links.inStarts[item]!; i < links.inStarts[item + 1]!; i++) yield links.from[links.inLinks[i]!]!;
  }
  private *sinks(item: number): Generator<number> {
    const { links } = this;
    for (let i = links.outStarts[item]!; i < links.outStarts[item + 1]!; i++) yield links.to[links.outLinks[i]!]!;
  }
}

const keyOf = (cell: Cell): string => `${cell.pane} ${cell.track} ${cell.rank}`;
