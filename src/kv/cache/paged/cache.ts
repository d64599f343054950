import { invariant } from '../../../base/assert.ts';
import { CodedError } from '../../../base/error.ts';
import {
  bytesPerPosition,
  checkRows,
  checkTruncate,
  refuseTruncate,
  type LayerRows,
  type LayerShape,
  zeroRows,
} from '../layout.ts';
import { Blocks } from './blocks.ts';
import type { CacheCounts, CacheEvent } from './events.ts';
import { Pool } from './pool.ts';
import { Prefixes } from './prefixes.ts';
import { PagedSequence } from './sequence.ts';
import { Swap } from './swap.ts';
import { Writer } from './writer.ts';

export interface PagedOptions {
  /** None: blocks are counted, and nothing lies in them. */
  readonly layers: readonly LayerShape[];
  /** Positions of a block. */
  readonly block: number;
  /** Blocks of the pool. */
  readonly blocks: number;
  /** Each sequence keeps so many of its last positions, in blocks that it uses in turn; null: all. */
  readonly window?: number | null;
  /** Full blocks are found by their tokens (true); never with a window, for sequences lose their beginnings there. */
  readonly sharing?: boolean;
  /** Blocks that swapped sequences may have on the host (no bound). */
  readonly hostBlocks?: number;
  readonly listen?: (event: CacheEvent) => void;
}

/** Blocks of `block` positions that fit into a budget of bytes. */
export const blocksWithin = (bytes: number, layers: readonly LayerShape[], block: number): number =>
  Math.floor(bytes / (bytesPerPosition(layers) * block));

/**
 * Keys and values of many sequences in blocks of one pool (PagedAttention, Kwon et al. 2023, arXiv:2309.06180). Sequences
 * share blocks by reference counts; a block that several have is copied before one of them writes to it.
 */
export class PagedCache {
  readonly layers: readonly LayerShape[];
  readonly block: number;
  readonly window: number | null;
  readonly blockBytes: number;
  readonly blocks: Blocks;
  readonly pool: Pool;
  readonly swap: Swap;
  /** Those that are open, in the pool or on the host. */
  readonly sequences = new Set<PagedSequence>();
  private readonly prefixes: Prefixes | null;
  private readonly writer: Writer;
  private opened = 0;

  constructor({ layers, block, blocks, window = null, sharing = true, hostBlocks = Infinity, listen }: PagedOptions) {
    invariant(Number.isInteger(block) && block > 0, `blocks of ${block} positions`);
    invariant(Number.isInteger(blocks) && blocks > 0, `a pool of ${blocks} blocks`);
    invariant(window === null || (Number.isInteger(window) && window > 0), `a window of ${window} positions`);
    this.layers = layers;
    this.block = block;
    this.window = window;
    this.blockBytes = bytesPerPosition(layers) * block;
    this.blocks = new Blocks(blocks, listen);
    this.pool = new Pool(layers, blocks, block);
    this.swap = new Swap(this.blocks, this.pool, hostBlocks);
    this.prefixes = sharing && window === null ? new Prefixes(this.blocks, block) : null;
    this.writer = new Writer(this.blocks, this.pool, window);
  }

  /** How often each event happened so far. */
  get counts(): CacheCounts {
    return this.blocks.counts;
  }

  /** More blocks, behind those that are there. */
  grow(blocks: number): void {
    invariant(Number.isInteger(blocks) && blocks > this.blocks.count, `a pool that grows to ${blocks} blocks`);
    this.blocks.grow(blocks);
    this.pool.grow(blocks);
  }

  /** Blocks of one sequence of so many positions. */
  blocksFor(positions: number): number {
    return this.writer.blocksFor(positions);
  }

  /**
   * A sequence that begins with these tokens. Full blocks of them that are there already are its own at once, so its
   * `appended` says where to begin to run; at least the last token is always left, for something has to be run.
   */
  open(tokens: readonly number[] = []): PagedSequence {
    const sequence = this.enter();
    this.prefixes?.adopt(sequence, this.prefixes.find(tokens, tokens.length - 1));
    sequence.appended = sequence.blocks.length * this.block;
    sequence.shared = sequence.appended;
    sequence.tokens = tokens.slice(0, sequence.appended);
    return sequence;
  }

