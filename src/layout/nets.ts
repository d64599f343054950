import type { Links } from './links.ts';
import { GUTTER_WIRES, LONGEST_ROUTE, MANY_USES, NEAR } from './metrics.ts';

/** How a link is drawn: inside its column, by climbing to the next, as a stub at its sink, or from a leaf above it. */
export const DrawnAs = { inside: 0, climbing: 1, stub: 2, hung: 3 } as const;

/**
 * Decides for each link how it is drawn. Far uses of a wire that has many become stubs, and so does everything that
 * would run over more than one gutter, backwards, or too far.
 *
 * @param places [items] rank counted through all columns
 * @param hosts [items] what a leaf hangs on: other uses of it are stubs
 */
export function drawLinks(links: Links, itemColumns: Int32Array, places: Int32Array, hosts: Int32Array): Uint8Array {
  const drawn = new Uint8Array(links.wires.length);
  const climbing = new Map<number, number[]>();
  const spanOf = (link: number): number => Math.abs(places[links.to[link]!]! - places[links.from[link]!]!);
  for (let wire = 0; wire + 1 < links.wireStarts.length; wire++) {
    const first = links.wireStarts[wire]!;
    const end = links.wireStarts[wire + 1]!;
    if (first === end) continue;
    const source = links.from[first]!;
    if (hosts[source]! >= 0) {
      for (let link = first; link < end; link++) {
        drawn[link] = links.to[link] === hosts[source] ? DrawnAs.hung : DrawnAs.stub;
      }
      continue;
    }
    let far = 0;
    for (let link = first; link < end; link++) if (spanOf(link) > NEAR) far++;
    let climbs = false;
    for (let link = first; link < end; link++) {
      const span = spanOf(link);
      const columns = itemColumns[links.to[link]!]! - itemColumns[source]!;
      const stub = (far > MANY_USES && span > NEAR) || span > LONGEST_ROUTE || columns < 0 || columns > 1;
      drawn[link] = stub ? DrawnAs.stub : columns === 1 ? DrawnAs.climbing : DrawnAs.inside;
      climbs ||= drawn[link] === DrawnAs.climbing;
    }
    if (!climbs) continue;
    const list = climbing.get(itemColumns[source]!);
    if (list) list.push(wire);
    else climbing.set(itemColumns[source]!, [wire]);
  }
  for (const wires of climbing.values()) thinOut(wires, links, places, drawn);
  return drawn;
}

/** A gutter holds so many wires: those from nearest to it are drawn, the others become stubs. */
function thinOut(wires: number[], links: Links, places: Int32Array, drawn: Uint8Array): void {
  if (wires.length <= GUTTER_WIRES) return;
  const placeOf = (wire: number): number => places[links.from[links.wireStarts[wire]!]!]!;
  wires.sort((a, b) => placeOf(b) - placeOf(a) || a - b);
  for (const wire of wires.slice(GUTTER_WIRES)) {
    for (let link = links.wireStarts[wire]!; link < links.wireStarts[wire + 1]!; link++) {
      if (drawn[link] === DrawnAs.climbing) drawn[link] = DrawnAs.stub;
    }
  }
}

/** How a wire comes to one sink inside a column. */
export const Way = {
  /** Straight down into the sink's centre. */
  straight: 0,
  /** Through the band between the two ranks. */
  band: 1,
  /** Down the middle of the source's track, then through the band above the sink. */
  down: 2,
  /** Through the band below the source, then down the middle of the sink's track. */
  up: 3,
  /** Through the band below the source, then along a lane, into the sink's left side. */
  lane: 4,
} as const;

export interface Arrival {
  readonly sink: number;
  way: (typeof Way)[keyof typeof Way];
  lane: Lane | null;
  /** Where on the sink the wire ends: from its centre line (tops), or from its middle (left side). */
  offset: number;
}

/** A vertical run left of a track. `from` and `to` in half ranks: 2r is the band above rank r, 2r + 1 the rank. */
export interface Lane {
  readonly wire: number;
  from: number;
  to: number;
  index: number;
}

/** What one wire does inside one column. */
export interface Net {
  readonly wire: number;
  readonly column: number;
  /** Source item; -1: the wire comes from the column before. */
  readonly source: number;
  readonly arrivals: Arrival[];
  /** The same wire in the next column. */
  readonly next: Net | null;
  /** From the source's centre line to where the wire leaves it. */
  offset: number;
  /** Track in whose middle the wire enters (source -1) or leaves the column; -1: by a lane. */
  enterTrack: number;
  enterLane: Lane | null;
  enterLaneTrack: number;
  leaveLane: Lane | null;
  leaveX: number;
  leaveY: number;
  enterX: number;
  gutterX: number;
  busY: number;
}

const newNet = (wire: number, column: number, source: number, next: Net | null): Net => ({
  wire,
  column,
  source,
  arrivals: [],
  next,
  offset: 0,
  enterTrack: -1,
  enterLane: null,
  enterLaneTrack: -1,
  leaveLane: null,
  leaveX: 0,
  leaveY: 0,
  enterX: 0,
  gutterX: 0,
  busY: 0,
});

/** Nets by column, in order of wires. */
export function collectNets(links: Links, drawn: Uint8Array, itemColumns: Int32Array, columns: number): Net[][] {
  const nets: Net[][] = Array.from({ length: columns }, () => []);
  for (let wire = 0; wire + 1 < links.wireStarts.length; wire++) {
    const here: Arrival[] = [];
    const there: Arrival[] = [];
    for (let link = links.wireStarts[wire]!; link < links.wireStarts[wire + 1]!; link++) {
      if (drawn[link] === DrawnAs.stub || drawn[link] === DrawnAs.hung) continue;
      const arrival: Arrival = { sink: links.to[link]!, way: Way.band, lane: null, offset: 0 };
      (drawn[link] === DrawnAs.inside ? here : there).push(arrival);
    }
    if (here.length + there.length === 0) continue;
    const source = links.from[links.wireStarts[wire]!]!;
    const column = itemColumns[source]!;
    const next = there.length ? newNet(wire, column + 1, -1, null) : null;
    const net = newNet(wire, column, source, next);
    net.arrivals.push(...here);
    nets[column]!.push(net);
    if (next) {
      next.arrivals.push(...there);
      nets[column + 1]!.push(next);
    }
  }
  return nets;
}
