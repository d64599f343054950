import { PagedCache } from '../kv/cache/paged/cache.ts';
import { snapshot, type CacheSnapshot } from '../kv/cache/paged/snapshot.ts';
import type { PagedSequence } from '../kv/cache/paged/sequence.ts';
import type { CacheTensor, DecoderIo } from '../kv/types.ts';
import type { HostTensor } from '../runtime/types.ts';
import { CacheLayers } from './cache-layers.ts';
import type { CacheDriver, Given, RunResult } from './cache-driver.ts';
import { maskFeed, positionsFeed } from './inputs.ts';

type Pages = NonNullable<DecoderIo['pages']>;

/** Blocks of the first pool. */
const FIRST = 4;

/**
 * One sequence whose positions lie in a pool outside the graph, which grows by half when it is full. What earlier texts
 * filled stays as long as there is room: a prompt that begins as one of them has those blocks at once.
 */
export class PagedDriver implements CacheDriver {
  readonly keeps: readonly string[] = [];
  private readonly io: DecoderIo;
  private readonly pages: Pages;
  private readonly layers: CacheLayers;
  /** The most blocks. */
  private readonly most: number;
  private readonly cache: PagedCache;
  private sequence: PagedSequence;

  constructor(io: DecoderIo, pages: Pages, block: number, most: number | null) {
    this.io = io;
    this.pages = pages;
    this.layers = new CacheLayers(io);
    this.most = most ?? Infinity;
    this.cache = new PagedCache({ layers: this.layers.shapes, block, blocks: Math.min(FIRST, this.most) });
    this.sequence = this.cache.open();
  }

  /** Of the blocks that the sequence has. */
  get bytes(): number {
    return this.sequence.bytes;
  }

  get blocks(): CacheSnapshot {
    return snapshot(this.cache);
  }

  begin(prompt: readonly number[] = []): number {
    this.sequence.release();
    this.sequence = this.cache.open(prompt);
    return this.sequence.shared;
  }

  room(): number {
    return Infinity;
  }

  feeds(length: number, count: number): Given {
    const table = this.sequence.table('int64');
    return {
      ...Object.fromEntries(this.io.cache.map((tensor) => [tensor.input, this.poolOf(tensor)])),
      [this.pages.table]: { dtype: 'int64', shape: [1, table.length], data: table },
      [this.pages.length]: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(length)) },
      ...maskFeed(this.io, length + count),
      ...positionsFeed(this.io, length, count),
    };
  }

  take({ outputs }: RunResult, ids: readonly number[]): void {
    if (!this.cache.reserve(this.sequence, ids.length)) this.grow(ids.length);
    const rows = this.layers.rows(({ output }) => outputs[output]!.data as Float32Array);
    this.cache.append(this.sequence, ids.length, rows, ids);
  }

  release(): void {
    this.sequence.release();
  }

  private poolOf(tensor: CacheTensor): HostTensor {
    const { at, side, heads, width } = this.layers.placeOf(tensor);
    const { pool, blocks, block } = this.cache;
    return { dtype: tensor.dtype, shape: [blocks.count, heads, block, width], data: pool.tensors[at]![side] };
  }

  /** Up to the bound; beyond it the cache says that all blocks are in use. */
  private grow(count: number): void {
    const { blocks } = this.cache;
    const { appended, blocks: own } = this.sequence;
    const wanted = blocks.count + this.cache.blocksFor(appended + count) - own.length - blocks.available;
    const to = Math.min(this.most, Math.max(wanted, Math.ceil(blocks.count * 1.5)));
    if (to > blocks.count) this.cache.grow(to);
  }
}
