import type { GraphView } from '../ir/view.ts';
import type { Builder } from './build.ts';
import { DrawnAs } from './drawn.ts';
import { emitRoutes, placeGutter, RouteBuffer, type Climb, type PlacedPanes } from './emit.ts';
import { framesOf, type BoxNames } from './frames.ts';
import type { Hanger, HangerPlace, Hangers } from './hangers.ts';
import { placeHanger } from './hangers.ts';
import { publicItem, type Items } from './items.ts';
import type { Links } from './links.ts';
import { BUS, STUB_HEIGHT } from './metrics.ts';
import { boxItem, columnOfPane, type Net, type Panes } from './panes.ts';
import type { PaneShape } from './shape.ts';
import type { Sizes } from './sizes.ts';
import type { FoldedGroups, GraphLayout, GridShape, LayoutGrid } from './types.ts';

export interface PlaceInput {
  readonly view: GraphView;
  readonly items: Items;
  readonly links: Links;
  readonly drawn: Uint8Array;
  readonly panes: Panes;
  readonly nets: readonly (readonly Net[])[];
  /** Whose shapes are all built. */
  readonly builder: Builder;
  /** [items, then boxes] */
  readonly cells: { readonly tracks: Int32Array; readonly ranks: Int32Array; readonly hosts: Int32Array };
  readonly hangers: Hangers;
  readonly sizes: Sizes;
  readonly boxes: BoxNames;
}

/** Boxes of all items: left, top, width, height. */
interface Boxes {
  readonly left: Float32Array;
  readonly top: Float32Array;
  readonly width: Float32Array;
  readonly height: Float32Array;
}

/** Puts panes into each other and writes everything down in the graph's units. */
export function place(input: PlaceInput): GraphLayout {
  const { view, items, panes, builder } = input;
  const placed = placePanes(panes, builder);
  const boxes = boxesOfItems(input, placed);
  const routes = new RouteBuffer();
  emitAll(input, placed, routes);
  const { slots, ...stubs } = hang(input, placed, boxes, routes);
  const { rows, ports } = items;
  standIn(items, boxes);
  const columns = builder.shapes.slice(0, panes.columns).map(({ grid }) => grid);
  const last = columns.at(-1);
  const sourceOf = sourceItems(view, items);
  const portsOnly = (numbers: Float32Array): Float32Array => numbers.slice(rows, rows + ports);
  const portWidths = portsOnly(boxes.width);
  const portHeights = portsOnly(boxes.height);
  return {
    revision: view.revision,
    width: last ? last.x + last.width : 0,
    height: Math.max(0, ...columns.map(({ height, busY }) => busY + BUS + height)),
    x: boxes.left.slice(0, rows),
    y: boxes.top.slice(0, rows),
    widths: boxes.width.slice(0, rows),
    heights: boxes.height.slice(0, rows),
    ...flagsOf(input),
    folded: foldedGroups(items, boxes),
    routeStarts: Int32Array.from(routes.starts),
    routePoints: routes.finish(),
    routeWires: Int32Array.from(routes.wires),
    routeSources: Int32Array.from(routes.wires).map((wire) => publicItem(items, sourceOf(wire))),
    routeSinks: Int32Array.from(routes.sinks).map((item) => publicItem(items, item)),
    ...stubs,
    portX: portsOnly(boxes.left).map((left, port) => left + portWidths[port]! / 2),
    portY: portsOnly(boxes.top).map((top, port) => top + portHeights[port]! / 2),
    portWidths,
    portHeights,
    blocks: framesOf(items, panes, placed, input.boxes),
    grid: gridOf(input, placed, slots),
  };
}

function flagsOf({ items, cells, panes }: PlaceInput): Pick<GraphLayout, 'hidden' | 'leaves' | 'columns'> {
  const hidden = new Uint8Array(items.rows);
  const leaves = new Uint8Array(items.rows);
  const columns = new Uint16Array(items.rows);
  for (let row = 0; row < items.rows; row++) {
    const item = items.standIns[row]!;
    if (item !== row) hidden[row] = 1;
    if (cells.hosts[row]! >= 0) leaves[row] = 1;
    columns[row] = columnOfPane(panes, panes.ofItem[item]!);
  }
  return { hidden, leaves, columns };
}

/** Origins of the panes: columns have absolute measures, boxes lie in the panes around them. */
function placePanes(panes: Panes, { shapes, local }: Builder): PlacedPanes {
  const x = new Float64Array(panes.parents.length);
  const y = new Float64Array(panes.parents.length);
  for (let pane = panes.columns; pane < panes.parents.length; pane++) {
    const parent = panes.parents[pane]!;
    const at = local[boxItem(panes, pane)]!;
    x[pane] = x[parent]! + shapes[parent]!.left[at]!;
    y[pane] = y[parent]! + shapes[parent]!.top[at]!;
  }
  return { shapes, x, y };
}

function boxesOfItems({ items, panes, builder, cells, sizes }: PlaceInput, placed: PlacedPanes): Boxes {
  const left = new Float32Array(items.count);
  const top = new Float32Array(items.count);
  for (let item = 0; item < items.count; item++) {
    const pane = panes.ofItem[item]!;
    if (pane < 0 || cells.hosts[item]! >= 0) continue;
    const at = builder.local[item]!;
    left[item] = placed.x[pane]! + placed.shapes[pane]!.left[at]!;
    top[item] = placed.y[pane]! + placed.shapes[pane]!.top[at]!;
  }
  return { left, top, width: sizes.widths.slice(), height: sizes.heights.slice() };
}

