import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { DecoderIo } from '../kv/types.ts';
import type { HostTensor, KeepingSession, RuntimeSession } from '../runtime/types.ts';
import type { CacheDriver } from './cache-driver.ts';
import type { Decoder, StepResult, Wanted } from './decoder.ts';
import { idsFeed, wholeFeeds } from './inputs.ts';
import { logitsName, rowsOf } from './logits.ts';

/** The most logits of one run: a long prompt goes in by parts, for each part gives all of its own. */
const MOST_LOGITS = 2 ** 23;

/** Positions that a model takes at once where its ids have a fixed size; null: any number. */
function fixedLength({ inputs }: RuntimeSession, { ids }: DecoderIo): number | null {
  const size = inputs.find(({ name }) => name === ids.name)?.shape?.at(-1);
  return typeof size === 'number' ? size : null;
}

/** Feeds each token once: keys and values of those before are kept as a driver has it. */
export class CachedDecoder implements Decoder {
  private readonly session: KeepingSession;
  private readonly io: DecoderIo;
  private readonly driver: CacheDriver;
  private readonly name: string;
  /** Positions of one run. */
  private readonly most: number;
  private seen = 0;

  /**
   * @param session one that keeps what the driver says
   * @throws CodedError `unsupported` where the model gives no logits, or takes several positions at once and no other number
   */
  constructor(session: KeepingSession, io: DecoderIo, driver: CacheDriver) {
    this.session = session;
    this.io = io;
    this.driver = driver;
    this.name = logitsName(io);
    const fixed = fixedLength(session, io);
    if (fixed !== null && fixed !== 1) {
      throw new CodedError(
        'unsupported',
        `${io.ids.name} takes ${fixed} positions at each run, but text grows by one. Give it a free axis.`,
        { value: io.ids.name },
      );
    }
    this.most = fixed ?? Math.max(1, Math.floor(MOST_LOGITS / (io.vocabulary ?? MOST_LOGITS / 512)));
  }

  get length(): number {
    return this.seen;
  }

  begin(prompt?: readonly number[]): Promise<number> {
    this.seen = this.driver.begin(prompt);
    return Promise.resolve(this.seen);
  }

  async step(ids: readonly number[], wanted: Wanted, job: Job): Promise<StepResult> {
    requireIds(ids, this.io);
    const parts: Float32Array<ArrayBuffer>[] = [];
    let [rows, ms] = [0, 0];
    for (let from = 0; from < ids.length;) {
      await job.checkpoint();
      const part = ids.slice(from, from + Math.min(this.most, this.driver.room(this.seen)));
      from += part.length;
      const started = performance.now();
      const told = await this.run(part, wanted);
      ms += performance.now() - started;
      if (wanted === 'last') parts.length = 0;
      rows = wanted === 'last' ? told.rows : rows + told.rows;
      parts.push(told.logits);
    }
    const { bytes: cacheBytes, blocks } = this.driver;
    return { logits: joined(parts), rows, length: this.seen, ms, cacheBytes, ...(blocks && { blocks }) };
  }

  async release(): Promise<void> {
    this.driver.release();
    await this.session.release();
  }

  private async run(ids: readonly number[], wanted: Wanted) {
    const feeds = { ...this.driver.feeds(this.seen, ids.length), ...idsFeed(this.io, ids) };
    const result = await inBounds(this.seen, this.seen + ids.length, () => this.session.runKeeping(feeds));
    this.driver.take(result, ids);
    this.seen += ids.length;
    return rowsOf(result.outputs[this.name], this.name, ids.length, wanted);
  }
}

/** Feeds the whole text at each step, with an empty cache where the model wants one: slow, and nothing to go wrong. */
export class RecomputingDecoder implements Decoder {
  private readonly session: RuntimeSession;
  private readonly io: DecoderIo;
  private readonly name: string;
  private readonly fixed: number | null;
  private ids: readonly number[] = [];

  /** @throws CodedError `unsupported` where the model gives no logits */
  constructor(session: RuntimeSession, io: DecoderIo) {
    this.session = session;
    this.io = io;
    this.name = logitsName(io);
    this.fixed = fixedLength(session, io);
  }

  get length(): number {
    return this.ids.length;
  }

  begin(): Promise<number> {
    this.ids = [];
    return Promise.resolve(0);
  }

  async step(ids: readonly number[], wanted: Wanted, job: Job): Promise<StepResult> {
    requireIds(ids, this.io);
    await job.checkpoint();
    const all = [...this.ids, ...ids];
    const feeds = this.feeds(all);
    const started = performance.now();
    const outputs = await inBounds(this.length, all.length, () => this.session.run(feeds));
    const ms = performance.now() - started;
    const { logits, rows } = rowsOf(outputs[this.name], this.name, all.length, wanted);
    this.ids = all;
    const width = logits.length / rows;
    const own = wanted === 'all' ? Math.min(rows, ids.length) : 1;
    return { logits: logits.slice((rows - own) * width), rows: own, length: all.length, ms, cacheBytes: 0 };
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private feeds(all: readonly number[]): Record<string, HostTensor> {
    const { fixed, io } = this;
    if (fixed !== null && all.length > fixed) throw beyond(fixed, `${io.ids.name} has ${fixed} positions`);
    // What follows a token does not change what is said of it: zeros behind the text fill it up.
    const padded = fixed === null ? all : [...all, ...Array.from({ length: fixed - all.length }, () => 0)];
    return wholeFeeds(io, padded);
  }
}

function requireIds(ids: readonly number[], { vocabulary }: DecoderIo): void {
  if (ids.length === 0) throw new CodedError('bad-request', 'A step needs one token or more.');
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= (vocabulary ?? Infinity));
  if (wrong === undefined) return;
  const known =
    vocabulary === null ? 'ids are whole numbers from 0' : `the model has ${vocabulary}, 0 to ${vocabulary - 1}`;
  throw new CodedError(
    'bad-request',
    `${wrong} is no token id: ${known}. Give the tokenizer of this model, or other ids.`,
    {
      id: wrong,
    },
  );
}

function joined(parts: readonly Float32Array<ArrayBuffer>[]): Float32Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0]!;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A run that fails where shorter ones did not: most likely a table of positions ends there. */
async function inBounds<T>(before: number, after: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (after === 1 || !(error instanceof CodedError) || error.code !== 'runtime') throw error;
    if (before > 0) throw beyond(before, `it ran up to there, and fails at ${after}: ${error.message}`, error);
    throw new CodedError(
      'bad-request',
      `The model fails on ${after} positions at once, perhaps since it takes fewer: ${error.message} Give a shorter prompt.`,
      { positions: after },
      { cause: error },
    );
  }
}

const beyond = (positions: number, why: string, cause?: unknown): CodedError =>
  new CodedError(
    'bad-request',
    `The model takes ${positions} positions, prompt and new tokens together (${why}). Ask for fewer tokens or give a shorter prompt.`,
    { positions },
    { cause },
  );
