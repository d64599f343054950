import type { Arrival, Lane, Net } from './nets.ts';
import { Way } from './nets.ts';

const FREE = -1;
/** Offsets of second outputs and of wires that enter beside the centre; no multiple of one is one of the other. */
const OUTPUT_FIRST = 11;
const OUTPUT_STEP = 22;
const INPUT_STEP = 18;
const INPUT_ROOM = 74;
const SIDE_STEP = 8;

/**
 * The cells of one column while its wires look for their ways. Every vertical run has a cell, a band or a lane of its
 * own, and horizontal runs lie in the bands between ranks, so no wire can cross a node.
 */
export class ColumnClaims {
  readonly ranks: number;
  readonly tracks: number;
  /** [tracks * ranks] */
  private readonly items: Int32Array;
  /** Wire in the middle of each cell, and of each band above a rank. */
  private readonly cells: Int32Array;
  private readonly bands: Int32Array;
  /** [tracks] lanes left of each track. */
  readonly lanes: Lane[][];
  private readonly entries = new Map<number, { left: number; right: number; side: number }>();

  constructor(ranks: number, tracks: number) {
    this.ranks = ranks;
    this.tracks = tracks;
    this.items = new Int32Array(ranks * tracks).fill(FREE);
    this.cells = new Int32Array(ranks * tracks).fill(FREE);
    this.bands = new Int32Array((ranks + 1) * tracks).fill(FREE);
    this.lanes = Array.from({ length: tracks }, () => []);
  }

  itemAt(track: number, rank: number): number {
    return this.items[track * this.ranks + rank]!;
  }
  put(item: number, track: number, rank: number): void {
    this.items[track * this.ranks + rank] = item;
  }
  bandIsFree(track: number, band: number, wire: number): boolean {
    const holder = this.bands[track * (this.ranks + 1) + band]!;
    return holder === FREE || holder === wire;
  }
  claimBand(track: number, band: number, wire: number): void {
    this.bands[track * (this.ranks + 1) + band] = wire;
  }
  /** The middle of a track from the band above rank `top` to the band above rank `bottom`. */
  isClear(track: number, top: number, bottom: number, wire: number): boolean {
    for (let band = top; band <= bottom; band++) if (!this.bandIsFree(track, band, wire)) return false;
    for (let rank = top; rank < bottom; rank++) {
      const at = track * this.ranks + rank;
      if (this.items[at] !== FREE || (this.cells[at] !== FREE && this.cells[at] !== wire)) return false;
    }
    return true;
  }
  claim(track: number, top: number, bottom: number, wire: number): void {
    for (let band = top; band <= bottom; band++) this.claimBand(track, band, wire);
    for (let rank = top; rank < bottom; rank++) this.cells[track * this.ranks + rank] = wire;
  }
  /** A lane left of `track`; one that the wire has there already is made longer. */
  lane(track: number, wire: number, from: number, to: number): Lane {
    const list = this.lanes[track]!;
    const known = list.find((lane) => lane.wire === wire);
    if (known) {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
      return known;
    }
    const lane = { wire, from, to, index: 0 };
    list.push(lane);
    return lane;
  }
  /** Counts a new wire at the top of an item beside its centre: -1, -2, … from the left, 1, 2, … from the right. */
  topEntry(item: number, fromLeft: boolean): number {
    const entry = this.entryOf(item);
    return fromLeft ? -++entry.left : ++entry.right;
  }
  /** Offset of such an entry, once all are counted; they draw together when a side gets crowded. */
  topOffset(item: number, index: number): number {
    const entry = this.entryOf(item);
    return index * Math.min(INPUT_STEP, INPUT_ROOM / Math.max(1, entry.left, entry.right));
  }
  /** How many wires enter an item's left side so far. */
  sideEntry(item: number): number {
    return this.entryOf(item).side++;
  }
  sideOffset(item: number, index: number): number {
    return (index - (this.entryOf(item).side - 1) / 2) * SIDE_STEP;
  }
  private entryOf(item: number): { left: number; right: number; side: number } {
    let entry = this.entries.get(item);
    if (!entry) this.entries.set(item, (entry = { left: 0, right: 0, side: 0 }));
    return entry;
  }
}

