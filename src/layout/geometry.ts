import { assignSlots, type Run } from './slots.ts';
import type { PaneClaims } from './claims.ts';
import type { Lane, RoutedArrival, RoutedNet } from './nets.ts';
import { Way } from './nets.ts';
import {
  BUS,
  FIRST_LANE,
  FRAME_BOTTOM,
  FRAME_HEADER,
  FRAME_LEFT,
  FRAME_RIGHT,
  FRAME_TOP,
  GAP,
  GUTTER,
  LANE,
  SLOT,
  STUB_BAND,
  TRACK_GAP,
} from './metrics.ts';
import type { GridShape } from './types.ts';

/** Height that turning wires get in a band at the least. */
const LEAST_TURN = 10;

/** Items of one pane, numbered from 0: cells and sizes. */
export interface PaneItems {
  readonly tracks: Int32Array;
  readonly ranks: Int32Array;
  /** From the item's axis to its edges. */
  readonly lefts: Float32Array;
  readonly rights: Float32Array;
  readonly heights: Float32Array;
  /** Rows of leaves and stubs above it. */
  readonly hangerRows: Uint8Array;
  /** Hangers above cells that are empty now: their ranks and rows. */
  readonly loose: readonly { readonly rank: number; readonly rows: number }[];
}

/** What a pane is: a box with a frame, or a column that begins at `left` with its gutter, below `top`. */
export type PaneKind =
  | { readonly kind: 'box' }
  | { readonly kind: 'column'; readonly left: number; readonly top: number };

export interface PaneInput {
  readonly pane: PaneKind;
  readonly items: PaneItems;
  readonly nets: readonly RoutedNet[];
  readonly claims: PaneClaims;
  /** The pane of the previous layout, which keeps its measures. */
  readonly pinned: GridShape | null;
}

/** A pane with its measures: where its tracks, ranks, lanes and horizontal runs are. */
export class PlacedPane {
  readonly shape: GridShape;
  private readonly input: PaneInput;
  private readonly runs: Map<number, Run>[];
  private readonly slots: Int32Array;
  private readonly laneCounts: Int32Array;
  /** [ranks] rows of hangers above each rank. */
  private readonly hangers: Int32Array;

  constructor(input: PaneInput) {
    this.input = input;
    this.laneCounts = Int32Array.from(input.claims.lanes, laneCount);
    this.hangers = hangersOfRanks(input);
    const { pinned, claims, nets } = input;
    const across = pinned ?? acrossOf(input, this.laneCounts);
    this.shape = { ...across, ...(pinned ?? NO_HEIGHT), axis: 0 };
    for (const net of nets) if (net.source < 0) net.enterX = this.enterXOf(net);
    this.shape = { ...this.shape, axis: pinned?.axis ?? this.mainAxis() };
    this.runs = Array.from({ length: claims.ranks + 1 }, () => new Map());
    for (const net of nets) this.addRuns(net);
    this.slots = Int32Array.from(this.runs, assignSlots);
    if (!pinned) this.shape = { ...this.shape, ...downOf(input, this.slots, this.hangers) };
  }

  /** The vertical line on which an item stands. */
  centre(item: number): number {
    return this.shape.trackAxes[this.input.items.tracks[item]!]!;
  }
  /** Where a net's wire starts in this pane. */
  startX(net: RoutedNet): number {
    return net.source < 0 ? net.enterX : this.centre(net.source) + net.offset;
  }
  laneX(track: number, lane: Lane): number {
    const room = this.shape.trackRooms[track]!;
    const count = this.laneCounts[track]!;
    const wanted = FIRST_LANE + LANE * (count - 1);
    const x = this.shape.trackX[track]!;
    if (wanted <= room) return x - FIRST_LANE - LANE * lane.index;
    return x - (room * (lane.index + 1)) / (count + 0.5);
  }
  /** Height of a wire's horizontal run in a band. */
  runY(band: number, wire: number): number {
    const run = this.runs[band]!.get(wire);
    const slots = this.slots[band]!;
    const top = this.shape.channelTops[band]!;
    const whole = this.shape.channelHeights[band]!;
    const height = Math.max(LEAST_TURN, whole - STUB_BAND * (this.hangers[band] ?? 0));
    if (!run || slots === 0) return top + height / 2;
    const step = Math.min(SLOT, height / (slots + 1));
    return slots === 1 ? top + Math.min(GAP, height) / 2 : top + step * (run.slot + 1);
  }
  trackOf(item: number): number {
    return this.input.items.tracks[item]!;
  }
  rankOf(item: number): number {
    return this.input.items.ranks[item]!;
  }
  /** Band in which a net's wire may first turn. */
  firstBand(net: RoutedNet): number {
    return net.source < 0 ? 0 : this.rankOf(net.source) + 1;
  }
  get ranks(): number {
    return this.input.claims.ranks;
  }
  top(item: number): number {
    return this.middle(item) - this.input.items.heights[item]! / 2;
  }
  bottom(item: number): number {
    return this.middle(item) + this.input.items.heights[item]! / 2;
  }
  middle(item: number): number {
    const rank = this.rankOf(item);
    return this.shape.rankTops[rank]! + this.shape.rankHeights[rank]! / 2;
  }
  left(item: number): number {
    return this.centre(item) - this.input.items.lefts[item]!;
  }

