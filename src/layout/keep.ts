import type { GraphView } from '../ir/view.ts';
import type { KeptLeaf } from './hangers.ts';
import type { Links } from './links.ts';
import type { Cells } from './place.ts';
import type { GraphLayout, LayoutGrid } from './types.ts';

export interface Previous {
  readonly view: GraphView;
  readonly layout: GraphLayout;
}

export interface Kept {
  readonly cells: Cells;
  readonly leaves: ReadonlyMap<number, KeptLeaf>;
}

interface Cell {
  readonly column: number;
  readonly track: number;
  readonly rank: number;
}

/**
 * The cells of the layout before, for the graph as it is now: a node that was there keeps its cell, a new one takes
 * the cell of its first ancestor that lies between its producers and consumers, else a free one near by. Null when
 * a new node finds no room: then the graph is laid out anew.
 */
export function keepCells(view: GraphView, links: Links, previous: Previous): Kept | null {
  const { grid } = previous.layout;
  if (grid.columns.length === 0) return null;
  const keeper = new Keeper(links, grid);
  const rowOf = new Map<number, number>();
  previous.view.nodeIds.forEach((id, row) => rowOf.set(id, row));
  const before = itemsBefore(view, previous, links, rowOf);
  const leaves: number[] = [];
  const fresh: number[] = [];
  before.forEach((item, now) => {
    if (item < 0) fresh.push(now);
    else if (grid.itemHosts[item]! >= 0) leaves.push(now);
    else keeper.put(now, cellOf(grid, item));
  });
  const heirs = ancestorRows(previous.view, rowOf);
  const places = (now: number): Cell[] =>
    now < links.rows
      ? ancestorsOf(view, now)
          .flatMap((id) => heirs.get(id) ?? [])
          .filter((row) => grid.itemHosts[row]! < 0)
          .map((row) => cellOf(grid, row))
      : [];
  for (const now of fresh) {
    const cell = keeper.choose(now, places(now));
    if (!cell) return null;
    keeper.put(now, cell);
  }
  return keepLeaves(leaves, before, keeper, previous);
}

/** [items] the item of the layout before that each one was; -1: it is new. */
function itemsBefore(
  view: GraphView,
  previous: Previous,
  links: Links,
  rowOf: ReadonlyMap<number, number>,
): Int32Array {
  const before = new Int32Array(links.items).fill(-1);
  view.nodeIds.forEach((id, row) => {
    before[row] = rowOf.get(id) ?? -1;
  });
  const ports = portsOf(previous.view);
  portsOf(view).forEach((item, key) => {
    before[item] = ports.get(key) ?? -1;
  });
  return before;
}

/** Ports by kind and name: their items. */
function portsOf(view: GraphView): Map<string, number> {
  const ports = new Map<string, number>();
  const rows = view.nodeIds.length;
  const inputs = view.inputs.length;
  view.inputs.forEach((wire, port) => ports.set(`in ${view.wireNames[wire]!}`, rows + port));
  view.outputs.forEach((wire, port) => ports.set(`out ${view.wireNames[wire]!}`, rows + inputs + port));
  return ports;
}

/** A leaf stays where it hung; when its reader is no longer below it, its wire becomes a stub at the reader. */
function keepLeaves(leaves: readonly number[], before: Int32Array, keeper: Keeper, previous: Previous): Kept {
  const { grid } = previous.layout;
  const kept = new Map<number, KeptLeaf>();
  for (const now of leaves) {
    const then = before[now]!;
    const cell = cellOf(grid, then);
    const reader = keeper.readerAt(now, cell);
    keeper.hang(now, reader >= 0 ? reader : now, cell);
    kept.set(now, { slot: grid.itemSlots[then]!, below: keeper.itemAt(cell), ...boxOf(previous, then) });
  }
  return { cells: keeper.cells(), leaves: kept };
}

/** Box of a row or port. */
function boxOf({ view, layout }: Previous, item: number): { left: number; top: number; width: number } {
  const port = item - view.nodeIds.length;
  if (port < 0) return { left: layout.x[item]!, top: layout.y[item]!, width: layout.widths[item]! };
  const width = layout.portWidths[port]!;
  return { left: layout.portX[port]! - width / 2, top: layout.portY[port]! - layout.portHeights[port]! / 2, width };
}

