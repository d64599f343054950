import type { PackInput } from './tracks.ts';

/** A run of items in one track, with the ranks that it and its wires take up. */
export interface Block {
  readonly items: readonly number[];
  readonly top: number;
  readonly bottom: number;
  track: number;
}

/** What a crossing costs, and a track that is used, in tracks that a wire runs sideways. */
const CROSSING = 5;
const TRACK = 0.25;
/** Work that one pane is worth: looks at a pair of a wire that runs sideways and one that runs down. */
const MOST_LOOKS = 1.5e6;
const SWEEPS = 8;

/** A wire that runs sideways in the band above a rank, from the track of one item to that of another. */
interface Run {
  readonly band: number;
  readonly from: number;
  readonly to: number;
}

/** A wire that runs down in a lane left of an item's track, from one band to another. */
interface Drop {
  readonly item: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Moves blocks to other tracks, exchanges blocks, and exchanges whole tracks, as long as wires cross less and run less
 * sideways. Of a pane that is too large for that nothing is moved.
 */
export function untangle(blocks: readonly Block[], input: PackInput): void {
  const search = new Search(blocks, input);
  let cost = search.cost();
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = cost;
    cost = search.sweep(cost);
    if (cost >= before || search.isSpent()) break;
  }
}

class Search {
  private readonly blocks: readonly Block[];
  private readonly blockOf: Int32Array;
  private readonly runs: readonly Run[];
  private readonly drops: readonly Drop[];
  private readonly tops: Int32Array;
  private readonly bottoms: Int32Array;
  private looks = 0;

  constructor(blocks: readonly Block[], input: PackInput) {
    this.blocks = blocks;
    this.blockOf = new Int32Array(input.ranks.length);
    this.tops = Int32Array.from(blocks, ({ top }) => top);
    this.bottoms = Int32Array.from(blocks, ({ bottom }) => bottom);
    blocks.forEach((block, index) => {
      for (const item of block.items) this.blockOf[item] = index;
    });
    const { runs, drops } = this.wires(input);
    this.runs = runs;
    this.drops = drops;
  }

  isSpent(): boolean {
    return this.looks > MOST_LOOKS;
  }

  /** Crossings and sideways ways, in tracks. */
  cost(): number {
    let sum = 0;
    const tracks = Int32Array.from(this.blocks, ({ track }) => track);
    for (const { band, from, to } of this.runs) {
      const [a, b] = [this.trackOf(from), this.trackOf(to)];
      if (a === b) continue;
      const [low, high] = a < b ? [a, b] : [b, a];
      sum += high - low;
      if (high - low > 1) {
        for (let i = 0; i < tracks.length; i++) {
          const track = tracks[i]!;
          if (track > low && track < high && this.tops[i]! < band && this.bottoms[i]! >= band) sum += CROSSING;
        }
      }
      for (const drop of this.drops) {
        const x = this.trackOf(drop.item) - 0.5;
        if (x > low && x < high && drop.top < band && drop.bottom > band) sum += CROSSING;
      }
    }
    this.looks += this.runs.length * (this.blocks.length + this.drops.length);
    const [lowest, highest] = this.span();
    return sum + TRACK * (highest - lowest);
  }

  sweep(start: number): number {
    let cost = start;
    for (const block of this.blocks) {
      if (this.isSpent()) return cost;
      cost = this.moveBest(block, cost);
    }
    const [lowest, highest] = this.span();
    for (let a = lowest; a <= highest; a++) {
      for (let b = a + 1; b <= highest; b++) {
        if (this.isSpent()) return cost;
        this.exchange(a, b);
        const next = this.cost();
        if (next < cost - 1e-9) cost = next;
        else this.exchange(a, b);
      }
    }
    return cost;
  }

  private trackOf(item: number): number {
    return this.blocks[this.blockOf[item]!]!.track;
  }

  private span(): [number, number] {
    let [lowest, highest] = [Infinity, -Infinity];
    for (const { track } of this.blocks) {
      lowest = Math.min(lowest, track);
      highest = Math.max(highest, track);
    }
    return [lowest, highest];
  }

  /** Into the best track where it has room, or where it may change places with what is there. */
  private moveBest(block: Block, cost: number): number {
    const home = block.track;
    const [lowest, highest] = this.span();
    let best = cost;
    let bestMove: (() => void) | null = null;
    for (let track = lowest - 1; track <= highest + 1; track++) {
      if (track === home || this.isSpent()) continue;
      const others = this.blocks.filter((other) => other.track === track && overlaps(other, block));
      if (others.some((other) => !this.fits(other, home, block))) continue;
      const move = (to: number, back: number): void => {
        block.track = to;
        for (const other of others) other.track = back;
      };
      move(track, home);
      const next = this.cost();
      move(home, track);
      if (next >= best - 1e-9) continue;
      best = next;
      bestMove = () => move(track, home);
    }
    bestMove?.();
    return best;
  }

  /** Whether a block has room in a track once another has left it. */
  private fits(block: Block, track: number, leaving: Block): boolean {
    return !this.blocks.some((other) => other !== leaving && other.track === track && overlaps(other, block));
  }

  private exchange(a: number, b: number): void {
    for (const block of this.blocks) {
      if (block.track === a) block.track = b;
      else if (block.track === b) block.track = a;
    }
  }

  /** How the wires will run: see `claimPane`. */
  private wires({ graph, ranks, rankCount, entering, leaving }: PackInput): { runs: Run[]; drops: Drop[] } {
    const runs: Run[] = [];
    const drops: Drop[] = [];
    for (let link = 0; link < graph.from.length; link++) {
      const [from, to] = [graph.from[link]!, graph.to[link]!];
      const [first, last] = [ranks[from]! + 1, ranks[to]!];
      const source = this.blocks[this.blockOf[from]!]!;
      const sink = this.blocks[this.blockOf[to]!]!;
      if (source === sink && source.items.indexOf(to) === source.items.indexOf(from) + 1) continue;
      if (first === last || (source !== sink && source.items.at(-1) === from)) runs.push({ band: last, from, to });
      else {
        runs.push({ band: first, from, to });
        if (sink.items[0] !== to || sink.top > first) drops.push({ item: to, top: first, bottom: last });
      }
    }
    for (const sinks of entering) {
      const [main, ...rest] = [...sinks].sort((a, b) => ranks[a]! - ranks[b]!);
      for (const to of rest) runs.push({ band: 0, from: main!, to });
      for (const to of sinks) if (ranks[to]! > 0) drops.push({ item: to, top: 0, bottom: ranks[to]! });
    }
    leaving.forEach((leaves, item) => {
      const isLast = this.blocks[this.blockOf[item]!]!.items.at(-1) === item;
      if (leaves && !isLast) drops.push({ item, top: ranks[item]! + 1, bottom: rankCount });
    });
    return { runs, drops };
  }
}

const overlaps = (a: Block, b: Block): boolean => a.top <= b.bottom && b.top <= a.bottom;