  private enterXOf(net: RoutedNet): number {
    if (net.enterLane) return this.laneX(net.enterLaneTrack, net.enterLane);
    return this.shape.trackAxes[net.enterTrack]! + net.offset;
  }

  /** Where the first wire comes in on the axis of a track; else the axis of the track with the longest run of items. */
  private mainAxis(): number {
    const { nets, items } = this.input;
    const counts = new Int32Array(this.shape.trackAxes.length);
    for (const track of items.tracks) counts[track]!++;
    let best = 0;
    for (let track = 1; track < counts.length; track++) if (counts[track]! > counts[best]!) best = track;
    const isMain = (net: RoutedNet): boolean => net.source < 0 && net.enterTrack >= 0;
    const main = nets.find((net) => isMain(net) && net.enterTrack === best) ?? nets.find(isMain);
    return main ? main.enterX : this.shape.trackAxes[best]!;
  }

  private addRuns(net: RoutedNet): void {
    const start = this.startX(net);
    const band = this.firstBand(net);
    for (const arrival of net.arrivals) this.addArrival(net, arrival, start, band);
    if (!net.leaves) return;
    if (net.leaveLane) {
      net.leaveX = this.laneX(this.trackOf(net.source), net.leaveLane);
      this.addRun(band, net.wire, start, net.leaveX);
    } else net.leaveX = start;
    // Below a column, wires turn to the gutter.
    if (this.input.pane.kind === 'column') {
      this.addRun(this.ranks, net.wire, net.leaveX, this.shape.x + this.shape.width);
    }
  }

  private addArrival(net: RoutedNet, arrival: RoutedArrival, start: number, band: number): void {
    const end = this.centre(arrival.sink) + arrival.offset;
    const rank = this.rankOf(arrival.sink);
    switch (arrival.way) {
      case Way.straight:
        return;
      case Way.band:
      case Way.up:
        return this.addRun(band, net.wire, start, end);
      case Way.down:
        return this.addRun(rank, net.wire, start, end);
      case Way.lane:
        return this.addRun(band, net.wire, start, this.arrivalLaneX(arrival));
      case Way.over:
        this.addRun(band, net.wire, start, this.arrivalLaneX(arrival));
        return this.addRun(rank, net.wire, this.arrivalLaneX(arrival), end);
      default:
        return arrival.way satisfies never;
    }
  }

  arrivalLaneX(arrival: RoutedArrival): number {
    return arrival.lane ? this.laneX(this.trackOf(arrival.sink), arrival.lane) : this.centre(arrival.sink);
  }

  /** From `start`, where the wire comes from above, to `end`, where it goes on below. */
  private addRun(band: number, wire: number, start: number, end: number): void {
    if (start === end) return;
    const runs = this.runs[band]!;
    let run = runs.get(wire);
    if (!run) runs.set(wire, (run = { wire, low: start, high: start, above: [], below: [], slot: 0 }));
    run.low = Math.min(run.low, start, end);
    run.high = Math.max(run.high, start, end);
    if (!run.above.includes(start)) run.above.push(start);
    run.below.push(end);
  }
}

const laneCount = (lanes: readonly Lane[]): number => lanes.reduce((most, lane) => Math.max(most, lane.index + 1), 0);

