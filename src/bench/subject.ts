import type { Feeds, RuntimeSession } from '../runtime/types.ts';
import { isSettled, median, medianDeviation, quantile, tierUpOf } from './statistics.ts';
import type { Timing } from './types.ts';

export type Clock = () => number;

/** Runs shorter than this are timed in batches, ms: a single one drowns in the clock's step and in scheduling. */
const SHORT_RUN = 1;
const BATCH = 20;
/** Fewer slow samples at the beginning are chance. */
const LEAST_SLOW = 3;
/** Samples that a warm-up is held against. */
const SINCE = 8;
/** A sample spans at least this many steps of the clock. */
const STEPS = 50;

/** One of the models being timed: its session of this round, and every time taken of it, ms. */
export class Subject {
  private readonly feeds: Feeds;
  private readonly clock: Clock;
  private readonly timerStep: number;
  private session: RuntimeSession | null = null;
  private readonly starts: number[] = [];
  private readonly firstRuns: number[] = [];
  private readonly blocks: number[] = [];
  private runsPerSample = 1;
  private warmups = 0;
  /** Of this round; and of the first. */
  private warm: number[] = [];
  private firstWarm: { readonly times: readonly number[]; readonly settled: boolean } | null = null;
  readonly samples: number[] = [];
  heapBytes: number | null = null;

  constructor(feeds: Feeds, clock: Clock, timerStep: number) {
    this.feeds = feeds;
    this.clock = clock;
    this.timerStep = timerStep;
  }

  /** Begins a round: a session that took `startMs` to create. */
  begin(session: RuntimeSession, startMs: number): void {
    this.session = session;
    this.starts.push(startMs);
    this.blocks.push(0);
    this.warm = [];
  }

  /** Gives the session of this round back. */
  async release(): Promise<void> {
    const { session } = this;
    this.session = null;
    await session?.release();
  }

  async firstRun(): Promise<void> {
    const time = await this.time(1);
    this.firstRuns.push(time);
    if (this.firstRuns.length === 1) this.chooseBatch(time);
  }

  /** One sample's worth of runs, not counted; the batch follows as the model gets faster. */
  async warmUp(): Promise<void> {
    const time = await this.time(this.runsPerSample);
    this.warmups += this.runsPerSample;
    this.warm.push(time);
    if (!this.firstWarm) this.chooseBatch(time);
  }

  get isSettled(): boolean {
    return isSettled(this.warm);
  }

  /** Fixes the batch, for all rounds, by what the last windows of the first warm-up took. */
  endWarmUp(): void {
    if (this.firstWarm) return;
    if (this.warm.length > 0) this.chooseBatch(median(this.warm.slice(-5)));
    this.firstWarm = { times: this.warm, settled: this.isSettled };
  }

  async sample(): Promise<void> {
    this.samples.push(await this.time(this.runsPerSample));
    this.blocks.push((this.blocks.pop() ?? 0) + 1);
  }

  /** Samples of this round before it became faster at once: an optimizing compiler finished after the warm-up. */
  get slowStart(): number {
    const step = tierUpOf(this.samples.slice(this.samples.length - (this.blocks.at(-1) ?? 0)));
    return step && step.after >= LEAST_SLOW ? step.after : 0;
  }

  /** Counts the first samples of this round as warm-up. */
  discard(count: number): void {
    const size = this.blocks.pop() ?? 0;
    const slow = this.samples.splice(this.samples.length - size, count);
    this.blocks.push(size - slow.length);
    this.warmups += slow.length * this.runsPerSample;
    if (this.firstWarm && this.blocks.length === 1) {
      this.firstWarm = { times: [...this.firstWarm.times, ...slow], settled: true };
    }
  }

  /** Samples of each round. */
  get rounds(): readonly number[] {
    return this.blocks;
  }

  timing(): Timing {
    const warm = this.firstWarm?.times ?? [];
    return {
      median: median(this.samples),
      p95: quantile(this.samples, 0.95),
      min: Math.min(...this.samples),
      mad: medianDeviation(this.samples),
      samples: this.samples,
      blocks: this.blocks,
      runsPerSample: this.runsPerSample,
      warmups: this.warmups,
      warm,
      settled: this.firstWarm?.settled ?? false,
      // What came after tells the last step of the warm-up from its end.
      tierUp: tierUpOf([...warm, ...this.samples.slice(0, Math.min(SINCE, this.blocks[0] ?? 0))]),
      startMs: this.starts[0] ?? NaN,
      starts: this.starts,
      firstRunMs: this.firstRuns[0] ?? NaN,
      firstRuns: this.firstRuns,
      heapBytes: this.heapBytes,
    };
  }

  /** ms per run over a batch. */
  private async time(runs: number): Promise<number> {
    const { session } = this;
    if (!session) throw new Error('invariant: a model is timed while its session is open');
    const start = this.clock();
    for (let i = 0; i < runs; i++) await session.run(this.feeds);
    return (this.clock() - start) / runs;
  }

  private chooseBatch(runMs: number): void {
    const span = Math.max(runMs < SHORT_RUN ? BATCH : 0, STEPS * this.timerStep);
    // A clock that did not move says only that a run is shorter than its step.
    this.runsPerSample = Math.max(1, Math.ceil(span / Math.max(runMs, this.timerStep / 100, 1e-4)));
  }
}
