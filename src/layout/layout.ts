import type { GraphView } from '../ir/view.ts';
import { Builder, membersOf } from './build.ts';
import { foldColumns, type Columns } from './columns.ts';
import { DrawnAs, drawLinks, stubAcrossColumns } from './drawn.ts';
import { ranksPerColumn } from './fold.ts';
import { boxNames, type BoxNames } from './frames.ts';
import type { PaneItems } from './geometry.ts';
import { findHangers, type Hangers, type KeptLeaf } from './hangers.ts';
import { itemsOf, type Items } from './items.ts';
import { keepCells, type Kept, type Previous } from './keep.ts';
import { findLeaves } from './leaves.ts';
import { linksOf, type Links } from './links.ts';
import { ASPECT, BUS, SLOT } from './metrics.ts';
import { nest, type Nesting } from './nesting.ts';
import { boxItem, collectNets, columnOfPane, type Net, type Panes } from './panes.ts';
import { place } from './place.ts';
import { floatingItems, rankItems } from './ranks.ts';
import { sizesOf, type Sizes } from './sizes.ts';
import type { GraphLayout } from './types.ts';

const NONE: ReadonlySet<string> = new Set();
/** A group may be taller than a column is meant to be: a layer that is split over two is no picture of a layer. */
const BOX_SLACK = 1.6;

/**
 * Places a graph: ranks from top to bottom, tracks from left to right. Each open group that fits a column is laid out
 * by itself, once for all that are built alike, and is a box in what is around it; the whole is folded into columns of
 * about a screen's aspect. Near-linear in nodes and links, and the same for the same view.
 *
 * @param previous the picture of the revision before (for a stop of the recipe: of the stop before it, so that undo
 *   finds every node where it was), with the same groups folded. Nodes that are in both keep their place; the gaps of
 *   those that went are left.
 * @param toggled keys of the groups that are not folded, or not open, as they are at first; see `isFolded`
 * @param aspect width to height that columns are folded to; near 0: a single column
 */
export function layoutGraph(
  view: GraphView,
  previous?: Previous,
  toggled: ReadonlySet<string> = NONE,
  aspect = ASPECT,
): GraphLayout {
  const items = itemsOf(view, toggled);
  const links = linksOf(view, items);
  const kept = previous ? keepCells(view, items, links, previous) : null;
  return kept && previous ? layOutAgain(view, items, links, kept, previous) : layOutAnew(view, items, links, aspect);
}

function layOutAnew(view: GraphView, items: Items, links: Links, aspect: number): GraphLayout {
  const hosts = findLeaves(items, links);
  const floating = floatingItems(links);
  const ranks = rankItems(links, links.order, floating, hosts);
  const drawn = drawLinks(links, ranks, hosts);
  const own = ranks.filter((_, item) => hosts[item]! < 0 && (items.standIns[item] ?? item) === item);
  const nesting = nest(view, items, hosts, ranks, ranksPerColumn(own, aspect) * BOX_SLACK);
  const scene = { view, items, links, sizes: sizesOf(view, items, new Map()), hosts, drawn, floating, kept: NO_LEAVES };
  const first = assemble(scene, panesOf(items, nesting, hosts, 1, new Int32Array(links.items)));
  first.builder.buildBoxes();
  const columns = foldColumns(first.builder, aspect);
  const assembled = columns.sizes.length === 1 ? first : spread(scene, nesting, ranks, first, columns);
  buildColumns(assembled, columns, first);
  return finish(scene, assembled, boxNames(view, nesting.groups, nesting.parents));
}

function layOutAgain(view: GraphView, items: Items, links: Links, kept: Kept, previous: Previous): GraphLayout {
  const { panes, hosts, pinned } = kept;
  const heights = new Map<number, number>();
  previous.view.nodeIds.forEach((id, row) => heights.set(id, previous.layout.heights[row]!));
  const floating = floatingItems(links);
  const ranks = rankItems(links, links.order, floating, hosts);
  const drawn = drawLinks(links, ranks, hosts);
  const columns = panes.ofItem.map((pane) => (pane < 0 ? 0 : columnOfPane(panes, pane)));
  stubAcrossColumns(links, columns, ranks, drawn);
  const scene = { view, items, links, sizes: sizesOf(view, items, heights), hosts, drawn, floating, kept: kept.leaves };
  const assembled = assemble(scene, panes);
  const { builder, hangers, members } = assembled;
  for (let pane = pinned.length - 1; pane >= 0; pane--) {
    const grid = pinned[pane]!;
    const cells = {
      tracks: Int32Array.from(members[pane]!, (item) => kept.tracks[item]!),
      ranks: Int32Array.from(members[pane]!, (item) => kept.ranks[item]!),
      rankCount: grid.rankTops.length,
      trackCount: grid.trackX.length,
    };
    const kind = pane < panes.columns ? ({ kind: 'column', left: grid.gutterX, top: 0 } as const) : BOX;
    builder.shapes[pane] = builder.build(pane, kind, cells, grid, looseHangers(kept, hangers, pane));
  }
  return finish(scene, assembled, kept.boxes, kept);
}

const BOX = { kind: 'box' } as const;
const NO_LEAVES: ReadonlyMap<number, KeptLeaf> = new Map();

/** What both ways share. */
interface Scene {
  readonly view: GraphView;
  readonly items: Items;
  readonly links: Links;
  readonly sizes: Sizes;
  /** [items] what a leaf hangs on. */
  readonly hosts: Int32Array;
  /** [links] */
  readonly drawn: Uint8Array;
  /** [items] */
  readonly floating: Uint8Array;
  readonly kept: ReadonlyMap<number, KeptLeaf>;
}