/** Finds a way for every net of a column, and lanes for those that need one. */
export function claimColumn(
  claims: ColumnClaims,
  nets: readonly Net[],
  tracks: Int32Array,
  ranks: Int32Array,
  hangerRows: Uint8Array,
): void {
  spreadOutputs(nets, tracks);
  for (const net of nets) {
    if (net.source >= 0 && net.offset === 0) {
      claims.claimBand(tracks[net.source]!, ranks[net.source]! + 1, net.wire);
    }
    net.arrivals.sort((a, b) => ranks[a.sink]! - ranks[b.sink]! || tracks[a.sink]! - tracks[b.sink]!);
  }
  claimStraight(claims, nets, tracks, ranks);
  const entering = nets.filter((net) => net.source < 0);
  entering.sort((a, b) => ranks[a.arrivals[0]!.sink]! - ranks[b.arrivals[0]!.sink]!);
  for (const net of entering) enter(claims, net, tracks, ranks);
  for (const net of nets) {
    for (const arrival of net.arrivals) {
      if (arrival.way !== Way.straight && !arrival.lane) arrive(claims, net, arrival, tracks, ranks);
    }
    if (net.next) leave(claims, net, tracks, ranks);
  }
  for (const net of nets) {
    for (const arrival of net.arrivals) enterSink(claims, net, arrival, tracks, ranks, hangerRows[arrival.sink]! > 0);
  }
  for (const lanes of claims.lanes) numberLanes(lanes);
  settleTops(claims, nets);
  settleSides(claims, nets);
}

/** Second outputs leave a node beside its centre; the one that goes on below it keeps the centre. */
function spreadOutputs(nets: readonly Net[], tracks: Int32Array): void {
  const bySource = new Map<number, Net[]>();
  for (const net of nets) {
    if (net.source < 0) continue;
    const list = bySource.get(net.source);
    if (list) list.push(net);
    else bySource.set(net.source, [net]);
  }
  for (const [source, list] of bySource) {
    if (list.length === 1) continue;
    const straight = list.findIndex((net) => net.arrivals.some((each) => tracks[each.sink] === tracks[source]));
    const main = Math.max(0, straight);
    list.forEach((net, index) => {
      const side = index - main;
      const steps = Math.min(3, Math.abs(side) - 1);
      if (side !== 0) net.offset = Math.sign(side) * (OUTPUT_FIRST + OUTPUT_STEP * steps);
    });
  }
}

function claimStraight(claims: ColumnClaims, nets: readonly Net[], tracks: Int32Array, ranks: Int32Array): void {
  const wanted: { net: Net; arrival: Arrival; span: number }[] = [];
  for (const net of nets) {
    if (net.source < 0 || net.offset !== 0) continue;
    for (const arrival of net.arrivals) {
      const span = ranks[arrival.sink]! - ranks[net.source]!;
      if (span > 0 && tracks[arrival.sink] === tracks[net.source]) wanted.push({ net, arrival, span });
    }
  }
  wanted.sort((a, b) => a.span - b.span);
  for (const { net, arrival } of wanted) {
    const top = ranks[net.source]! + 1;
    const bottom = ranks[arrival.sink]!;
    const track = tracks[net.source]!;
    if (!claims.isClear(track, top, bottom, net.wire)) continue;
    claims.claim(track, top, bottom, net.wire);
    arrival.way = Way.straight;
  }
}

/** Comes in from above: down the middle of a sink's track if one is clear, else by a lane. */
function enter(claims: ColumnClaims, net: Net, tracks: Int32Array, ranks: Int32Array): void {
  for (const arrival of net.arrivals) {
    const track = tracks[arrival.sink]!;
    if (!claims.isClear(track, 0, ranks[arrival.sink]!, net.wire)) continue;
    claims.claim(track, 0, ranks[arrival.sink]!, net.wire);
    net.enterTrack = track;
    arrival.way = Way.straight;
    return;
  }
  const first = net.arrivals[0]!;
  net.enterLaneTrack = tracks[first.sink]!;
  first.way = Way.lane;
  first.lane = net.enterLane = claims.lane(net.enterLaneTrack, net.wire, 0, 2 * ranks[first.sink]! + 1);
}

