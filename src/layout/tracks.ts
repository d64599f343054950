import type { ItemGraph } from './links.ts';
import { untangle } from './untangle.ts';

/** What the packing looks at: the items of one pane, numbered from 0, and the links among them. */
export interface PackInput {
  readonly graph: ItemGraph;
  /** [items] */
  readonly ranks: Int32Array;
  readonly rankCount: number;
  /** Length of the longest way to an end. */
  readonly depths: Int32Array;
  /** 1: depends on no graph input. */
  readonly floating: Uint8Array;
  /** 1: a wire of it leaves the pane. */
  readonly leaving: Uint8Array;
  /** Readers of each wire that comes from outside. */
  readonly entering: readonly (readonly number[])[];
}

/** A run of items that follow each other in one track, with the cells that its wires need above and below. */
interface Segment {
  readonly items: number[];
  readonly first: number;
  readonly last: number;
  top: number;
  bottom: number;
  track: number;
}

export interface Packed {
  /** [items] from 0. */
  readonly tracks: Int32Array;
  readonly count: number;
}

/**
 * Tracks for the items of a pane: the longest path is cut out and laid straight, then the next, and so on; each into
 * the free track nearest to what it is joined to.
 *
 * @param best whether tracks are changed afterwards so that wires cross less
 */
export function packTracks(input: PackInput, best: boolean): Packed {
  const segments = cutSegments(input);
  const segmentOf = Array.from<Segment>({ length: input.ranks.length });
  for (const segment of segments) for (const item of segment.items) segmentOf[item] = segment;
  for (const segment of segments) reserve(segment, input);
  segments.sort((a, b) => b.bottom - b.top - (a.bottom - a.top) || a.first - b.first || a.items[0]! - b.items[0]!);
  const table = new TrackTable(input.rankCount);
  for (const segment of segments) segment.track = table.place(segment, neighbours(segment, input, segmentOf));
  if (best) untangle(segments, input);
  return compact(segmentOf);
}

/** Numbers the tracks that are used from 0. */
function compact(segmentOf: readonly Segment[]): Packed {
  const used = [...new Set(segmentOf.map((segment) => segment.track))].sort((a, b) => a - b);
  const numbers = new Map(used.map((track, number) => [track, number]));
  return { tracks: Int32Array.from(segmentOf, ({ track }) => numbers.get(track)!), count: Math.max(1, used.length) };
}

const NOT_PLACED = Number.MIN_SAFE_INTEGER;

function cutSegments(input: PackInput): Segment[] {
  const { ranks } = input;
  const segments: Segment[] = [];
  const taken = new Uint8Array(ranks.length);
  const byRank = Int32Array.from(ranks.keys()).sort((a, b) => ranks[a]! - ranks[b]! || a - b);
  for (const head of byRank) {
    if (taken[head]) continue;
    const items = [head];
    taken[head] = 1;
    for (let at = head; ;) {
      const next = mainSink(at, input);
      if (next < 0 || taken[next] || mainSource(next, input) !== at) break;
      items.push(next);
      taken[next] = 1;
      at = next;
    }
    const first = ranks[head]!;
    const last = ranks[items.at(-1)!]!;
    segments.push({ items, first, last, top: first, bottom: last, track: NOT_PLACED });
  }
  return segments;
}

/** The sink in this column from which the way to the end is longest. */
function mainSink(item: number, { graph: links, ranks, depths }: PackInput): number {
  let best = -1;
  for (let i = links.outStarts[item]!; i < links.outStarts[item + 1]!; i++) {
    const link = links.outLinks[i]!;
    const sink = links.to[link]!;
    const gain = best < 0 ? 1 : depths[sink]! - depths[best]! || ranks[best]! - ranks[sink]!;
    if (gain > 0) best = sink;
  }
  return best;
}

/** The lowest source in this column that depends on an input; among equals the one with the longest way below it. */
function mainSource(item: number, { graph: links, ranks, depths, floating }: PackInput): number {
  let best = -1;
  for (let i = links.inStarts[item]!; i < links.inStarts[item + 1]!; i++) {
    const link = links.inLinks[i]!;
    const source = links.from[link]!;
    const gain =
      best < 0
        ? 1
        : floating[best]! - floating[source]! ||
          ranks[source]! - ranks[best]! ||
          depths[source]! - depths[best]! ||
          best - source;
    if (gain > 0) best = source;
  }
  return best;
}

/** Widens a segment by the cells in which the long wires of its two ends can run straight. */
function reserve(segment: Segment, { graph: links, ranks, rankCount, leaving }: PackInput): void {
  const tail = segment.items.at(-1)!;
  if (leaving[tail]) segment.bottom = rankCount - 1;
  for (let i = links.outStarts[tail]!; i < links.outStarts[tail + 1]!; i++) {
    const link = links.outLinks[i]!;
    segment.bottom = Math.max(segment.bottom, ranks[links.to[link]!]! - 1);
  }
  const head = segment.items[0]!;
  let nearest = -1;
  for (let i = links.inStarts[head]!; i < links.inStarts[head + 1]!; i++) {
    const link = links.inLinks[i]!;
    nearest = Math.max(nearest, ranks[links.from[link]!]!);
  }
  if (nearest >= 0) segment.top = Math.min(segment.top, nearest + 1);
}

function neighbours(segment: Segment, { graph }: PackInput, segmentOf: readonly Segment[]): number[] {
  const tracks: number[] = [];
  const look = (item: number): void => {
    const { track } = segmentOf[item]!;
    if (track !== NOT_PLACED) tracks.push(track);
  };
  for (const item of segment.items) {
    for (let i = graph.inStarts[item]!; i < graph.inStarts[item + 1]!; i++) look(graph.from[graph.inLinks[i]!]!);
    for (let i = graph.outStarts[item]!; i < graph.outStarts[item + 1]!; i++) look(graph.to[graph.outLinks[i]!]!);
  }
  return tracks;
}

/** Occupied cells, by track; track 0 is the first one used. */
class TrackTable {
  lowest = 0;
  highest = 0;
  private readonly cells = new Map<number, Uint8Array>();
  private readonly ranks: number;

  constructor(ranks: number) {
    this.ranks = ranks;
  }

  place(segment: Segment, near: readonly number[]): number {
    let best = 0;
    let bestCost = Infinity;
    const empty = this.cells.size === 0;
    for (let track = empty ? 0 : this.lowest - 1; track <= (empty ? 0 : this.highest + 1); track++) {
      const cost = placementCost(track, near) + (track < this.lowest || track > this.highest ? 0.6 : 0);
      if (cost < bestCost && this.isFree(track, segment)) {
        best = track;
        bestCost = cost;
      }
    }
    this.take(best, segment);
    return best;
  }

  private isFree(track: number, segment: Segment): boolean {
    const cells = this.cells.get(track);
    if (!cells) return true;
    for (let rank = segment.top; rank <= segment.bottom; rank++) if (cells[rank]) return false;
    return true;
  }

  private take(track: number, segment: Segment): void {
    let cells = this.cells.get(track);
    if (!cells) this.cells.set(track, (cells = new Uint8Array(this.ranks)));
    cells.fill(1, segment.top, segment.bottom + 1);
    this.lowest = Math.min(this.lowest, track);
    this.highest = Math.max(this.highest, track);
  }
}

/** Mean distance to the neighbours; ties go towards the middle, then to the right. */
function placementCost(track: number, near: readonly number[]): number {
  let sum = 0;
  for (const each of near) sum += Math.abs(track - each);
  return (near.length ? sum / near.length : 0) + 0.2 * Math.abs(track) + (track < 0 ? 0.05 : 0);
}
