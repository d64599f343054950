import type { PaneItems, PaneKind } from './geometry.ts';
import type { Hangers } from './hangers.ts';
import type { Items } from './items.ts';
import { itemGraph, orderOf } from './links.ts';
import { routedNet, type RoutedNet } from './nets.ts';
import { boxItem, type Net, type Panes } from './panes.ts';
import { depthsBelow, rankItems } from './ranks.ts';
import { shapePane, type PaneShape } from './shape.ts';
import type { Sizes } from './sizes.ts';
import { packTracks, type PackInput } from './tracks.ts';
import type { GridShape } from './types.ts';

/** Cells of a pane's items: what arranging it comes to, or what the previous layout had. */
export interface Arrangement {
  readonly tracks: Int32Array;
  readonly ranks: Int32Array;
  readonly rankCount: number;
  readonly trackCount: number;
}

/** Ranks that are settled already. */
type GivenRanks = Pick<Arrangement, 'ranks' | 'rankCount'>;

/** What all panes of a layout look at. */
export interface BuildInput {
  readonly panes: Panes;
  /** [panes] items with a cell of their own, in an order that is the same for panes that are built alike. */
  readonly members: readonly (readonly number[])[];
  /** [panes] */
  readonly nets: readonly (readonly Net[])[];
  readonly sizes: Sizes;
  readonly hangers: Hangers;
  /** [items, then boxes] 1: depends on no graph input. */
  readonly floating: Uint8Array;
}

/** Lays out panes one by one, inner ones first. Boxes that are built alike are laid out once. */
export class Builder {
  /** [panes] */
  readonly shapes: PaneShape[] = [];
  private readonly input: BuildInput;
  private readonly known: Map<string, PaneShape>;
  private readonly numbers: Map<PaneShape, number>;
  /** [items, then boxes] number in its pane. */
  readonly local: Int32Array;

  /** @param earlier its boxes are taken over where they are built alike */
  constructor(input: BuildInput, earlier: Builder | null = null) {
    this.input = input;
    this.known = earlier?.known ?? new Map();
    this.numbers = earlier?.numbers ?? new Map();
    this.local = new Int32Array(input.panes.ofItem.length);
    for (const members of input.members) members.forEach((item, index) => (this.local[item] = index));
  }

  /** All boxes, by structure. */
  buildBoxes(): void {
    const { columns, parents } = this.input.panes;
    for (let pane = parents.length - 1; pane >= columns; pane--) {
      const key = this.keyOf(pane);
      let shape = this.known.get(key);
      if (!shape) {
        shape = this.build(pane, BOX, this.arrange(pane), null);
        this.known.set(key, shape);
        this.numbers.set(shape, this.numbers.size);
      }
      this.shapes[pane] = shape;
    }
  }

  /** The boxes of an earlier builder, whose panes are the same but for the columns. */
  takeBoxes(earlier: Builder): void {
    const { columns, parents } = this.input.panes;
    const shift = earlier.input.panes.columns - columns;
    for (let pane = columns; pane < parents.length; pane++) this.shapes[pane] = earlier.shapes[pane + shift]!;
  }

  /** One pane, whose boxes are built. */
  build(
    pane: number,
    kind: PaneKind,
    cells: Arrangement,
    pinned: GridShape | null,
    loose: PaneItems['loose'] = [],
  ): PaneShape {
    const { tracks, ranks, rankCount, trackCount } = cells;
    const items = { ...this.sizesOf(pane), tracks, ranks, loose };
    const nets = this.input.nets[pane]!.map((net) => this.routed(net));
    return shapePane({ pane: kind, items, rankCount, trackCount, nets, pinned });
  }

  /** Ranks and tracks of a pane's items. */
  arrange(pane: number, given: GivenRanks | null = null): Arrangement {
    const input = this.packInput(pane, given);
    const { tracks, count } = packTracks(input, true);
    return { tracks, ranks: input.ranks, rankCount: input.rankCount, trackCount: count };
  }

  packInput(pane: number, given: GivenRanks | null = null): PackInput {
    const members = this.input.members[pane]!;
    const { graph, leaving, entering } = this.graphOf(pane);
    const order = orderOf(graph);
    const floating = Uint8Array.from(members, (item) => this.input.floating[item]!);
    const ranks = given?.ranks ?? rankItems(graph, order, floating);
    const rankCount = given?.rankCount ?? ranks.reduce((most, rank) => Math.max(most, rank + 1), 1);
    return { graph, ranks, rankCount, depths: depthsBelow(graph, order), floating, leaving, entering };
  }

