import { PagedCache } from '../kv/cache/paged/cache.ts';
import type { PagedSequence } from '../kv/cache/paged/sequence.ts';
import type { CacheTensor, DecoderIo } from '../kv/types.ts';
import type { HostTensor } from '../runtime/types.ts';
import { CacheLayers } from './cache-layers.ts';
import type { CacheDriver, Given, RunResult } from './cache-driver.ts';
import { maskFeed, positionsFeed } from './inputs.ts';

type Pages = NonNullable<DecoderIo['pages']>;

/** Blocks of the first pool. */
const FIRST = 4;

/** One sequence whose positions lie in a pool outside the graph, which grows by half when it is full. */
export class PagedDriver implements CacheDriver {
  readonly keeps: readonly string[] = [];
  private readonly io: DecoderIo;
  private readonly pages: Pages;
  private readonly block: number;
  private readonly layers: CacheLayers;
  private cache: PagedCache;
  private sequence: PagedSequence;

  constructor(io: DecoderIo, pages: Pages, block: number) {
    this.io = io;
    this.pages = pages;
    this.block = block;
    this.layers = new CacheLayers(io);
    this.cache = this.pool(FIRST);
    this.sequence = this.cache.open();
  }

  /** Of the blocks that the sequence has. */
  get bytes(): number {
    return this.sequence.bytes;
  }

  begin(): void {
    this.cache = this.pool(FIRST);
    this.sequence = this.cache.open();
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

  take({ outputs }: RunResult, count: number): void {
    if (!this.cache.reserve(this.sequence, count)) this.grow(count);
    this.cache.append(
      this.sequence,
      count,
      this.layers.rows(({ output }) => outputs[output]!.data as Float32Array),
    );
  }

  release(): void {
    this.sequence.release();
  }

  private pool(blocks: number): PagedCache {
    return new PagedCache({ layers: this.layers.shapes, block: this.block, blocks, sharing: false });
  }

  private poolOf(tensor: CacheTensor): HostTensor {
    const { at, side, heads, width } = this.layers.placeOf(tensor);
    const { pool, blocks } = this.cache;
    const shape = [blocks.count, heads, this.block, width];
    return { dtype: tensor.dtype, shape, data: pool.tensors[at]![side] };
  }

  private grow(count: number): void {
    const { appended } = this.sequence;
    const wanted = Math.ceil((appended + count) / this.block);
    const rows = this.sequence.gather();
    this.cache = this.pool(Math.max(wanted, Math.ceil(this.cache.blocks.count * 1.5)));
    this.sequence = this.cache.open();
    this.cache.append(this.sequence, appended, rows);
  }
}
