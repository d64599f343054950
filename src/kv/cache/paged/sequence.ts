import type { LayerRows, LayerShape, SequenceCache } from '../layout.ts';
import { range } from '../slots.ts';
import type { PagedCache } from './cache.ts';
import type { Part } from './pool.ts';

/** One sequence in a `PagedCache`, which alone writes its fields. */
export class PagedSequence implements SequenceCache {
  readonly id: number;
  private readonly cache: PagedCache;
  state: 'resident' | 'swapped' | 'released' = 'resident';
  appended = 0;
  /** Positions whose rows were found by their tokens when it was opened: a decoder need not run them. */
  shared = 0;
  /** Blocks in the order of their positions; the first holds positions from `first · block` on. */
  blocks: number[] = [];
  first = 0;
  /** Blocks that are its own and wait for rows. */
  spare: number[] = [];
  /** Tokens of the first positions, as far as they were told without a gap. */
  tokens: number[] = [];
  /** What the tokens of each full block lead to, as far as they are known. */
  chains: number[] = [];

  constructor(id: number, cache: PagedCache) {
    this.id = id;
    this.cache = cache;
  }

  get layers(): readonly LayerShape[] {
    return this.cache.layers;
  }

  get length(): number {
    return Math.min(this.appended, this.cache.window ?? Infinity);
  }

  get dropped(): number {
    return this.appended - this.length;
  }

  /** Of its blocks in the pool; a shared block counts for each that has it. */
  get bytes(): number {
    return (this.blocks.length + this.spare.length) * this.cache.blockBytes;
  }

  positions(): Int32Array {
    return range(this.dropped, this.appended);
  }

  append(count: number, rows: readonly LayerRows[], tokens?: readonly number[]): void {
    this.cache.append(this, count, rows, tokens);
  }

  gather(): LayerRows[] {
    return this.cache.gather(this);
  }

  truncate(appended: number): void {
    this.cache.truncate(this, appended);
  }

  release(): void {
    this.cache.release(this);
  }

  /** Where its rows lie in the pool, `[blocks]`: the first row that is held is the one at `tableStart`. */
  table(type: 'int32' | 'int64'): Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer> {
    this.cache.requireResident(this);
    return type === 'int32' ? Int32Array.from(this.blocks) : BigInt64Array.from(this.blocks, BigInt);
  }

  /** Which rows of which blocks it holds, in their order. */
  parts(): Part[] {
    const { block: size } = this.cache;
    return this.blocks.flatMap((block, at) => {
      const from = (this.first + at) * size;
      const offset = Math.max(0, this.dropped - from);
      const count = Math.min(size, this.appended - from) - offset;
      return count > 0 ? [{ block, offset, count }] : [];
    });
  }

  /** Takes all its blocks from it. */
  takeBlocks(): number[] {
    return [...this.blocks.splice(0), ...this.spare.splice(0)];
  }

  /** Rows of the table's first blocks that have left the window. */
  get tableStart(): number {
    return this.dropped - this.first * this.cache.block;
  }
}
