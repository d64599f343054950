import type { Lane, RoutedArrival as Arrival, RoutedNet as Net } from './nets.ts';
import { Way } from './nets.ts';

const FREE = -1;
/** Offsets of second outputs and of wires that enter beside the centre; no multiple of one is one of the other. */
const OUTPUT_FIRST = 11;
const OUTPUT_STEP = 22;
const INPUT_STEP = 18;
const INPUT_ROOM = 74;
const SIDE_STEP = 8;

/**
 * The cells of one pane while its wires look for their ways. Every vertical run has a cell, a band or a lane of its
 * own, and horizontal runs lie in the bands between ranks, so no wire can cross a node.
 */
export class PaneClaims {
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

/** The cells of the items of a pane. */
export interface PaneCells {
  readonly tracks: Int32Array;
  readonly ranks: Int32Array;
}

/** Finds a way for every net of a pane, and lanes for those that need one. */
export function claimPane(claims: PaneClaims, nets: readonly Net[], cells: PaneCells, hangerRows: Uint8Array): void {
  const { tracks, ranks } = cells;
  spreadOutputs(nets, tracks);
  for (const net of nets) {
    if (net.source >= 0 && net.offset === 0) {
      claims.claimBand(tracks[net.source]!, ranks[net.source]! + 1, net.wire);
    }
    net.arrivals.sort((a, b) => ranks[a.sink]! - ranks[b.sink]! || tracks[a.sink]! - tracks[b.sink]!);
  }
  claimStraight(claims, nets, cells);
  const entering = nets.filter((net) => net.source < 0);
  entering.sort((a, b) => ranks[a.arrivals[0]!.sink]! - ranks[b.arrivals[0]!.sink]!);
  for (const net of entering) enter(claims, net, cells);
  for (const net of nets) {
    for (const arrival of net.arrivals) {
      if (arrival.way !== Way.straight && !arrival.lane) arrive(claims, net, arrival, cells);
    }
    if (net.leaves) leave(claims, net, cells);
  }
  for (const net of nets) {
    for (const arrival of net.arrivals) enterSink(claims, net, arrival, cells, hangerRows[arrival.sink]! > 0);
  }
  for (const lanes of claims.lanes) numberLanes(lanes);
  settleTops(claims, nets, cells);
  settleSides(claims, nets);
}

/** Several outputs leave a node side by side, as their readers lie; the one that goes on below it keeps the centre. */
function spreadOutputs(nets: readonly Net[], tracks: Int32Array): void {
  const bySource = new Map<number, Net[]>();
  for (const net of nets) {
    if (net.source < 0 || net.exit !== null) continue;
    const list = bySource.get(net.source);
    if (list) list.push(net);
    else bySource.set(net.source, [net]);
  }
  for (const [source, list] of bySource) {
    if (list.length === 1) continue;
    const from = tracks[source]!;
    const sideOf = (net: Net): number =>
      net.arrivals.length === 0 ? 1 : net.arrivals.reduce((sum, { sink }) => sum + tracks[sink]! - from, 0);
    list.sort((a, b) => sideOf(a) - sideOf(b) || a.wire - b.wire);
    const straight = list.findIndex((net) => net.arrivals.some((each) => tracks[each.sink] === from));
    const main = straight < 0 ? Math.floor(list.length / 2) : straight;
    list.forEach((net, index) => {
      const side = index - main;
      const steps = Math.min(3, Math.abs(side) - 1);
      if (side !== 0) net.offset = Math.sign(side) * (OUTPUT_FIRST + OUTPUT_STEP * steps);
    });
  }
}

function claimStraight(claims: PaneClaims, nets: readonly Net[], { tracks, ranks }: PaneCells): void {
  const wanted: { net: Net; arrival: Arrival; span: number }[] = [];
  for (const net of nets) {
    if (net.source < 0) continue;
    for (const arrival of net.arrivals) {
      const span = ranks[arrival.sink]! - ranks[net.source]!;
      if (span <= 0 || tracks[arrival.sink] !== tracks[net.source] || arrival.offset !== net.offset) continue;
      // Beside the middle only from one box to the next, where nothing lies between.
      if (net.offset === 0) wanted.push({ net, arrival, span });
      else if (span === 1 && arrival.port !== null) arrival.way = Way.straight;
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

/** Comes in from above: down above a sink if its track is clear there, else by a lane. */
function enter(claims: PaneClaims, net: Net, { tracks, ranks }: PaneCells): void {
  for (const arrival of net.arrivals) {
    const track = tracks[arrival.sink]!;
    const rank = ranks[arrival.sink]!;
    const isOpen = arrival.offset !== 0 && rank === 0;
    if (!isOpen && !claims.isClear(track, 0, rank, net.wire)) continue;
    if (!isOpen) claims.claim(track, 0, rank, net.wire);
    net.enterTrack = track;
    net.offset = arrival.offset;
    arrival.way = Way.straight;
    return;
  }
  const first = net.arrivals[0]!;
  net.enterLaneTrack = tracks[first.sink]!;
  takeLane(claims, net, first, { tracks, ranks });
  net.enterLane = first.lane;
}

const startBand = (net: Net, ranks: Int32Array): number => (net.source < 0 ? 0 : ranks[net.source]! + 1);
const startTrack = (net: Net, tracks: Int32Array): number =>
  net.source < 0 ? (net.enterTrack >= 0 ? net.enterTrack : net.enterLaneTrack) : tracks[net.source]!;
/** Whether a wire starts in the middle of its track. */
const startsCentred = (net: Net): boolean => net.offset === 0 && (net.source >= 0 || net.enterTrack >= 0);

function arrive(claims: PaneClaims, net: Net, arrival: Arrival, cells: PaneCells): void {
  const top = startBand(net, cells.ranks);
  const rank = cells.ranks[arrival.sink]!;
  const track = cells.tracks[arrival.sink]!;
  const from = startTrack(net, cells.tracks);
  if (rank === top) arrival.way = Way.band;
  else if (rank > top && startsCentred(net) && claims.isClear(from, top, rank, net.wire)) {
    claims.claim(from, top, rank, net.wire);
    arrival.way = Way.down;
  } else if (rank > top && claims.isClear(track, top, rank, net.wire)) {
    claims.claim(track, top, rank, net.wire);
    arrival.way = Way.up;
  } else takeLane(claims, net, arrival, cells);
}

/** Along the lanes of the sink's track: into its side, or over it where it is a box. */
function takeLane(claims: PaneClaims, net: Net, arrival: Arrival, { tracks, ranks }: PaneCells): void {
  const start = 2 * startBand(net, ranks);
  const end = 2 * ranks[arrival.sink]! + (arrival.port === null ? 1 : 0);
  arrival.way = arrival.port === null ? Way.lane : Way.over;
  arrival.lane = claims.lane(tracks[arrival.sink]!, net.wire, Math.min(start, end), Math.max(start, end));
}

function leave(claims: PaneClaims, net: Net, { tracks, ranks }: PaneCells): void {
  const track = net.source < 0 ? startTrack(net, tracks) : tracks[net.source]!;
  const top = startBand(net, ranks);
  if (top === claims.ranks) return;
  if (startsCentred(net) && claims.isClear(track, top, claims.ranks, net.wire)) {
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
function enterSink(claims: PaneClaims, net: Net, arrival: Arrival, cells: PaneCells, crowded: boolean): void {
  if (arrival.way === Way.lane) claims.sideEntry(arrival.sink);
  if (arrival.port !== null || (arrival.way !== Way.band && arrival.way !== Way.down)) return;
  const track = cells.tracks[arrival.sink]!;
  const rank = cells.ranks[arrival.sink]!;
  if (claims.bandIsFree(track, rank, net.wire)) claims.claimBand(track, rank, net.wire);
  else if (crowded) {
    takeLane(claims, net, arrival, cells);
    claims.sideEntry(arrival.sink);
  } else arrival.offset = claims.topEntry(arrival.sink, startTrack(net, cells.tracks) <= track);
}

/** Wires beside the centre: the one from nearest by is nearest to it, so that they do not cross. */
function settleTops(claims: PaneClaims, nets: readonly Net[], { tracks }: PaneCells): void {
  const tops = new Map<number, { readonly arrival: Arrival; readonly away: number }[]>();
  for (const net of nets) {
    for (const arrival of net.arrivals) {
      if (arrival.port !== null || arrival.lane || arrival.offset === 0) continue;
      const key = arrival.offset < 0 ? -1 - arrival.sink : arrival.sink;
      const entry = { arrival, away: Math.abs(startTrack(net, tracks) - tracks[arrival.sink]!) };
      const list = tops.get(key);
      if (list) list.push(entry);
      else tops.set(key, [entry]);
    }
  }
  for (const [key, list] of tops) {
    list.sort((a, b) => a.away - b.away);
    list.forEach(({ arrival }, index) => {
      arrival.offset = claims.topOffset(arrival.sink, key < 0 ? -1 - index : 1 + index);
    });
  }
}

/** Wires that enter a side are spread over it: the nearest lane highest, so that they do not cross. */
function settleSides(claims: PaneClaims, nets: readonly Net[]): void {
  const sides = new Map<number, Arrival[]>();
  for (const net of nets) {
    for (const arrival of net.arrivals) {
      if (arrival.way !== Way.lane) continue;
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
