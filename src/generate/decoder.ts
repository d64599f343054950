import type { Job } from '../base/job.ts';
import type { CacheSnapshot } from '../kv/cache/paged/snapshot.ts';
import type { CachePolicy, DecoderIo } from '../kv/types.ts';
import type { Managed } from './managed-driver.ts';

/** What a decoder that is opened has to be told; plain data, for it may lie in another thread. */
export interface DecoderSetup {
  readonly io: DecoderIo;
  readonly policy: CachePolicy;
  /** The whole text goes through the model at each step, and nothing is kept: what others are held against. */
  readonly recompute: boolean;
  /** Of a dense cache: a manager outside the graph keeps it. */
  readonly managed?: Managed;
  /** Of a cache in pages: the most blocks of its pool (it grows as it has to). */
  readonly blocks?: number | null;
}

/** Which positions are told of: the last one of a step, or all that were given. */
export type Wanted = 'last' | 'all';

export interface StepResult {
  /** `[rows, vocabulary]`, row by row. */
  readonly logits: Float32Array<ArrayBuffer>;
  readonly rows: number;
  /** Positions that the decoder has seen by now. */
  readonly length: number;
  /** Of the runs, without what lies between them, ms. */
  readonly ms: number;
  /** Bytes of keys and values that are kept now. */
  readonly cacheBytes: number;
  /** Where the cache lies in pages: its blocks now. */
  readonly blocks?: CacheSnapshot;
}

/** A model that is given a text token by token. */
export interface Decoder {
  /** Positions that it has seen. */
  readonly length: number;
  /**
   * Forgets the text: another one begins.
   *
   * @param prompt what will be read first; what of it is still kept from an earlier text need not be given to `step`
   * @returns positions of the prompt that are kept, always fewer than it has; 0 but for pages
   */
  begin(prompt?: readonly number[]): Promise<number>;
  /**
   * The ids that follow; one or more.
   *
   * @throws CodedError `bad-request` beyond what the model can take, `runtime`, `cancelled` between two runs
   */
  step(ids: readonly number[], wanted: Wanted, job: Job): Promise<StepResult>;
  release(): Promise<void>;
}
