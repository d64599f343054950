import { defined } from '../../../base/assert.ts';
import type { LayerRows } from '../layout.ts';
import type { Blocks } from './blocks.ts';
import type { Pool } from './pool.ts';
import type { PagedSequence } from './sequence.ts';

/** Gives sequences the blocks that their new rows want, and writes the rows. */
export class Writer {
  private readonly blocks: Blocks;
  private readonly pool: Pool;
  private readonly window: number;
  /** Blocks that a sequence has at most, and then uses in turn. */
  private readonly ring: number;

  constructor(blocks: Blocks, pool: Pool, window: number | null) {
    this.blocks = blocks;
    this.pool = pool;
    this.window = window ?? Infinity;
    // The window begins anywhere in its first block, so that it may reach into one more than it fills.
    this.ring = Math.ceil((this.window - 1) / pool.block) + 1;
  }

  /** Blocks of one sequence of so many positions. */
  blocksFor(positions: number): number {
    return Math.min(Math.ceil(positions / this.pool.block), this.ring);
  }

  /** Blocks that so many more positions take from the pool at most. */
  needed({ appended, blocks }: PagedSequence, count: number): number {
    if (count === 0) return 0;
    const size = this.pool.block;
    const isShared = (block: number): boolean => this.blocks.isShared(block);
    const begin = appended + this.passedOver(count);
    const end = Math.ceil((appended + count) / size);
    if (begin > appended) {
      const returned = blocks.filter((block) => !isShared(block)).length;
      return Math.max(0, end - Math.floor(begin / size) - returned);
    }
    const copied = appended % size !== 0 && isShared(blocks.at(-1)!) ? 1 : 0;
    const more = end - Math.ceil(appended / size);
    const grown = Math.min(more, this.ring - blocks.length);
    return copied + grown + blocks.slice(0, more - grown).filter(isShared).length;
  }

  /** Appends rows; what they need was reserved. `filled` is told of each step, when `appended` has moved. */
  write(sequence: PagedSequence, count: number, rows: readonly LayerRows[], filled: () => void): void {
    const size = this.pool.block;
    const [start, end] = [sequence.appended, sequence.appended + count];
    let position = start + this.passedOver(count);
    if (position > start) this.leave(sequence, Math.floor(position / size));
    while (position < end) {
      const offset = position % size;
      const written = Math.min(size - offset, end - position);
      const block = this.writable(sequence, Math.floor(position / size) - sequence.first);
      this.pool.write({ block, offset, count: written }, rows, position - start, count);
      position += written;
      sequence.appended = position;
      filled();
    }
  }

  /** Of `count` new rows, those that the last of them would push out again: they are never written. */
  private passedOver(count: number): number {
    return Math.max(0, count - this.window);
  }

  /** The block at a place of the sequence's list, or next after it, ready to be written. */
  private writable(sequence: PagedSequence, at: number): number {
    const { blocks, id } = sequence;
    if (at === blocks.length) return at === this.ring ? this.turn(sequence) : this.extend(sequence);
    const block = defined(blocks[at], `block ${at} of sequence ${id}`);
    if (!this.blocks.isShared(block)) {
      this.blocks.forget(block);
      return block;
    }
    const copy = this.takeFor(sequence);
    this.pool.copy(block, copy);
    this.blocks.tell('copy', copy, id);
    this.blocks.release([block], id);
    return (blocks[at] = copy);
  }

  private extend(sequence: PagedSequence): number {
    const block = this.takeFor(sequence);
    sequence.blocks.push(block);
    return block;
  }

  /** The oldest block has left the window: it is the next one, unless others have it. */
  private turn(sequence: PagedSequence): number {
    const oldest = defined(sequence.blocks.shift(), 'the oldest block');
    sequence.first += 1;
    if (this.blocks.isShared(oldest)) {
      this.blocks.release([oldest], sequence.id);
      return this.extend(sequence);
    }
    this.blocks.tell('reuse', oldest, sequence.id);
    sequence.blocks.push(oldest);
    return oldest;
  }

  /** All rows so far are out of the window that begins in the block `first`. */
  private leave(sequence: PagedSequence, first: number): void {
    this.blocks.release(sequence.blocks.splice(0), sequence.id);
    sequence.first = first;
  }

  private takeFor(sequence: PagedSequence): number {
    return sequence.spare.shift() ?? this.blocks.take(sequence.id);
  }
}
