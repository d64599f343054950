import type { GraphView } from '../ir/view.ts';
import { ColumnClaims, claimColumn } from './claims.ts';
import { emitNet, placeGutter, RouteBuffer } from './emit.ts';
import { PlacedColumn } from './geometry.ts';
import type { Links } from './links.ts';
import {
  BUS,
  NODE_HEIGHT,
  NODE_WIDTH,
  pillWidth,
  PORT_HEIGHT,
  SHORT_NODE_HEIGHT,
  SLOT,
  STUB_BAND,
  STUB_HEIGHT,
} from './metrics.ts';
import { collectNets, DrawnAs } from './nets.ts';
import type { GraphLayout, GridColumn } from './types.ts';

/** A cell for every item: what `place` turns into coordinates. */
export interface Cells {
  /** [items] */
  readonly columns: Int32Array;
  readonly tracks: Int32Array;
  readonly ranks: Int32Array;
  /** [columns] */
  readonly sizes: readonly { readonly ranks: number; readonly tracks: number }[];
  /** [columns][ranks] block that fills a rank; -1: none. */
  readonly rankBlocks: readonly Int32Array[];
  /** Columns of the previous layout, which keep their measures. */
  readonly pinned: readonly GridColumn[] | null;
}

export interface Placed {
  readonly layout: Omit<GraphLayout, 'blocks'>;
  readonly columns: readonly PlacedColumn[];
}

const STUB_ICON = 18;
const PORT_WORDS = 66;

export function place(view: GraphView, links: Links, drawn: Uint8Array, cells: Cells, heights: Float32Array): Placed {
  const widths = itemWidths(view, links);
  const stubs = stubsOf(links, drawn);
  const nets = collectNets(links, drawn, cells.columns, cells.sizes.length);
  const items = itemsByColumn(cells);
  const top = frameTop(nets);
  const columns: PlacedColumn[] = [];
  let x = 0;
  cells.sizes.forEach((size, index) => {
    const claims = new ColumnClaims(size.ranks, size.tracks);
    for (const item of items[index]!) claims.put(item, cells.tracks[item]!, cells.ranks[item]!);
    claimColumn(claims, nets[index]!, cells.tracks, cells.ranks);
    const column = new PlacedColumn(
      {
        nets: nets[index]!,
        claims,
        tracks: cells.tracks,
        ranks: cells.ranks,
        widths,
        heights,
        items: items[index]!,
        stubRows: stubs.rows,
        rankBlocks: cells.rankBlocks[index]!,
      },
      x,
      top,
      cells.pinned?.[index] ?? null,
    );
    columns.push(column);
    x = column.grid.x + column.grid.width;
  });
  const buffer = new RouteBuffer();
  columns.forEach((column, index) => {
    const after = columns[index + 1] ?? null;
    if (after) placeGutter(column, after, nets[index]!);
    for (const net of nets[index]!) if (net.source >= 0) emitNet(buffer, column, after, net);
  });
  return { layout: collect(view, links, cells, columns, buffer, widths, heights, stubs), columns };
}

/** [items] heights; a row that the previous layout had keeps its own. */
export function itemHeights(view: GraphView, links: Links, kept: ReadonlyMap<number, number>): Float32Array {
  const heights = new Float32Array(links.items).fill(PORT_HEIGHT);
  for (let row = 0; row < links.rows; row++) {
    const short = view.nodeDetails[row] === '' && !(view.macs[row]! > 0);
    heights[row] = kept.get(view.nodeIds[row]!) ?? (short ? SHORT_NODE_HEIGHT : NODE_HEIGHT);
  }
  return heights;
}

function itemWidths(view: GraphView, links: Links): Float32Array {
  const widths = new Float32Array(links.items).fill(NODE_WIDTH);
  const ports = [...view.inputs, ...view.outputs];
  ports.forEach((wire, port) => {
    widths[links.rows + port] = pillWidth(view.wireNames[wire]!.length, PORT_WORDS, NODE_WIDTH);
  });
  return widths;
}

interface Stubs {
  readonly links: readonly number[];
  /** [items] rows of stubs above each item, two in a row. */
  readonly rows: Uint8Array;
}

