import { invariant } from '../../base/assert.ts';

interface Hole {
  from: number;
  to: number;
}

/** Contiguous pieces of one memory, each in the first hole that is large enough. */
export class Arena {
  private holes: Hole[];

  constructor(size: number) {
    this.holes = [{ from: 0, to: size }];
  }

  get free(): number {
    return this.holes.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Where the piece begins; null: no hole is large enough. */
  reserve(size: number): number | null {
    const hole = this.holes.find(({ from, to }) => to - from >= size);
    if (!hole) return null;
    const at = hole.from;
    hole.from += size;
    this.holes = this.holes.filter(({ from, to }) => from < to);
    return at;
  }

  /** Gives a piece back; neighbouring holes become one. */
  release(at: number, size: number): void {
    const next = this.holes.findIndex(({ from }) => from > at);
    const place = next < 0 ? this.holes.length : next;
    const [before, after] = [this.holes[place - 1], this.holes[place]];
    invariant((before?.to ?? 0) <= at && at + size <= (after?.from ?? Infinity), `piece at ${at} is free already`);
    const hole = { from: at, to: at + size };
    if (after?.from === hole.to) hole.to = after.to;
    if (before?.to === hole.from) hole.from = before.from;
    const [merged, joined] = [before?.to === at ? 1 : 0, after?.from === at + size ? 1 : 0];
    this.holes.splice(place - merged, merged + joined, hole);
  }
}
