import type { Job } from '../base/job.ts';
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
}

/** A model that is given a text token by token. */
export interface Decoder {
  /** Positions that it has seen. */
  readonly length: number;
  /** Forgets the text: another one begins. */
  begin(): Promise<void>;
  /**
   * The ids that follow; one or more.
   *
   * @throws CodedError `bad-request` beyond what the model can take, `runtime`, `cancelled` between two runs
   */
  step(ids: readonly number[], wanted: Wanted, job: Job): Promise<StepResult>;
  release(): Promise<void>;
}
