import type { ColumnClaims } from './claims.ts';
import type { Arrival, Lane, Net } from './nets.ts';
import { Way } from './nets.ts';
import {
  BUS,
  FIRST_LANE,
  FRAME_BOTTOM,
  FRAME_GAP,
  FRAME_HEADER,
  FRAME_LEFT,
  FRAME_RIGHT,
  GAP,
  GUTTER,
  LANE,
  SLOT,
  STUB_BAND,
  TRACK_GAP,
} from './metrics.ts';
import type { GridColumn } from './types.ts';

/** One horizontal run in a band; runs of one wire in one band are one run. */
interface Run {
  readonly wire: number;
  low: number;
  high: number;
  slot: number;
}

/** Height that turning wires get in a band at the least. */
const LEAST_TURN = 10;

export interface ColumnInput {
  readonly nets: readonly Net[];
  readonly claims: ColumnClaims;
  /** [items] cells and sizes. */
  readonly tracks: Int32Array;
  readonly ranks: Int32Array;
  readonly widths: Float32Array;
  readonly heights: Float32Array;
  /** Items of this column; leaves that hang above nothing. */
  readonly items: readonly number[];
  readonly leaves: readonly number[];
  /** [items] rows of leaves and stubs above an item. */
  readonly hangerRows: Uint8Array;
  /** [ranks] block that fills a rank; -1: none. */
  readonly rankBlocks: Int32Array;
}

/** A column with its measures: where its tracks, ranks, lanes and horizontal runs are. */
export class PlacedColumn {
  readonly grid: GridColumn;
  private readonly input: ColumnInput;
  private readonly runs: Map<number, Run>[];
  private readonly slots: Int32Array;
  private readonly laneCounts: Int32Array;
  /** [ranks] rows of hangers above each rank. */
  private readonly hangers: Int32Array;

  /**
   * @param pinned the column of the previous layout, which keeps its measures
   * @param x left end of the gutter before the column; `top`: top of its frames
   */
  constructor(input: ColumnInput, x: number, top: number, pinned: GridColumn | null) {
    this.input = input;
    this.laneCounts = Int32Array.from(input.claims.lanes, laneCount);
    this.hangers = hangersOfRanks(input);
    const across = pinned ?? acrossOf(input, this.laneCounts, x);
    this.grid = { ...across, ...emptyDown(pinned) };
    for (const net of input.nets) if (net.source < 0) net.enterX = this.enterXOf(net);
    const ranks = input.claims.ranks;
    this.runs = Array.from({ length: ranks + 1 }, () => new Map());
    for (const net of input.nets) this.addRuns(net);
    this.slots = Int32Array.from(this.runs, assignSlots);
    if (!pinned) this.grid = { ...across, ...downOf(input, this.slots, this.hangers, top) };
  }

  centre(item: number): number {
    const track = this.input.tracks[item]!;
    return this.grid.trackX[track]! + this.grid.trackWidths[track]! / 2;
  }
  /** Where a net's wire starts in this column. */
  startX(net: Net): number {
    return net.source < 0 ? net.enterX : this.centre(net.source) + net.offset;
  }
  laneX(track: number, lane: Lane): number {
    const room = this.grid.trackRooms[track]!;
    const count = this.laneCounts[track]!;
    const wanted = FIRST_LANE + LANE * (count - 1);
    const x = this.grid.trackX[track]!;
    if (wanted <= room) return x - FIRST_LANE - LANE * lane.index;
    return x - (room * (lane.index + 1)) / (count + 0.5);
  }
  /** Height of a wire's horizontal run in a band. */
  runY(band: number, wire: number): number {
    const run = this.runs[band]!.get(wire);
    const slots = this.slots[band]!;
    const top = this.grid.channelTops[band]!;
    const whole = this.grid.channelHeights[band]!;
    const height = Math.max(LEAST_TURN, whole - STUB_BAND * (this.hangers[band] ?? 0));
    if (!run || slots === 0) return top + height / 2;
    const step = Math.min(SLOT, height / (slots + 1));
    return slots === 1 ? top + Math.min(GAP, height) / 2 : top + step * (run.slot + 1);
  }
  trackOf(item: number): number {
    return this.input.tracks[item]!;
  }
  rankOf(item: number): number {
    return this.input.ranks[item]!;
  }
  top(item: number): number {
    return this.middle(item) - this.input.heights[item]! / 2;
  }
  middle(item: number): number {
    const rank = this.input.ranks[item]!;
    return this.grid.rankTops[rank]! + this.grid.rankHeights[rank]! / 2;
  }
  left(item: number): number {
    return this.centre(item) - this.input.widths[item]! / 2;
  }

  private enterXOf(net: Net): number {
    if (net.enterLane) return this.laneX(net.enterLaneTrack, net.enterLane);
    return this.grid.trackX[net.enterTrack]! + this.grid.trackWidths[net.enterTrack]! / 2;
  }

  private addRuns(net: Net): void {
    const start = this.startX(net);
    const band = net.source < 0 ? 0 : this.input.ranks[net.source]! + 1;
    for (const arrival of net.arrivals) this.addArrival(net, arrival, start, band);
    if (!net.next) return;
    if (net.leaveLane) {
      net.leaveX = this.laneX(this.input.tracks[net.source]!, net.leaveLane);
      this.addRun(band, net.wire, start, net.leaveX);
    } else net.leaveX = start;
    this.addRun(this.input.claims.ranks, net.wire, net.leaveX, this.grid.x + this.grid.width);
  }

