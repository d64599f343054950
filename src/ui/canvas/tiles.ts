import type { Box } from './types.ts';

/** Units of a tile's side. */
export const TILE = 512;

/** Says which of many things meet a rectangle of the graph; some that only come near it may be among them. */
export interface Finder {
  query(box: Box, visit: (index: number) => void): void;
}

/** A box that is filled in place: building an index of many boxes makes no object for each. */
export type OpenBox = { -readonly [Side in keyof Box]: Box[Side] };

/** Which of many boxes meet a rectangle: a uniform grid over the drawing, as CSR. */
export class TileIndex implements Finder {
  private readonly columns: number;
  private readonly rows: number;
  private readonly starts: Int32Array;
  private readonly entries: Int32Array;
  private readonly stamps: Int32Array;
  private stamp = 0;

  /** @param measure writes the box of an index; false: it has none */
  constructor(width: number, height: number, count: number, measure: (index: number, into: OpenBox) => boolean) {
    this.columns = Math.max(1, Math.ceil(width / TILE));
    this.rows = Math.max(1, Math.ceil(height / TILE));
    const starts = new Int32Array(this.columns * this.rows + 1);
    const box: OpenBox = { left: 0, top: 0, right: 0, bottom: 0 };
    for (let i = 0; i < count; i++) if (measure(i, box)) this.eachTile(box, (tile) => starts[tile + 1]!++);
    for (let tile = 0; tile + 1 < starts.length; tile++) starts[tile + 1]! += starts[tile]!;
    const next = starts.slice();
    const entries = new Int32Array(starts.at(-1)!);
    for (let i = 0; i < count; i++) if (measure(i, box)) this.eachTile(box, (tile) => (entries[next[tile]!++] = i));
    this.entries = entries;
    this.starts = starts;
    this.stamps = new Int32Array(count);
  }

  /** Calls `visit` once for each box in a tile that meets the rectangle. */
  query(box: Box, visit: (index: number) => void): void {
    const stamp = ++this.stamp;
    this.eachTile(box, (tile) => {
      for (let i = this.starts[tile]!; i < this.starts[tile + 1]!; i++) {
        const index = this.entries[i]!;
        if (this.stamps[index] === stamp) continue;
        this.stamps[index] = stamp;
        visit(index);
      }
    });
  }

  /** How many boxes lie in the tiles that meet a rectangle; one that spans tiles counts in each. */
  count(box: Box): number {
    let count = 0;
    this.eachTile(box, (tile) => (count += this.starts[tile + 1]! - this.starts[tile]!));
    return count;
  }

  private eachTile(box: Box, visit: (tile: number) => void): void {
    const left = clamp(Math.floor(box.left / TILE), this.columns);
    const right = clamp(Math.floor(box.right / TILE), this.columns);
    const top = clamp(Math.floor(box.top / TILE), this.rows);
    const bottom = clamp(Math.floor(box.bottom / TILE), this.rows);
    for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) visit(y * this.columns + x);
  }
}

const clamp = (tile: number, count: number): number => Math.max(0, Math.min(count - 1, tile));
