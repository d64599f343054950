import { CodedError } from '../base/error.ts';
import { createCache, type SequencePolicy } from '../kv/cache/create.ts';
import { HeavyHitterCache } from '../kv/cache/heavy-hitter.ts';
import type { SequenceCache } from '../kv/cache/layout.ts';
import { sliceRows } from '../kv/cache/rows.ts';
import type { DecoderIo } from '../kv/types.ts';
import type { HostTensor } from '../runtime/types.ts';
import { CacheLayers } from './cache-layers.ts';
import type { CacheDriver, Given, RunResult } from './cache-driver.ts';
import { maskFeed, positionsFeed } from './inputs.ts';

/** What a cache manager outside the graph can do for a dense decoder; windows are the business of passes. */
export type ManagedPolicy = Extract<SequencePolicy, { readonly kind: 'dense' | 'static' | 'int8' | 'heavy-hitter' }>;

export interface Managed {
  readonly policy: ManagedPolicy;
  /** Outputs that are weights of attention, `[1, heads, new, all]`, one a layer; only heavy hitters want them. */
  readonly attention: readonly string[];
}

/** Keys and values of a dense decoder, kept by a manager outside the graph: each run is given the rows that are held. */
export class ManagedDriver implements CacheDriver {
  readonly keeps: readonly string[] = [];
  private readonly io: DecoderIo;
  private readonly managed: Managed;
  private readonly layers: CacheLayers;
  private cache: SequenceCache;

  /** @throws CodedError `unsupported` where keys and values are not each `[batch, heads, positions, width]` of float32 */
  constructor(io: DecoderIo, managed: Managed) {
    for (const { input, holds, dtype, axes, quantized } of io.cache) {
      const inOrder = axes.batch === 0 && axes.heads === 1 && axes.positions === 2;
      if (holds !== 'both' && dtype === 'float32' && inOrder && !quantized && !io.pages) continue;
      throw new CodedError(
        'unsupported',
        `${input} is not [batch, heads, positions, width] of float32, keys or values alone: a cache outside the graph cannot fill it. Take a dense cache, as add-kv-cache makes it.`,
        { value: input },
      );
    }
    this.io = io;
    this.managed = managed;
    this.layers = new CacheLayers(io);
    this.cache = createCache(managed.policy, this.layers.shapes);
  }

  get bytes(): number {
    return this.cache.bytes;
  }

  /** Positions of the text that are held. */
  positions = (): Int32Array => this.cache.positions();

  begin(): number {
    this.cache.release();
    this.cache = createCache(this.managed.policy, this.layers.shapes);
    return 0;
  }

  room(): number {
    return Infinity;
  }

  feeds(length: number, count: number): Given {
    const rows = this.cache.gather();
    const held = this.cache.length;
    const pasts = this.io.cache.map((tensor): [string, HostTensor] => {
      const { at, side, heads, width } = this.layers.placeOf(tensor);
      return [tensor.input, { dtype: 'float32', shape: [1, heads, held, width], data: rows[at]![side] }];
    });
    return {
      ...Object.fromEntries(pasts),
      ...maskFeed(this.io, held + count),
      ...positionsFeed(this.io, length, count),
    };
  }

  take({ outputs }: RunResult, { length: count }: readonly number[]): void {
    const rows = this.layers.rows(({ output }) => {
      const { shape, data } = outputs[output]!;
      const [, heads = 0, all = 0, width = 0] = shape;
      return sliceRows(data as Float32Array<ArrayBuffer>, heads, width, all - count, count);
    });
    this.cache.append(count, rows);
    if (this.cache instanceof HeavyHitterCache) this.cache.observe(this.attention(outputs));
  }

  release(): void {
    this.cache.release();
  }

  /** Summed over layers, heads and queries, `[held]`. */
  private attention(outputs: Readonly<Record<string, HostTensor>>): Float64Array {
    const sums = new Float64Array(this.cache.length);
    for (const name of this.managed.attention) {
      const data = outputs[name]!.data as Float32Array;
      if (data.length % sums.length !== 0)
        throw new CodedError('unsupported', `${name} does not end with the axis of all positions that are held.`);
      for (let at = 0; at < data.length; at++) sums[at % sums.length]! += data[at]!;
    }
    return sums;
  }
}