  private addArrival(net: Net, arrival: Arrival, start: number, band: number): void {
    const end = this.centre(arrival.sink) + arrival.offset;
    switch (arrival.way) {
      case Way.straight:
        return;
      case Way.band:
        return this.addRun(band, net.wire, start, end);
      case Way.down:
        return this.addRun(this.input.ranks[arrival.sink]!, net.wire, start, end);
      case Way.up:
        return this.addRun(band, net.wire, start, this.centre(arrival.sink));
      case Way.lane:
        if (!arrival.lane) return;
        return this.addRun(band, net.wire, start, this.laneX(this.input.tracks[arrival.sink]!, arrival.lane));
      default:
        return arrival.way satisfies never;
    }
  }

  private addRun(band: number, wire: number, a: number, b: number): void {
    if (a === b) return;
    const runs = this.runs[band]!;
    const run = runs.get(wire);
    if (run) {
      run.low = Math.min(run.low, a, b);
      run.high = Math.max(run.high, a, b);
    } else runs.set(wire, { wire, low: Math.min(a, b), high: Math.max(a, b), slot: 0 });
  }
}

const laneCount = (lanes: readonly Lane[]): number => lanes.reduce((most, lane) => Math.max(most, lane.index + 1), 0);

/** Short runs get the upper slots: wires from near by turn first. */
function assignSlots(runs: ReadonlyMap<number, Run>): number {
  const placed: Run[] = [];
  let slots = 0;
  const sorted = [...runs.values()].sort((a, b) => a.high - a.low - (b.high - b.low) || a.low - b.low);
  for (const run of sorted) {
    const beside = placed.filter((other) => other.low <= run.high + 2 && other.high >= run.low - 2);
    while (beside.some((other) => other.slot === run.slot)) run.slot++;
    placed.push(run);
    slots = Math.max(slots, run.slot + 1);
  }
  return slots;
}

function hangersOfRanks(input: ColumnInput): Int32Array {
  const rows = new Int32Array(input.claims.ranks);
  for (const item of [...input.items, ...input.leaves]) {
    const rank = input.ranks[item]!;
    rows[rank] = Math.max(rows[rank]!, input.hangerRows[item]!);
  }
  return rows;
}

type Across = Pick<GridColumn, 'x' | 'width' | 'trackX' | 'trackWidths' | 'trackRooms' | 'gutterX' | 'gutterWidth'>;
type Down = Pick<GridColumn, 'rankTops' | 'rankHeights' | 'channelTops' | 'channelHeights' | 'busY'>;

function acrossOf(input: ColumnInput, laneCounts: Int32Array, left: number): Across {
  const tracks = input.claims.tracks;
  const trackWidths = new Float64Array(tracks);
  for (const item of input.items) {
    const track = input.tracks[item]!;
    trackWidths[track] = Math.max(trackWidths[track]!, input.widths[item]!);
  }
  const entering = input.nets.filter((net) => net.source < 0).length;
  const gutterWidth = left > 0 || entering > 0 ? GUTTER + LANE * Math.max(0, entering - 1) : 0;
  const x = left + gutterWidth;
  const trackX = new Float64Array(tracks);
  const trackRooms = new Float64Array(tracks);
  let at = x + FRAME_LEFT;
  for (let track = 0; track < tracks; track++) {
    if (track > 0) at += TRACK_GAP;
    trackRooms[track] = FIRST_LANE + LANE * Math.max(0, laneCounts[track]! - 1);
    trackX[track] = at += trackRooms[track]!;
    at += trackWidths[track]!;
  }
  return { x, width: at + FRAME_RIGHT - x, trackX, trackWidths, trackRooms, gutterX: left, gutterWidth };
}

const nothing = (): Down => ({
  rankTops: new Float64Array(),
  rankHeights: new Float64Array(),
  channelTops: new Float64Array(),
  channelHeights: new Float64Array(),
  busY: 0,
});
const emptyDown = (pinned: GridColumn | null): Down => pinned ?? nothing();

function downOf(input: ColumnInput, slots: Int32Array, hangers: Int32Array, top: number): Down {
  const ranks = input.claims.ranks;
  const rankHeights = new Float64Array(ranks);
  for (const item of input.items) {
    const rank = input.ranks[item]!;
    rankHeights[rank] = Math.max(rankHeights[rank]!, input.heights[item]!);
  }
  const rankTops = new Float64Array(ranks);
  const channelTops = new Float64Array(ranks + 1);
  const channelHeights = new Float64Array(ranks + 1);
  let at = top;
  for (let rank = 0; rank < ranks; rank++) {
    at += frameSpace(input.rankBlocks, rank);
    channelTops[rank] = at;
    channelHeights[rank] = channelHeight(slots[rank]!, hangers[rank]!);
    rankTops[rank] = at += channelHeights[rank]!;
    at += rankHeights[rank]!;
  }
  channelTops[ranks] = at + FRAME_BOTTOM;
  channelHeights[ranks] = BUS + SLOT * Math.max(1, slots[ranks]!);
  return { rankTops, rankHeights, channelTops, channelHeights, busY: top - BUS };
}

function channelHeight(slots: number, hangerRows: number): number {
  const turning = slots > 0 ? SLOT * (slots + 1) : 4;
  return Math.max(GAP, turning + STUB_BAND * hangerRows + (hangerRows > 0 ? 2 : 0));
}

/** Above a rank: the end of one frame, and the header of the next. The first rank always keeps room for a header. */
function frameSpace(blocks: Int32Array, rank: number): number {
  if (rank === 0) return FRAME_HEADER;
  const before = blocks[rank - 1]!;
  const here = blocks[rank]!;
  if (before === here) return 0;
  const end = before >= 0 ? FRAME_BOTTOM : 0;
  return here >= 0 ? end + FRAME_GAP + FRAME_HEADER : end;
}