const cellOf = (grid: LayoutGrid, item: number): Cell => ({
  column: grid.itemColumns[item]!,
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
  private readonly columns: Int32Array;
  private readonly tracks: Int32Array;
  private readonly ranks: Int32Array;
  private readonly hosts: Int32Array;
  private readonly taken = new Map<string, number>();
  private readonly links: Links;
  private readonly grid: LayoutGrid;

  constructor(links: Links, grid: LayoutGrid) {
    this.links = links;
    this.grid = grid;
    this.columns = new Int32Array(links.items).fill(-1);
    this.tracks = new Int32Array(links.items);
    this.ranks = new Int32Array(links.items);
    this.hosts = new Int32Array(links.items).fill(-1);
  }

  put(item: number, cell: Cell): void {
    this.columns[item] = cell.column;
    this.tracks[item] = cell.track;
    this.ranks[item] = cell.rank;
    this.taken.set(keyOf(cell), item);
  }

  hang(item: number, host: number, cell: Cell): void {
    this.hosts[item] = host;
    this.columns[item] = cell.column;
    this.tracks[item] = cell.track;
    this.ranks[item] = cell.rank;
  }

  /** The item in a cell; -1: it is free. */
  itemAt(cell: Cell): number {
    return this.taken.get(keyOf(cell)) ?? -1;
  }

  /** The row that reads an item and lies in a cell; -1: none. */
  readerAt(item: number, cell: Cell): number {
    for (const sink of this.sinks(item)) {
      const same = this.columns[sink] === cell.column && this.tracks[sink] === cell.track;
      if (same && this.ranks[sink] === cell.rank) return sink;
    }
    return -1;
  }

  choose(item: number, wanted: readonly Cell[]): Cell | null {
    const [first, last] = this.bounds(item);
    const fits = (cell: Cell): boolean => placeOf(cell) > first && placeOf(cell) < last && !this.taken.has(keyOf(cell));
    const best = wanted.find(fits);
    if (best) return best;
    const anchor = wanted[0] ?? this.neighbour(item);
    return anchor ? this.nearest(anchor, fits) : null;
  }

  cells(): Cells {
    const sizes = this.grid.columns.map((column) => ({ ranks: column.rankTops.length, tracks: column.trackX.length }));
    return {
      columns: this.columns,
      tracks: this.tracks,
      ranks: this.ranks,
      hosts: this.hosts,
      sizes,
      rankBlocks: sizes.map((size) => new Int32Array(size.ranks).fill(-1)),
      pinned: this.grid.columns,
    };
  }

  /** Places of the lowest placed producer and the highest placed consumer. */
  private bounds(item: number): [number, number] {
    let first = -1;
    let last = Infinity;
    for (const source of this.sources(item))
      if (this.columns[source]! >= 0) first = Math.max(first, this.place(source));
    for (const sink of this.sinks(item)) if (this.columns[sink]! >= 0) last = Math.min(last, this.place(sink));
    return [first, last];
  }

  private neighbour(item: number): Cell | null {
    for (const other of [...this.sources(item), ...this.sinks(item)]) {
      if (this.columns[other]! < 0) continue;
      return { column: this.columns[other]!, track: this.tracks[other]!, rank: this.ranks[other]! };
    }
    return null;
  }

  private nearest(anchor: Cell, fits: (cell: Cell) => boolean): Cell | null {
    const column = this.grid.columns[anchor.column]!;
    let best: Cell | null = null;
    let bestCost = Infinity;
    for (let rank = 0; rank < column.rankTops.length; rank++) {
      for (let track = 0; track < column.trackX.length; track++) {
        const cost = Math.abs(rank - anchor.rank) + 1.5 * Math.abs(track - anchor.track);
        const cell = { column: anchor.column, track, rank };
        if (cost >= bestCost || !fits(cell)) continue;
        best = cell;
        bestCost = cost;
      }
    }
    return best;
  }

  private place(item: number): number {
    return placeOf({ column: this.columns[item]!, track: 0, rank: this.ranks[item]! });
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

const RANKS = 65536;
const placeOf = (cell: Cell): number => cell.column * RANKS + cell.rank;
const keyOf = (cell: Cell): string => `${cell.column} ${cell.track} ${cell.rank}`;
