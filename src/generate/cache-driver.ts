import { CodedError } from '../base/error.ts';
import type { CachePolicy, DecoderIo } from '../kv/types.ts';
import { DeviceState } from '../runtime/device-state.ts';
import type { DeviceTensor, HostTensor } from '../runtime/types.ts';
import { emptyCache, maskFeed, positionsFeed } from './inputs.ts';

type Given = Readonly<Record<string, HostTensor | DeviceTensor>>;

/** What a run gave: what was asked to stay on the device, and the rest. */
export interface RunResult {
  readonly outputs: Readonly<Record<string, HostTensor>>;
  readonly kept: Readonly<Record<string, DeviceTensor>>;
}

/** What a decoder is fed beside ids, and what becomes of what it gives: one for each way of keeping keys and values. */
export interface CacheDriver {
  /** Outputs that stay where the session computes. */
  readonly keeps: readonly string[];
  /** Bytes that are kept now. */
  readonly bytes: number;
  /** As before the first token. */
  begin(): void;
  /** For a run of so many new positions behind `length` earlier ones. */
  feeds(length: number, count: number): Given;
  /** Takes over what that run gave, and gives back to the runtime what is not needed. */
  take(result: RunResult, count: number): void | Promise<void>;
  release(): void;
}

/** @throws CodedError `unsupported` for a policy that is not run here */
export function createDriver(io: DecoderIo, policy: CachePolicy): CacheDriver {
  switch (policy.kind) {
    case 'dense':
      return new DenseDriver(io);
    default:
      throw new CodedError('unsupported', `Text cannot be generated with a cache of the kind ${policy.kind} yet.`);
  }
}

/** All keys and values of all positions: what comes out goes in again. */
class DenseDriver implements CacheDriver {
  private readonly io: DecoderIo;
  private readonly state = new DeviceState();

  constructor(io: DecoderIo) {
    this.io = io;
    this.begin();
  }

  get keeps(): readonly string[] {
    return this.io.cache.map(({ output }) => output);
  }

  get bytes(): number {
    return this.state.bytes;
  }

  begin(): void {
    const empty = emptyCache(this.io);
    for (const slot of this.io.cache) this.state.place(slot, empty[slot.input]!);
  }

  feeds(length: number, count: number): Given {
    return {
      ...this.state.feeds(),
      ...maskFeed(this.io, length + count),
      ...positionsFeed(this.io, length, count),
    };
  }

  take({ kept }: RunResult): void {
    this.state.take(this.io.cache, kept);
  }

  release(): void {
    this.state.release();
  }
}