interface Assembled {
  readonly panes: Panes;
  readonly nets: readonly (readonly Net[])[];
  readonly members: readonly (readonly number[])[];
  readonly hangers: Hangers;
  readonly builder: Builder;
}

/**
 * @param earlier whose boxes are taken over
 * @param known hangers, where the links are drawn as they were
 */
function assemble(scene: Scene, panes: Panes, earlier: Builder | null = null, known: Hangers | null = null): Assembled {
  const { view, items, links, drawn, hosts, sizes, kept } = scene;
  const nets = collectNets(links, panes, (link) => drawn[link] === DrawnAs.wire);
  const members = membersOf(panes, hosts, items);
  const hangers = known ?? findHangers(view, links, drawn, hosts, kept);
  const floating = withBoxes(scene.floating, panes);
  const builder = new Builder({ panes, members, nets, sizes, hangers, floating }, earlier);
  return { panes, nets, members, hangers, builder };
}

/** [items, then boxes] a box floats where all that lies in it does. */
function withBoxes(floating: Uint8Array, panes: Panes): Uint8Array {
  const all = new Uint8Array(panes.ofItem.length).fill(1);
  all.set(floating);
  for (let item = 0; item < floating.length; item++) {
    if (floating[item]) continue;
    for (let pane = panes.ofItem[item]!; pane >= panes.columns; pane = panes.parents[pane]!) {
      all[boxItem(panes, pane)] = 0;
    }
  }
  return all;
}

/** @param columns [items, boxes that lie in no other] */
function panesOf(items: Items, nesting: Nesting, hosts: Int32Array, count: number, columns: Int32Array): Panes {
  const boxes = nesting.groups.length;
  const parents = new Int32Array(count + boxes).fill(-1);
  const ofItem = new Int32Array(items.count + boxes).fill(-1);
  for (let item = 0; item < items.count; item++) {
    if ((items.standIns[item] ?? item) !== item) continue;
    const box = nesting.ofItem[item]!;
    ofItem[item] = box >= 0 ? count + box : columns[hosts[item]! >= 0 ? hosts[item]! : item]!;
  }
  nesting.parents.forEach((parent, box) => {
    parents[count + box] = ofItem[items.count + box] = parent >= 0 ? count + parent : columns[items.count + box]!;
  });
  return { columns: count, parents, ofItem, firstBox: items.count };
}

/** Takes the first assembly apart into columns. */
function spread(scene: Scene, nesting: Nesting, ranks: Int32Array, first: Assembled, columns: Columns): Assembled {
  const { items, hosts, links, drawn } = scene;
  const own = new Int32Array(first.panes.ofItem.length);
  first.members[0]!.forEach((item, index) => (own[item] = columns.columns[index]!));
  const panes = panesOf(items, nesting, hosts, columns.sizes.length, own);
  const ofItem = panes.ofItem.map((pane) => (pane < 0 ? 0 : columnOfPane(panes, pane)));
  const stubs = stubAcrossColumns(links, ofItem, ranks, drawn);
  const assembled = assemble(scene, panes, first.builder, stubs === 0 ? first.hangers : null);
  if (stubs === 0) assembled.builder.takeBoxes(first.builder);
  else assembled.builder.buildBoxes();
  return assembled;
}

function buildColumns({ panes, nets, members, builder }: Assembled, columns: Columns, first: Assembled): void {
  const ranks = new Int32Array(panes.ofItem.length);
  first.members[0]!.forEach((item, index) => (ranks[item] = columns.ranks[index]!));
  const top = frameTop(nets.slice(0, panes.columns));
  let left = 0;
  for (let column = 0; column < panes.columns; column++) {
    const given = Int32Array.from(members[column]!, (item) => ranks[item]!);
    const cells = builder.arrange(column, { ranks: given, rankCount: columns.sizes[column]! });
    const shape = builder.build(column, { kind: 'column', left, top }, cells, null);
    builder.shapes[column] = shape;
    left = shape.grid.x + shape.grid.width;
  }
}

/** Room above the columns for the wires that arrive from the gutters. */
function frameTop(nets: readonly (readonly Net[])[]): number {
  let most = 1;
  for (const list of nets) most = Math.max(most, list.filter((net) => net.source < 0).length);
  return BUS + SLOT * most;
}

function looseHangers(kept: Kept, hangers: Hangers, pane: number): PaneItems['loose'] {
  const loose: { rank: number; rows: number }[] = [];
  kept.hosts.forEach((host, item) => {
    if (host !== item || kept.panes.ofItem[item] !== pane) return;
    loose.push({ rank: kept.ranks[item]!, rows: hangers.rows[item]! });
  });
  return loose;
}

function finish(scene: Scene, assembled: Assembled, boxes: BoxNames, kept: Kept | null = null): GraphLayout {
  const { panes, members, builder, nets, hangers } = assembled;
  const tracks = kept?.tracks.slice() ?? new Int32Array(panes.ofItem.length);
  const ranks = kept?.ranks.slice() ?? new Int32Array(panes.ofItem.length);
  members.forEach((list, pane) => {
    const { items } = builder.shapes[pane]!;
    list.forEach((item, index) => {
      tracks[item] = items.tracks[index]!;
      ranks[item] = items.ranks[index]!;
    });
  });
  if (!kept) {
    scene.hosts.forEach((host, item) => {
      if (host >= 0) [tracks[item], ranks[item]] = [tracks[host]!, ranks[host]!];
    });
  }
  const cells = { tracks, ranks, hosts: scene.hosts };
  return place({ ...scene, panes, nets, builder, cells, hangers, boxes });
}
