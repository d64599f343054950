import { claimPane, PaneClaims } from './claims.ts';
import { PlacedPane, type PaneItems, type PaneKind } from './geometry.ts';
import { Way, type RoutedArrival, type RoutedNet } from './nets.ts';
import type { GridShape } from './types.ts';

/** A pane that has been laid out, measured from its origin. Panes that are built alike share one. */
export interface PaneShape {
  readonly grid: GridShape;
  readonly items: PaneItems;
  /** [items] */
  readonly left: Float64Array;
  readonly top: Float64Array;
  readonly axis: Float64Array;
  /** [nets] where the wire comes in and goes out, x. */
  readonly enterX: Float64Array;
  readonly leaveX: Float64Array;
  /** [nets][arrivals] corners of the way to a sink: x, y pairs; and of the way out. */
  readonly paths: readonly (readonly Float64Array[])[];
  readonly leaving: readonly (Float64Array | null)[];
}

export interface ShapeInput {
  readonly pane: PaneKind;
  readonly items: PaneItems;
  readonly rankCount: number;
  readonly trackCount: number;
  readonly nets: readonly RoutedNet[];
  readonly pinned: GridShape | null;
}

export function shapePane(input: ShapeInput): PaneShape {
  const { pane, items, nets, pinned } = input;
  const claims = new PaneClaims(input.rankCount, input.trackCount);
  items.tracks.forEach((track, item) => claims.put(item, track, items.ranks[item]!));
  claimPane(claims, nets, items, items.hangerRows);
  const placed = new PlacedPane({ pane, items, nets, claims, pinned });
  const count = items.tracks.length;
  const shape = {
    grid: placed.shape,
    items,
    left: new Float64Array(count),
    top: new Float64Array(count),
    axis: new Float64Array(count),
    enterX: Float64Array.from(nets, (net) => net.enterX),
    leaveX: Float64Array.from(nets, (net) => net.leaveX),
    paths: nets.map((net) => {
      const paths: Float64Array[] = [];
      for (const arrival of net.arrivals) paths[arrival.index] = pathTo(placed, pane, net, arrival);
      return paths;
    }),
    leaving: nets.map((net) => (net.leaves ? pathOut(placed, pane, net) : null)),
  };
  for (let item = 0; item < count; item++) {
    shape.left[item] = placed.left(item);
    shape.top[item] = placed.top(item);
    shape.axis[item] = placed.centre(item);
  }
  return shape;
}

/** From where a wire starts. What enters a column comes from its gutter: the corner there is not known yet. */
function begin(placed: PlacedPane, pane: PaneKind, net: RoutedNet): number[] {
  if (net.source >= 0) return [placed.startX(net), placed.bottom(net.source)];
  return pane.kind === 'box' ? [net.enterX, 0] : [];
}

function pathTo(placed: PlacedPane, pane: PaneKind, net: RoutedNet, arrival: RoutedArrival): Float64Array {
  const path = begin(placed, pane, net);
  const start = placed.startX(net);
  const band = placed.firstBand(net);
  const { sink, offset } = arrival;
  const rank = placed.rankOf(sink);
  const end = placed.centre(sink) + (arrival.way === Way.straight ? start - placed.centre(sink) : offset);
  /** A horizontal run in a band, left out where it has no length. */
  const turn = (at: number, from: number, to: number): void => {
    const y = placed.runY(at, net.wire);
    if (from !== to) path.push(from, y, to, y);
  };
  switch (arrival.way) {
    case Way.straight:
      break;
    case Way.band:
    case Way.up:
      turn(band, start, end);
      break;
    case Way.down:
      turn(rank, start, end);
      break;
    case Way.lane: {
      const x = placed.arrivalLaneX(arrival);
      const y = placed.middle(sink) + offset;
      turn(band, start, x);
      path.push(x, y, placed.left(sink), y);
      return Float64Array.from(path);
    }
    case Way.over: {
      const x = placed.arrivalLaneX(arrival);
      turn(band, start, x);
      turn(rank, x, end);
      break;
    }
    default:
      arrival.way satisfies never;
  }
  path.push(end, placed.top(sink));
  return Float64Array.from(path);
}

function pathOut(placed: PlacedPane, pane: PaneKind, net: RoutedNet): Float64Array {
  const path = begin(placed, pane, net);
  if (net.leaveLane) {
    const y = placed.runY(placed.firstBand(net), net.wire);
    path.push(placed.startX(net), y, net.leaveX, y);
  }
  path.push(net.leaveX, pane.kind === 'box' ? placed.shape.height : placed.runY(placed.ranks, net.wire));
  return Float64Array.from(path);
}
