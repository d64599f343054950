import { invariant } from '../../../base/assert.ts';
import type { LayerRows } from '../layout.ts';
import type { Blocks, Known } from './blocks.ts';
import type { Pool } from './pool.ts';
import type { PagedSequence } from './sequence.ts';

/** Rows of whole sequences on the host, where they wait for room in the pool. */
export class Swap {
  private readonly blocks: Blocks;
  private readonly pool: Pool;
  private readonly capacity: number;
  private readonly saved = new Map<PagedSequence, readonly (readonly LayerRows[])[]>();
  private held = 0;

  /** `capacity`: blocks that the host has room for. */
  constructor(blocks: Blocks, pool: Pool, capacity: number) {
    this.blocks = blocks;
    this.pool = pool;
    this.capacity = capacity;
  }

  /** Blocks on the host. */
  get use(): number {
    return this.held;
  }

  /** Blocks that a sequence has there. */
  blocksOf(sequence: PagedSequence): number {
    return this.saved.get(sequence)?.length ?? 0;
  }

  /** False, and nothing changes, where the host has no room. */
  out(sequence: PagedSequence): boolean {
    const { blocks, id } = sequence;
    if (this.held + blocks.length > this.capacity) return false;
    for (const block of blocks) this.blocks.tell('swap-out', block, id);
    this.saved.set(
      sequence,
      blocks.map((block) => this.pool.save(block)),
    );
    this.held += blocks.length;
    this.blocks.release(sequence.takeBlocks(), id);
    sequence.state = 'swapped';
    return true;
  }

  /** `found`: its first blocks are there again, and need not be brought back. False where the others find no room. */
  in(sequence: PagedSequence, found: readonly Known[], adopt: () => void): boolean {
    const saved = this.saved.get(sequence);
    invariant(saved && sequence.state === 'swapped', `sequence ${sequence.id} is not swapped out`);
    const idle = found.filter(({ block }) => this.blocks.isIdle(block)).length;
    if (saved.length - found.length > this.blocks.available - idle) return false;
    adopt();
    for (const rows of saved.slice(found.length)) {
      const block = this.blocks.take(sequence.id, 'swap-in');
      this.pool.load(block, rows);
      sequence.blocks.push(block);
    }
    this.drop(sequence);
    sequence.state = 'resident';
    return true;
  }

  drop(sequence: PagedSequence): void {
    this.held -= this.blocksOf(sequence);
    this.saved.delete(sequence);
  }
}
