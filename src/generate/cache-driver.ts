import type { CacheSnapshot } from '../kv/cache/paged/snapshot.ts';
import type { DeviceTensor, HostTensor } from '../runtime/types.ts';

export type Given = Readonly<Record<string, HostTensor | DeviceTensor>>;

/** What a run gave: what was asked to stay on the device, and the rest. */
export interface RunResult {
  readonly outputs: Readonly<Record<string, HostTensor>>;
  readonly kept: Readonly<Record<string, DeviceTensor>>;
}

/** What a decoder is fed beside ids, and what becomes of what it gives: one for each way of keeping keys and values. */
export interface CacheDriver {
  /** Outputs that stay where the session computes. */
  readonly keeps: readonly string[];
  /** Bytes of what is kept now. */
  readonly bytes: number;
  /** Where they lie in pages. */
  readonly blocks?: CacheSnapshot;
  /**
   * As before the first token.
   *
   * @param prompt what will be read: where its beginning is there from an earlier text, it need not be run
   * @returns positions that are there already; fewer than the prompt has
   */
  begin(prompt?: readonly number[]): number;
  /** New positions that one run may take behind `length` earlier ones; infinity: any number. */
  room(length: number): number;
  /** For a run of so many new positions behind `length` earlier ones. */
  feeds(length: number, count: number): Given;
  /** Takes over what that run gave, and gives back to the runtime what is not needed. */
  take(result: RunResult, ids: readonly number[]): void;
  release(): void;
}