  /** Blocks that could still be taken if a sequence of these tokens were opened and run; negative: so many lack. */
  roomAfter(tokens: readonly number[]): number {
    const found = this.prefixes?.find(tokens, tokens.length - 1) ?? [];
    const idle = found.filter(({ block }) => this.blocks.isIdle(block)).length;
    return this.blocks.available - idle - (this.blocksFor(tokens.length) - found.length);
  }

  /** A sequence that goes on as this one does, from the same blocks. */
  fork(of: PagedSequence): PagedSequence {
    this.requireResident(of);
    const sequence = this.enter();
    for (const block of of.blocks) this.blocks.retain(block, sequence.id);
    sequence.appended = of.appended;
    sequence.first = of.first;
    sequence.blocks = [...of.blocks];
    sequence.tokens = [...of.tokens];
    sequence.chains = [...of.chains];
    return sequence;
  }

  /** Sets aside what `count` more positions will take; false, and nothing changes, where that is not there. */
  reserve(sequence: PagedSequence, count: number): boolean {
    this.requireResident(sequence);
    const lacking = this.writer.needed(sequence, count) - sequence.spare.length;
    if (lacking > this.blocks.available) return false;
    for (let i = 0; i < lacking; i++) sequence.spare.push(this.blocks.take(sequence.id));
    return true;
  }

  append(sequence: PagedSequence, count: number, rows: readonly LayerRows[], tokens?: readonly number[]): void {
    this.requireResident(sequence);
    checkRows(this.layers, count, rows);
    if (tokens && tokens.length !== count) {
      throw new CodedError('bad-request', `${tokens.length} tokens were given for ${count} positions.`);
    }
    if (!this.reserve(sequence, count)) {
      const message =
        `All ${this.blocks.count} blocks are in use, and sequence ${sequence.id} wants more: ` +
        'release or swap out a sequence, or give the pool more memory.';
      throw new CodedError('out-of-memory', message, { sequence: sequence.id });
    }
    if (tokens && sequence.tokens.length === sequence.appended) for (const token of tokens) sequence.tokens.push(token);
    this.writer.write(sequence, count, rows, () => this.prefixes?.learn(sequence));
  }

  gather(sequence: PagedSequence): LayerRows[] {
    this.requireResident(sequence);
    const rows = this.layers.map((layer) => zeroRows(layer, sequence.length));
    let to = 0;
    for (const part of sequence.parts()) {
      this.pool.read(part, rows, to, sequence.length);
      to += part.count;
    }
    return rows;
  }

  truncate(sequence: PagedSequence, appended: number): void {
    this.requireResident(sequence);
    checkTruncate(sequence, appended);
    if (sequence.dropped > 0 && appended < sequence.appended) {
      refuseTruncate(appended, `${sequence.dropped} earlier positions have left its window`);
    }
    this.blocks.release(sequence.blocks.splice(Math.ceil(appended / this.block)), sequence.id);
    sequence.appended = appended;
    sequence.tokens.length = Math.min(sequence.tokens.length, appended);
    sequence.chains.length = Math.min(sequence.chains.length, Math.floor(appended / this.block));
  }

  release(sequence: PagedSequence): void {
    if (sequence.state === 'released') return;
    this.blocks.release(sequence.takeBlocks(), sequence.id);
    this.swap.drop(sequence);
    sequence.state = 'released';
    this.sequences.delete(sequence);
  }

  /** Moves all its rows to the host; false, and nothing changes, where the host has no room. */
  swapOut(sequence: PagedSequence): boolean {
    this.requireResident(sequence);
    return this.swap.out(sequence);
  }

  /** Brings it back, to whatever blocks there are; false, and nothing changes, where they do not suffice. */
  swapIn(sequence: PagedSequence): boolean {
    const found = this.prefixes?.find(sequence.tokens, sequence.appended) ?? [];
    const back = this.swap.in(sequence, found, () => this.prefixes?.adopt(sequence, found));
    if (back) this.prefixes?.learn(sequence);
    return back;
  }

  /** Frees up to `count` blocks that are kept for prompts to come; how many it were. */
  evict(count: number): number {
    return this.blocks.evict(count);
  }

  requireResident({ id, state }: PagedSequence): void {
    if (state === 'resident') return;
    const cure = state === 'swapped' ? 'swap it in first' : 'open another one';
    throw new CodedError('bad-request', `Sequence ${id} is ${state}: ${cure}.`);
  }

  private enter(): PagedSequence {
    const sequence = new PagedSequence((this.opened += 1), this);
    this.sequences.add(sequence);
    return sequence;
  }
}
