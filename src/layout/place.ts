import type { GraphView } from '../ir/view.ts';
import { ColumnClaims, claimColumn } from './claims.ts';
import { emitNet, placeGutter, RouteBuffer } from './emit.ts';
import { PlacedColumn } from './geometry.ts';
import type { Hanger, HangerPlace, Hangers } from './hangers.ts';
import { placeHanger } from './hangers.ts';
import type { Links } from './links.ts';
import {
  BUS,
  NODE_HEIGHT,
  NODE_WIDTH,
  pillWidth,
  PORT_HEIGHT,
  SHORT_NODE_HEIGHT,
  SLOT,
  STUB_HEIGHT,
} from './metrics.ts';
import { collectNets, DrawnAs } from './nets.ts';
import type { FoldedGroups, GraphLayout, GridColumn } from './types.ts';

/** A cell for every item: what `place` turns into coordinates. */
export interface Cells {
  /** [items] a leaf has its host's cell. */
  readonly columns: Int32Array;
  readonly tracks: Int32Array;
  readonly ranks: Int32Array;
  /** [items] what a leaf hangs on; -1: no leaf; itself: what it hung on is gone. */
  readonly hosts: Int32Array;
  /** [columns] */
  readonly sizes: readonly { readonly ranks: number; readonly tracks: number }[];
  /** [columns][ranks] block that fills a rank; -1: none. */
  readonly rankBlocks: readonly Int32Array[];
  /** Columns of the previous layout, which keep their measures. */
  readonly pinned: readonly GridColumn[] | null;
}

export interface PlaceInput {
  readonly view: GraphView;
  readonly links: Links;
  readonly drawn: Uint8Array;
  readonly cells: Cells;
  readonly hangers: Hangers;
  /** [items] */
  readonly heights: Float32Array;
}

export interface Placed {
  readonly layout: Omit<GraphLayout, 'blocks'>;
  readonly columns: readonly PlacedColumn[];
}

const PORT_WORDS = 66;

export function place(input: PlaceInput): Placed {
  const { links, drawn, cells } = input;
  const widths = itemWidths(input);
  const nets = collectNets(links, drawn, cells.columns, cells.sizes.length);
  const columns = placeColumns(input, nets, widths);
  const buffer = new RouteBuffer();
  columns.forEach((column, index) => {
    const after = columns[index + 1] ?? null;
    if (after) placeGutter(column, after, nets[index]!);
    for (const net of nets[index]!) if (net.source >= 0) emitNet(buffer, column, after, net);
  });
  return { layout: collect(input, columns, buffer, widths), columns };
}

