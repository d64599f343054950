import type { GraphView } from '../ir/view.ts';
import type { Links } from './links.ts';
import type { Cells } from './place.ts';
import type { GraphLayout, LayoutGrid } from './types.ts';

export interface Previous {
  readonly view: GraphView;
  readonly layout: GraphLayout;
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
export function keepCells(view: GraphView, links: Links, previous: Previous): Cells | null {
  const { grid } = previous.layout;
  if (grid.columns.length === 0) return null;
  const keeper = new Keeper(links, grid);
  const rowOf = new Map<number, number>();
  previous.view.nodeIds.forEach((id, row) => rowOf.set(id, row));
  const fresh: number[] = [];
  view.nodeIds.forEach((id, row) => {
    const before = rowOf.get(id);
    if (before === undefined) fresh.push(row);
    else keeper.put(row, cellOf(grid, before));
  });
  const freshPorts = keepPorts(view, previous, links, keeper);
  const heirs = ancestorRows(previous.view, rowOf);
  for (const row of fresh) {
    const ancestors = ancestorsOf(view, row).flatMap((id) => heirs.get(id) ?? []);
    const cell = keeper.choose(
      row,
      ancestors.map((before) => cellOf(grid, before)),
    );
    if (!cell) return null;
    keeper.put(row, cell);
  }
  for (const port of freshPorts) {
    const cell = keeper.choose(port, []);
    if (!cell) return null;
    keeper.put(port, cell);
  }
  return keeper.cells();
}

const cellOf = (grid: LayoutGrid, item: number): Cell => ({
  column: grid.itemColumns[item]!,
  track: grid.itemTracks[item]!,
  rank: grid.itemRanks[item]!,
});

const ancestorsOf = (view: GraphView, row: number): number[] =>
  Array.from(view.ancestorIds.subarray(view.ancestorStarts[row]!, view.ancestorStarts[row + 1]!));

/** Where each node of the opened model is in the view before: itself, or the node that took it over. */
function ancestorRows(before: GraphView, rowOf: ReadonlyMap<number, number>): Map<number, number> {
  const rows = new Map(rowOf);
  before.nodeIds.forEach((_, row) => {
    for (const id of ancestorsOf(before, row)) if (!rows.has(id)) rows.set(id, row);
  });
  return rows;
}

const portKey = (kind: string, view: GraphView, wire: number): string => `${kind} ${view.wireNames[wire]!}`;

/** Ports keep their cells by their value; returns those that are new. */
function keepPorts(view: GraphView, previous: Previous, links: Links, keeper: Keeper): number[] {
  const rowsBefore = previous.view.nodeIds.length;
  const known = new Map<string, number>();
  previous.view.inputs.forEach((wire, i) => known.set(portKey('in', previous.view, wire), rowsBefore + i));
  const outputs = rowsBefore + previous.view.inputs.length;
  previous.view.outputs.forEach((wire, i) => known.set(portKey('out', previous.view, wire), outputs + i));
  const fresh: number[] = [];
  const keep = (kind: string, wire: number, item: number): void => {
    const before = known.get(portKey(kind, view, wire));
    if (before === undefined) fresh.push(item);
    else keeper.put(item, cellOf(previous.layout.grid, before));
  };
  view.inputs.forEach((wire, i) => keep('in', wire, links.rows + i));
  view.outputs.forEach((wire, i) => keep('out', wire, links.rows + links.inputs + i));
  return fresh;
}

/** Cells as they fill up. */
class Keeper {
  private readonly columns: Int32Array;
  private readonly tracks: Int32Array;
  private readonly ranks: Int32Array;
  private readonly taken = new Set<string>();
  private readonly links: Links;
  private readonly grid: LayoutGrid;

  constructor(links: Links, grid: LayoutGrid) {
    this.links = links;
    this.grid = grid;
    this.columns = new Int32Array(links.items).fill(-1);
    this.tracks = new Int32Array(links.items);
    this.ranks = new Int32Array(links.items);
  }

  put(item: number, cell: Cell): void {
    this.columns[item] = cell.column;
    this.tracks[item] = cell.track;
    this.ranks[item] = cell.rank;
    this.taken.add(keyOf(cell));
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