function stubsOf(links: Links, drawn: Uint8Array): Stubs {
  const list: number[] = [];
  const counts = new Int32Array(links.items);
  drawn.forEach((way, link) => {
    if (way !== DrawnAs.stub) return;
    list.push(link);
    counts[links.to[link]!]!++;
  });
  return { links: list, rows: Uint8Array.from(counts, (count) => Math.min(255, Math.ceil(count / 2))) };
}

export function itemsByColumn(cells: Cells): number[][] {
  const items: number[][] = cells.sizes.map(() => []);
  cells.columns.forEach((column, item) => items[column]!.push(item));
  for (const list of items) list.sort((a, b) => cells.ranks[a]! - cells.ranks[b]! || a - b);
  return items;
}

/** Room above the columns for the wires that arrive from the gutters. */
function frameTop(nets: readonly (readonly { readonly source: number }[])[]): number {
  let most = 1;
  for (const list of nets) most = Math.max(most, list.filter((net) => net.source < 0).length);
  return BUS + SLOT * (most - 1) + SLOT;
}

function collect(
  view: GraphView,
  links: Links,
  cells: Cells,
  columns: readonly PlacedColumn[],
  buffer: RouteBuffer,
  widths: Float32Array,
  heights: Float32Array,
  stubs: Stubs,
): Placed['layout'] {
  const rows = links.rows;
  const columnOf = (item: number): PlacedColumn => columns[cells.columns[item]!]!;
  const sinkOf = (item: number): number => (item < rows ? item : rows - item - 1);
  const ports = Int32Array.from({ length: links.items - rows }, (_, port) => rows + port);
  const last = columns.at(-1)?.grid;
  return {
    revision: view.revision,
    width: last ? last.x + last.width : 0,
    height: Math.max(0, ...columns.map(({ grid }) => grid.channelTops.at(-1)! + grid.channelHeights.at(-1)!)),
    x: Float32Array.from({ length: rows }, (_, row) => columnOf(row).left(row)),
    y: Float32Array.from({ length: rows }, (_, row) => columnOf(row).top(row)),
    widths: widths.slice(0, rows),
    heights: heights.slice(0, rows),
    columns: Uint16Array.from({ length: rows }, (_, row) => cells.columns[row]!),
    routeStarts: Int32Array.from(buffer.starts),
    routePoints: buffer.finish(),
    routeWires: Int32Array.from(buffer.wires),
    routeRows: Int32Array.from(buffer.sinks, sinkOf),
    ...stubArrays(view, links, stubs, columnOf, sinkOf),
    portX: Float32Array.from(ports, (port) => columnOf(port).centre(port)),
    portY: Float32Array.from(ports, (port) => columnOf(port).middle(port)),
    portWidths: widths.slice(rows),
    grid: {
      itemColumns: cells.columns,
      itemTracks: cells.tracks,
      itemRanks: cells.ranks,
      columns: columns.map(({ grid }) => grid),
    },
  };
}

function stubArrays(
  view: GraphView,
  links: Links,
  stubs: Stubs,
  columnOf: (item: number) => PlacedColumn,
  sinkOf: (item: number) => number,
): Pick<GraphLayout, 'stubWires' | 'stubRows' | 'stubX' | 'stubY' | 'stubWidths'> {
  const count = stubs.links.length;
  const stubX = new Float32Array(count);
  const stubY = new Float32Array(count);
  const stubWidths = new Float32Array(count);
  const above = new Int32Array(links.items);
  stubs.links.forEach((link, index) => {
    const sink = links.to[link]!;
    const column = columnOf(sink);
    const nth = above[sink]!++;
    const width = pillWidth(view.wireNames[links.wires[link]!]!.length, STUB_ICON, NODE_WIDTH / 2 - 10);
    const left = nth % 2 === 0 ? column.centre(sink) - NODE_WIDTH / 2 + 2 : column.centre(sink) + 8;
    stubX[index] = left + width / 2;
    stubY[index] = column.top(sink) - 4 - STUB_HEIGHT / 2 - STUB_BAND * Math.floor(nth / 2);
    stubWidths[index] = width;
  });
  return {
    stubWires: Int32Array.from(stubs.links, (link) => links.wires[link]!),
    stubRows: Int32Array.from(stubs.links, (link) => sinkOf(links.to[link]!)),
    stubX,
    stubY,
    stubWidths,
  };
}
