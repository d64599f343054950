import type { CachePolicy, DecoderIo } from '../kv/types.ts';
import { DeviceState } from '../runtime/device-state.ts';
import type { CacheDriver, Given, RunResult } from './cache-driver.ts';
import { emptyCache, maskFeed, offsetFeed, portsOf, positionsFeed } from './inputs.ts';

/** What comes out of a run goes into the next one as it is: all positions, those in a window, or whole numbers. */
export type HandedPolicy = Extract<CachePolicy, { readonly kind: 'dense' | 'sliding-window' | 'streaming' | 'int8' }>;

export class HandedDriver implements CacheDriver {
  private readonly io: DecoderIo;
  private readonly policy: HandedPolicy;
  private readonly state = new DeviceState();
  /** Positions that are kept: fewer than there were, where some were dropped. */
  private held = 0;

  constructor(io: DecoderIo, policy: HandedPolicy) {
    this.io = io;
    this.policy = policy;
    this.begin();
  }

  /** Whole numbers of eight bits cannot stay in the memory of every device. */
  get keeps(): readonly string[] {
    return this.policy.kind === 'int8' ? [] : this.io.cache.map(({ output }) => output);
  }

  get bytes(): number {
    return this.state.bytes;
  }

  begin(): number {
    const empty = emptyCache(this.io);
    for (const slot of portsOf(this.io)) this.state.place(slot, empty[slot.input]!);
    this.held = 0;
    return 0;
  }

  /**
   * A window is masked by distance, so that many tokens may come at once. Behind sinks places are counted in the cache, and
   * each token moves them: until the first is dropped all of them stand still.
   */
  room(length: number): number {
    if (this.policy.kind !== 'streaming') return Infinity;
    const { window, sinks } = this.policy;
    return length > this.held ? 1 : Math.max(1, sinks + window - this.held);
  }

  feeds(length: number, count: number): Given {
    // Sinks: positions are places in the cache.
    const first = this.policy.kind === 'streaming' ? this.held : length;
    return {
      ...this.state.feeds(),
      ...maskFeed(this.io, this.held + count),
      ...positionsFeed(this.io, first, count),
      ...offsetFeed(this.io, length - this.held),
    };
  }

  take({ kept, outputs }: RunResult, ids: readonly number[]): void {
    const first = this.io.cache[0];
    if (this.policy.kind === 'int8') {
      for (const slot of portsOf(this.io)) this.state.place(slot, outputs[slot.output]!);
      this.held += ids.length;
      return;
    }
    this.held = (first && kept[first.output]?.shape[first.axes.positions]) ?? 0;
    this.state.take(this.io.cache, kept);
  }

  release(): void {
    this.state.release();
  }
}