function hangersOfRanks({ items, claims }: PaneInput): Int32Array {
  const rows = new Int32Array(claims.ranks);
  items.ranks.forEach((rank, item) => (rows[rank] = Math.max(rows[rank]!, items.hangerRows[item]!)));
  for (const loose of items.loose) rows[loose.rank] = Math.max(rows[loose.rank]!, loose.rows);
  return rows;
}

type Down = Pick<GridShape, 'height' | 'rankTops' | 'rankHeights' | 'channelTops' | 'channelHeights' | 'busY'>;
type Across = Omit<GridShape, keyof Down | 'axis'>;

const NOTHING = new Float64Array();
const NO_HEIGHT: Down = {
  height: 0,
  rankTops: NOTHING,
  rankHeights: NOTHING,
  channelTops: NOTHING,
  channelHeights: NOTHING,
  busY: 0,
};

function acrossOf({ pane, items, nets, claims }: PaneInput, laneCounts: Int32Array): Across {
  const tracks = claims.tracks;
  const trackLefts = new Float64Array(tracks);
  const trackRights = new Float64Array(tracks);
  items.tracks.forEach((track, item) => {
    trackLefts[track] = Math.max(trackLefts[track]!, items.lefts[item]!);
    trackRights[track] = Math.max(trackRights[track]!, items.rights[item]!);
  });
  const entering = nets.filter((net) => net.source < 0).length;
  const gutterX = pane.kind === 'column' ? pane.left : 0;
  const hasGutter = pane.kind === 'column' && (gutterX > 0 || entering > 0);
  const gutterWidth = hasGutter ? GUTTER + LANE * Math.max(0, entering - 1) : 0;
  const x = gutterX + gutterWidth;
  const trackX = new Float64Array(tracks);
  const trackAxes = new Float64Array(tracks);
  const trackRooms = new Float64Array(tracks);
  let at = x + FRAME_LEFT;
  for (let track = 0; track < tracks; track++) {
    if (track > 0) at += TRACK_GAP;
    // The first track of a box needs no room where no lane is.
    const lanes = laneCounts[track]!;
    trackRooms[track] =
      lanes === 0 && pane.kind === 'box' && track === 0 ? 0 : FIRST_LANE + LANE * Math.max(0, lanes - 1);
    trackX[track] = at += trackRooms[track]!;
    trackAxes[track] = at + trackLefts[track]!;
    at += trackLefts[track]! + trackRights[track]!;
  }
  const trackWidths = trackLefts.map((left, track) => left + trackRights[track]!);
  const right = pane.kind === 'box' ? FRAME_LEFT : FRAME_RIGHT;
  return { x, width: at + right - x, trackX, trackWidths, trackAxes, trackRooms, gutterX, gutterWidth };
}

function downOf({ pane, items, claims }: PaneInput, slots: Int32Array, hangers: Int32Array): Down {
  const ranks = claims.ranks;
  const top = pane.kind === 'column' ? pane.top : 0;
  const rankHeights = new Float64Array(ranks);
  items.ranks.forEach((rank, item) => (rankHeights[rank] = Math.max(rankHeights[rank]!, items.heights[item]!)));
  const rankTops = new Float64Array(ranks);
  const channelTops = new Float64Array(ranks + 1);
  const channelHeights = new Float64Array(ranks + 1);
  let at = top + FRAME_HEADER;
  for (let rank = 0; rank < ranks; rank++) {
    channelTops[rank] = at;
    const least = rank === 0 && pane.kind === 'box' ? FRAME_TOP : GAP;
    channelHeights[rank] = channelHeight(slots[rank]!, hangers[rank]!, least);
    rankTops[rank] = at += channelHeights[rank]!;
    at += rankHeights[rank]!;
  }
  const below = pane.kind === 'column' ? BUS + SLOT * Math.max(1, slots[ranks]!) : 0;
  channelTops[ranks] = at + FRAME_BOTTOM;
  channelHeights[ranks] = below;
  const height = at + FRAME_BOTTOM + below - top;
  return { height, rankTops, rankHeights, channelTops, channelHeights, busY: top - BUS };
}

function channelHeight(slots: number, hangerRows: number, least: number): number {
  const turning = slots > 0 ? SLOT * (slots + 1) : 4;
  return Math.max(least, turning + STUB_BAND * hangerRows + (hangerRows > 0 ? 2 : 0));
}