function placeColumns(input: PlaceInput, nets: ReturnType<typeof collectNets>, widths: Float32Array): PlacedColumn[] {
  const { cells, heights, hangers } = input;
  const items = itemsByColumn(cells);
  const leaves = leavesByColumn(cells);
  const top = frameTop(nets);
  const columns: PlacedColumn[] = [];
  let x = 0;
  cells.sizes.forEach((size, index) => {
    const claims = new ColumnClaims(size.ranks, size.tracks);
    for (const item of items[index]!) claims.put(item, cells.tracks[item]!, cells.ranks[item]!);
    claimColumn(claims, nets[index]!, cells.tracks, cells.ranks, hangers.rows);
    const column = new PlacedColumn(
      {
        leaves: leaves[index]!,
        nets: nets[index]!,
        claims,
        tracks: cells.tracks,
        ranks: cells.ranks,
        widths,
        heights,
        items: items[index]!,
        hangerRows: hangers.rows,
        rankBlocks: cells.rankBlocks[index]!,
      },
      x,
      top,
      cells.pinned?.[index] ?? null,
    );
    columns.push(column);
    x = column.grid.x + column.grid.width;
  });
  return columns;
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

function itemWidths({ view, links }: PlaceInput): Float32Array {
  const widths = new Float32Array(links.items).fill(NODE_WIDTH);
  const ports = [...view.inputs, ...view.outputs];
  ports.forEach((wire, port) => {
    widths[links.rows + port] = pillWidth(view.wireNames[wire]!.length, PORT_WORDS, NODE_WIDTH);
  });
  return widths;
}

/** Items that have a cell of their own, by rank. */
export function itemsByColumn(cells: Pick<Cells, 'columns' | 'ranks' | 'hosts' | 'sizes'>): number[][] {
  const items: number[][] = cells.sizes.map(() => []);
  cells.columns.forEach((column, item) => {
    if (cells.hosts[item]! < 0) items[column]!.push(item);
  });
  for (const list of items) list.sort((a, b) => cells.ranks[a]! - cells.ranks[b]! || a - b);
  return items;
}

/** Leaves that hang above a cell that is empty now. */
function leavesByColumn(cells: Cells): number[][] {
  const leaves: number[][] = cells.sizes.map(() => []);
  cells.hosts.forEach((host, item) => {
    if (host === item) leaves[cells.columns[item]!]!.push(item);
  });
  return leaves;
}

/** Room above the columns for the wires that arrive from the gutters. */
function frameTop(nets: readonly (readonly { readonly source: number }[])[]): number {
  let most = 1;
  for (const list of nets) most = Math.max(most, list.filter((net) => net.source < 0).length);
  return BUS + SLOT * (most - 1) + SLOT;
}

/** Boxes of all items: left, top, width, height. */
interface Boxes {
  readonly left: Float32Array;
  readonly top: Float32Array;
  readonly width: Float32Array;
  readonly height: Float32Array;
}

function collect(
  input: PlaceInput,
  columns: readonly PlacedColumn[],
  buffer: RouteBuffer,
  widths: Float32Array,
): Placed['layout'] {
  const { view, links, cells, heights } = input;
  const { rows, items } = links;
  const boxes: Boxes = {
    left: new Float32Array(items),
    top: new Float32Array(items),
    width: widths,
    height: Float32Array.from(heights),
  };
  for (let item = 0; item < items; item++) {
    const column = columns[cells.columns[item]!]!;
    boxes.left[item] = column.left(item);
    boxes.top[item] = column.top(item);
  }
  const sinkOf = (item: number): number => (item < rows ? item : rows - item - 1);
  const { slots, ...stubs } = hang(input, columns, boxes, buffer, sinkOf);
  const last = columns.at(-1)?.grid;
  return {
    revision: view.revision,
    width: last ? last.x + last.width : 0,
    height: Math.max(0, ...columns.map(({ grid }) => grid.channelTops.at(-1)! + grid.channelHeights.at(-1)!)),
    x: boxes.left.slice(0, rows),
    y: boxes.top.slice(0, rows),
    widths: boxes.width.slice(0, rows),
    heights: boxes.height.slice(0, rows),
    hidden: new Uint8Array(rows),
    leaves: Uint8Array.from(cells.hosts.subarray(0, rows), (host) => (host >= 0 ? 1 : 0)),
    folded: NOTHING_FOLDED,
    columns: Uint16Array.from(cells.columns.subarray(0, rows)),
    routeStarts: Int32Array.from(buffer.starts),
    routePoints: buffer.finish(),
    routeWires: Int32Array.from(buffer.wires),
    routeSources: Int32Array.from(buffer.wires, (wire) => sourceOf(view, wire)),
    routeSinks: Int32Array.from(buffer.sinks, sinkOf),
    ...stubs,
    portX: boxes.left.map((left, item) => left + boxes.width[item]! / 2).slice(rows),
    portY: boxes.top.map((top, item) => top + boxes.height[item]! / 2).slice(rows),
    portWidths: boxes.width.slice(rows),
    portHeights: boxes.height.slice(rows),
    grid: {
      itemColumns: cells.columns,
      itemTracks: cells.tracks,
      itemRanks: cells.ranks,
      itemHosts: cells.hosts,
      itemSlots: slots,
      columns: columns.map(({ grid }) => grid),
    },
  };
}

/** The item that a wire comes from: its row, or its port. */
const sourceOf = (view: GraphView, wire: number): number => {
  const row = view.wireSources[wire]!;
  return row >= 0 ? row : -1 - view.inputs.indexOf(wire);
};

const NOTHING_FOLDED: FoldedGroups = {
  groups: new Int32Array(),
  x: new Float32Array(),
  y: new Float32Array(),
  widths: new Float32Array(),
  heights: new Float32Array(),
};

type Stubs = Pick<GraphLayout, 'stubWires' | 'stubSinks' | 'stubX' | 'stubY' | 'stubWidths'>;

/** Puts leaves and stubs above their hosts; a leaf's wire goes straight down to its host. */
function hang(
  { links, drawn, cells, hangers }: PlaceInput,
  columns: readonly PlacedColumn[],
  boxes: Boxes,
  buffer: RouteBuffer,
  sinkOf: (item: number) => number,
): Stubs & { readonly slots: Int32Array } {
  const slots = new Int32Array(links.items).fill(-1);
  const stubs: { readonly hanger: Hanger; readonly at: HangerPlace }[] = [];
  for (const hanger of hangers.list) {
    const { host, item } = hanger;
    const column = columns[cells.columns[host]!]!;
    const at = placeHanger(hanger, column.centre(host), column.top(host));
    if (item >= 0) slots[item] = hanger.slot;
    if (item < 0) {
      stubs.push({ hanger, at });
      continue;
    }
    boxes.left[item] = at.left;
    boxes.top[item] = at.top;
    boxes.width[item] = at.width;
    boxes.height[item] = STUB_HEIGHT;
    for (let i = links.outStarts[item]!; i < links.outStarts[item + 1]!; i++) {
      const link = links.outLinks[i]!;
      if (drawn[link] !== DrawnAs.hung) continue;
      buffer.point(at.wireX, at.top + STUB_HEIGHT);
      buffer.point(at.wireX, column.top(host));
      buffer.end(links.wires[link]!, host);
    }
  }
  return {
    slots,
    stubWires: Int32Array.from(stubs, ({ hanger }) => links.wires[hanger.link]!),
    stubSinks: Int32Array.from(stubs, ({ hanger }) => sinkOf(hanger.host)),
    stubX: Float32Array.from(stubs, ({ at }) => at.left + at.width / 2),
    stubY: Float32Array.from(stubs, ({ at }) => at.top + STUB_HEIGHT / 2),
    stubWidths: Float32Array.from(stubs, ({ at }) => at.width),
  };
}