const startBand = (net: Net, ranks: Int32Array): number => (net.source < 0 ? 0 : ranks[net.source]! + 1);
const startTrack = (net: Net, tracks: Int32Array): number =>
  net.source < 0 ? (net.enterTrack >= 0 ? net.enterTrack : net.enterLaneTrack) : tracks[net.source]!;
/** Whether a wire starts in the middle of its track. */
const startsCentred = (net: Net): boolean => (net.source < 0 ? net.enterTrack >= 0 : net.offset === 0);

function arrive(claims: ColumnClaims, net: Net, arrival: Arrival, tracks: Int32Array, ranks: Int32Array): void {
  const top = startBand(net, ranks);
  const rank = ranks[arrival.sink]!;
  const track = tracks[arrival.sink]!;
  const from = startTrack(net, tracks);
  if (rank === top) arrival.way = Way.band;
  else if (rank > top && startsCentred(net) && claims.isClear(from, top, rank, net.wire)) {
    claims.claim(from, top, rank, net.wire);
    arrival.way = Way.down;
  } else if (rank > top && claims.isClear(track, top, rank, net.wire)) {
    claims.claim(track, top, rank, net.wire);
    arrival.way = Way.up;
  } else {
    arrival.way = Way.lane;
    arrival.lane = claims.lane(track, net.wire, Math.min(2 * top, 2 * rank + 1), Math.max(2 * top, 2 * rank + 1));
  }
}

function leave(claims: ColumnClaims, net: Net, tracks: Int32Array, ranks: Int32Array): void {
  const track = tracks[net.source]!;
  const top = ranks[net.source]! + 1;
  if (net.offset === 0 && claims.isClear(track, top, claims.ranks, net.wire)) {
    claims.claim(track, top, claims.ranks, net.wire);
  } else net.leaveLane = claims.lane(track, net.wire, 2 * top, 2 * claims.ranks);
}

/** Short lanes lie nearest to the nodes, so that nested skips do not cross. */
function numberLanes(lanes: Lane[]): void {
  lanes.sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from || a.wire - b.wire);
  const taken: Lane[] = [];
  for (const lane of lanes) {
    const beside = taken.filter((other) => other.from <= lane.to && other.to >= lane.from);
    while (beside.some((other) => other.index === lane.index)) lane.index++;
    taken.push(lane);
  }
}

/** Finds the place at the sink. Where leaves and stubs hang above it, only the centre is free: others use a lane. */
function enterSink(
  claims: ColumnClaims,
  net: Net,
  arrival: Arrival,
  tracks: Int32Array,
  ranks: Int32Array,
  crowded: boolean,
): void {
  if (arrival.way === Way.lane) claims.sideEntry(arrival.sink);
  if (arrival.way !== Way.band && arrival.way !== Way.down) return;
  const track = tracks[arrival.sink]!;
  const rank = ranks[arrival.sink]!;
  if (claims.bandIsFree(track, rank, net.wire)) claims.claimBand(track, rank, net.wire);
  else if (crowded) {
    const top = startBand(net, ranks);
    arrival.way = Way.lane;
    arrival.lane = claims.lane(track, net.wire, Math.min(2 * top, 2 * rank + 1), Math.max(2 * top, 2 * rank + 1));
    claims.sideEntry(arrival.sink);
  } else arrival.offset = claims.topEntry(arrival.sink, startTrack(net, tracks) <= track);
}

function settleTops(claims: ColumnClaims, nets: readonly Net[]): void {
  for (const net of nets) {
    for (const arrival of net.arrivals) {
      if (!arrival.lane && arrival.offset !== 0) arrival.offset = claims.topOffset(arrival.sink, arrival.offset);
    }
  }
}

/** Wires that enter a side are spread over it: the nearest lane highest, so that they do not cross. */
function settleSides(claims: ColumnClaims, nets: readonly Net[]): void {
  const sides = new Map<number, Arrival[]>();
  for (const net of nets) {
    for (const arrival of net.arrivals) {
      if (!arrival.lane) continue;
      const list = sides.get(arrival.sink);
      if (list) list.push(arrival);
      else sides.set(arrival.sink, [arrival]);
    }
  }
  for (const [sink, list] of sides) {
    list.sort((a, b) => a.lane!.index - b.lane!.index);
    list.forEach((arrival, index) => {
      arrival.offset = Math.max(-12, Math.min(12, claims.sideOffset(sink, index)));
    });
  }
}