function emitAll({ panes, nets }: PlaceInput, placed: PlacedPanes, routes: RouteBuffer): void {
  const climbs = new Map<Net, Climb>();
  for (let column = 0; column + 1 < panes.columns; column++) {
    placeGutter(nets[column]!, placed.shapes[column]!, placed.shapes[column + 1]!, climbs);
  }
  for (const list of nets) {
    for (const net of list) if (net.source >= 0 && !net.inside) emitRoutes(routes, placed, climbs, net);
  }
}

type Stubs = Pick<GraphLayout, 'stubWires' | 'stubSinks' | 'stubX' | 'stubY' | 'stubWidths'>;

/** Puts leaves and stubs above their hosts; a leaf's wire goes straight down to its host. */
function hang(
  { items, links, drawn, panes, cells, hangers }: PlaceInput,
  placed: PlacedPanes,
  boxes: Boxes,
  routes: RouteBuffer,
): Stubs & { readonly slots: Int32Array } {
  const slots = new Int32Array(items.count).fill(-1);
  const stubs: { readonly hanger: Hanger; readonly at: HangerPlace }[] = [];
  for (const hanger of hangers.list) {
    const { host, item } = hanger;
    const { centre, top } = cellOf(
      placed,
      panes.ofItem[host]!,
      cells.tracks[host]!,
      cells.ranks[host]!,
      boxes.height[host]!,
    );
    const at = placeHanger(hanger, centre, top);
    if (item < 0) {
      stubs.push({ hanger, at });
      continue;
    }
    slots[item] = hanger.slot;
    boxes.left[item] = at.left;
    boxes.top[item] = at.top;
    boxes.width[item] = at.width;
    boxes.height[item] = STUB_HEIGHT;
    for (let i = links.outStarts[item]!; i < links.outStarts[item + 1]!; i++) {
      const link = links.outLinks[i]!;
      if (drawn[link] !== DrawnAs.hung) continue;
      routes.add(links.wires[link]!, host, [at.wireX, at.top + STUB_HEIGHT, at.wireX, top]);
    }
  }
  return {
    slots,
    stubWires: Int32Array.from(stubs, ({ hanger }) => links.wires[hanger.link]!),
    stubSinks: Int32Array.from(stubs, ({ hanger }) => publicItem(items, hanger.host)),
    stubX: Float32Array.from(stubs, ({ at }) => at.left + at.width / 2),
    stubY: Float32Array.from(stubs, ({ at }) => at.top + STUB_HEIGHT / 2),
    stubWidths: Float32Array.from(stubs, ({ at }) => at.width),
  };
}

/** Axis of a cell, and the top of what is `height` high in it. */
function cellOf(placed: PlacedPanes, pane: number, track: number, rank: number, height: number) {
  const { trackAxes, rankTops, rankHeights } = placed.shapes[pane]!.grid;
  const top = rankTops[rank]! + rankHeights[rank]! / 2 - height / 2;
  return { centre: placed.x[pane]! + trackAxes[track]!, top: placed.y[pane]! + top };
}

/** A row that is not in view has the place of what stands in for it. */
function standIn({ rows, standIns }: Items, boxes: Boxes): void {
  for (let row = 0; row < rows; row++) {
    const item = standIns[row]!;
    if (item === row) continue;
    boxes.left[row] = boxes.left[item]!;
    boxes.top[row] = boxes.top[item]!;
    boxes.width[row] = boxes.width[item]!;
    boxes.height[row] = boxes.height[item]!;
  }
}

function foldedGroups({ rows, ports, folded, count }: Items, boxes: Boxes): FoldedGroups {
  const of = (numbers: Float32Array): Float32Array => numbers.slice(rows + ports, count);
  return { groups: folded, x: of(boxes.left), y: of(boxes.top), widths: of(boxes.width), heights: of(boxes.height) };
}

/** The item that a wire comes from. */
function sourceItems(view: GraphView, items: Items): (wire: number) => number {
  const ports = new Map(Array.from(view.inputs, (wire, port) => [wire, items.rows + port]));
  return (wire) => {
    const row = view.wireSources[wire]!;
    return row >= 0 ? items.standIns[row]! : ports.get(wire)!;
  };
}

function gridOf({ panes, cells, builder, boxes }: PlaceInput, placed: PlacedPanes, slots: Int32Array): LayoutGrid {
  const numbers = new Map<PaneShape, number>();
  const shapes: GridShape[] = [];
  const paneShapes = Int32Array.from(builder.shapes, (shape) => {
    let number = numbers.get(shape);
    if (number === undefined) {
      number = shapes.push(shape.grid) - 1;
      numbers.set(shape, number);
    }
    return number;
  });
  return {
    itemPanes: panes.ofItem,
    itemTracks: cells.tracks,
    itemRanks: cells.ranks,
    itemHosts: cells.hosts,
    itemSlots: slots,
    columns: panes.columns,
    paneParents: panes.parents,
    paneShapes,
    paneX: placed.x,
    paneY: placed.y,
    shapes,
    boxKeys: boxes.keys,
    boxNames: boxes.names,
  };
}
