import { defined, invariant } from '../../../base/assert.ts';
import { noCounts, type CacheEvent, type CacheEventKind } from './events.ts';

/** A full block that is found again by the tokens of its positions and of all before them. */
export interface Known {
  readonly block: number;
  /** Stands for these tokens in the keys of blocks that follow. */
  readonly chain: number;
}

/** The chain before the first block. */
export const ROOT = 0;

/**
 * Who has which block: reference counts, a free list, an index of full blocks by their tokens, and those of them that
 * nobody uses, in the order of their last use. It knows nothing of what lies in a block. `by` is the sequence that
 * listeners hear of.
 */
export class Blocks {
  count: number;
  refs: Int32Array;
  readonly counts = noCounts();
  private readonly free: number[];
  /** Blocks that nobody uses and that may be found again, the least recently used first. */
  private readonly idle = new Set<number>();
  private readonly index = new Map<string, Known>();
  private readonly keys: (string | null)[];
  private chains = ROOT;
  private readonly listen: (event: CacheEvent) => void;

  constructor(count: number, listen: (event: CacheEvent) => void = () => {}) {
    this.count = count;
    this.refs = new Int32Array(count);
    this.free = Array.from({ length: count }, (_, i) => count - 1 - i);
    this.keys = Array.from({ length: count }, () => null);
    this.listen = listen;
  }

  /** More blocks behind those that are there, which stay what they are. */
  grow(count: number): void {
    const refs = new Int32Array(count);
    refs.set(this.refs);
    this.free.unshift(...Array.from({ length: count - this.count }, (_, i) => count - 1 - i));
    for (let at = this.count; at < count; at++) this.keys.push(null);
    this.refs = refs;
    this.count = count;
  }

  /** Blocks that can be taken: free ones, and those that would be evicted. */
  get available(): number {
    return this.free.length + this.idle.size;
  }

  isIdle(block: number): boolean {
    return this.idle.has(block);
  }

  isShared(block: number): boolean {
    return this.refs[block]! > 1;
  }

  isKnown(block: number): boolean {
    return this.keys[block] !== null;
  }

  /** A block with one reference, of those that are `available`. */
  take(by: number, kind: CacheEventKind = 'take'): number {
    if (this.free.length === 0) this.evict(1);
    const block = defined(this.free.pop(), 'a block that was counted on');
    this.refs[block] = 1;
    this.tell(kind, block, by);
    return block;
  }

  retain(block: number, by: number, kind: CacheEventKind = 'share'): void {
    invariant(this.refs[block]! > 0 || this.idle.has(block), `block ${block} is free and cannot be shared`);
    this.idle.delete(block);
    this.refs[block]! += 1;
    this.tell(kind, block, by);
  }

  /** The last first, so that of what nobody uses the beginnings of prompts are evicted last. */
  release(blocks: readonly number[], by: number): void {
    for (const block of blocks.toReversed()) {
      invariant(this.refs[block]! > 0, `block ${block} is released more often than it was taken`);
      this.refs[block]! -= 1;
      if (this.refs[block]! > 0) continue;
      if (this.isKnown(block)) this.idle.add(block);
      else this.free.push(block);
      this.tell('return', block, by);
    }
  }

  /** Frees up to `count` blocks that nobody uses, the least recently used first; how many it were. */
  evict(count: number): number {
    let gone = 0;
    for (const block of this.idle) {
      if (gone === count) break;
      this.forget(block);
      this.idle.delete(block);
      this.free.push(block);
      this.tell('evict', block, null);
      gone += 1;
    }
    return gone;
  }

  find(chain: number, tokens: readonly number[]): Known | null {
    return this.index.get(keyOf(chain, tokens)) ?? null;
  }

  /** Lets a full block be found by its tokens; its chain, for the next block. */
  learn(block: number, chain: number, tokens: readonly number[]): number {
    const key = keyOf(chain, tokens);
    invariant(!this.index.has(key) && !this.isKnown(block), `block ${block} is known already`);
    this.chains += 1;
    this.index.set(key, { block, chain: this.chains });
    this.keys[block] = key;
    return this.chains;
  }

  /** The block is about to be written: its tokens lead to it no more. */
  forget(block: number): void {
    const key = this.keys[block];
    if (key === null || key === undefined) return;
    this.index.delete(key);
    this.keys[block] = null;
  }

  tell(kind: CacheEventKind, block: number, sequence: number | null): void {
    this.counts[kind] += 1;
    this.listen({ kind, block, sequence });
  }
}

/** Compared whole, so that no two prompts are ever taken for one another. */
const keyOf = (chain: number, tokens: readonly number[]): string => `${chain}:${tokens.join(',')}`;