  /** The links among the items of a pane, by their numbers there. */
  private graphOf(pane: number): Pick<PackInput, 'graph' | 'leaving' | 'entering'> {
    const count = this.input.members[pane]!.length;
    const from: number[] = [];
    const to: number[] = [];
    const leaving = new Uint8Array(count);
    const entering: number[][] = [];
    for (const net of this.input.nets[pane]!) {
      if (net.source < 0) {
        entering.push(net.arrivals.map(({ sink }) => this.local[sink]!));
        continue;
      }
      const source = this.local[net.source]!;
      if (net.leaves) leaving[source] = 1;
      for (const { sink } of net.arrivals) {
        from.push(source);
        to.push(this.local[sink]!);
      }
    }
    return { graph: itemGraph(count, Int32Array.from(from), Int32Array.from(to)), leaving, entering };
  }

  sizesOf(pane: number): Pick<PaneItems, 'lefts' | 'rights' | 'heights' | 'hangerRows'> {
    const { members, sizes, hangers } = this.input;
    const items = members[pane]!;
    const lefts = new Float32Array(items.length);
    const rights = new Float32Array(items.length);
    const heights = new Float32Array(items.length);
    const hangerRows = new Uint8Array(items.length);
    items.forEach((item, index) => {
      const box = this.boxOf(item);
      const half = box ? 0 : sizes.widths[item]! / 2;
      lefts[index] = box ? box.grid.axis : half;
      rights[index] = box ? box.grid.width - box.grid.axis : half;
      heights[index] = box ? box.grid.height : sizes.heights[item]!;
      hangerRows[index] = box ? 0 : hangers.rows[item]!;
    });
    return { lefts, rights, heights, hangerRows };
  }

  /** The shape of a box that is an item; null: it is none. */
  private boxOf(item: number): PaneShape | null {
    const { panes } = this.input;
    return item < panes.firstBox ? null : this.shapes[item - panes.firstBox + panes.columns]!;
  }

  private routed(net: Net): RoutedNet {
    const exit = net.inside ? this.shapes[net.inside.pane]! : null;
    const source = net.source < 0 ? -1 : this.local[net.source]!;
    const arrivals = net.arrivals.map(({ sink, inside }) => {
      const shape = inside ? this.shapes[inside.pane]! : null;
      return { sink: this.local[sink]!, port: shape ? shape.enterX[inside!.index]! - shape.grid.axis : null };
    });
    const exitX = exit ? exit.leaveX[net.inside!.index]! - exit.grid.axis : null;
    return routedNet(net.index, source, exitX, arrivals, net.leaves);
  }

  /** Everything that the layout of a box follows from: sizes of its items and how they are wired. */
  private keyOf(pane: number): string {
    const { members, nets, sizes, hangers, floating } = this.input;
    let key = code(members[pane]!.length);
    for (const item of members[pane]!) {
      const box = this.boxOf(item);
      if (box) key += code(-1) + code(this.numbers.get(box)!);
      else
        key += code(sizes.widths[item]!) + code(sizes.heights[item]!) + code(hangers.rows[item]! * 2 + floating[item]!);
    }
    for (const net of nets[pane]!) {
      const source = net.source < 0 ? -1 : this.local[net.source]!;
      key += code(-2) + code(source) + code(net.inside?.index ?? -1) + code(net.leaves ? 1 : 0);
      for (const { sink, inside } of net.arrivals) key += code(this.local[sink]!) + code(inside?.index ?? -1);
    }
    return key;
  }
}

/** A whole number from -2 on as two letters. */
const code = (number: number): string => String.fromCharCode((number + 2) & 0xffff, (number + 2) >>> 16);

const BOX: PaneKind = { kind: 'box' };

/** [panes] members: items in order of the rows that they stand for, inputs before and outputs behind them. */
export function membersOf(panes: Panes, hosts: Int32Array, { standIns, inputs, ports }: Items): number[][] {
  const members: number[][] = Array.from(panes.parents, () => []);
  const entered = new Uint8Array(panes.ofItem.length);
  const enter = (item: number): void => {
    if (entered[item] || (hosts[item] ?? -1) >= 0) return;
    entered[item] = 1;
    const pane = panes.ofItem[item]!;
    members[pane]!.push(item);
    if (pane >= panes.columns) enter(boxItem(panes, pane));
  };
  const rows = standIns.length;
  for (let port = rows; port < rows + inputs; port++) enter(port);
  for (const item of standIns) enter(item);
  for (let port = rows + inputs; port < rows + ports; port++) enter(port);
  for (let box = panes.firstBox; box < entered.length; box++) enter(box);
  return members;
}
