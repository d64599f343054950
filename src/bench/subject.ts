import type { Feeds, RuntimeSession } from '../runtime/types.ts';
import { isSettled, median, medianDeviation, quantile } from './statistics.ts';
import type { Timing } from './types.ts';

export type Clock = () => number;

/** Runs shorter than this are timed in batches, ms: a single one drowns in the clock's step and in scheduling. */
const SHORT_RUN = 1;
const BATCH = 20;
/** A sample spans at least this many steps of the clock. */
const STEPS = 50;

/** One of the models being timed: its session, and every time taken of it, ms. */
export class Subject {
  readonly session: RuntimeSession;
  private readonly feeds: Feeds;
  private readonly clock: Clock;
  private readonly timerStep: number;
  private readonly startMs: number;
  private firstRunMs = 0;
  private runsPerSample = 1;
  private warmups = 0;
  private readonly warm: number[] = [];
  readonly samples: number[] = [];

  constructor(session: RuntimeSession, feeds: Feeds, startMs: number, clock: Clock, timerStep: number) {
    this.session = session;
    this.feeds = feeds;
    this.startMs = startMs;
    this.clock = clock;
    this.timerStep = timerStep;
  }

  async firstRun(): Promise<void> {
    this.firstRunMs = await this.time(1);
    this.chooseBatch(this.firstRunMs);
  }

  /** One sample's worth of runs, not counted; the batch follows as the model gets faster. */
  async warmUp(): Promise<void> {
    const time = await this.time(this.runsPerSample);
    this.warmups += this.runsPerSample;
    this.warm.push(time);
    this.chooseBatch(time);
  }

  get isSettled(): boolean {
    return isSettled(this.warm);
  }

  /** Fixes the batch by what the last windows of the warm-up took. */
  endWarmUp(): void {
    if (this.warm.length > 0) this.chooseBatch(median(this.warm.slice(-5)));
  }

  async sample(): Promise<void> {
    this.samples.push(await this.time(this.runsPerSample));
  }

  timing(): Timing {
    return {
      median: median(this.samples),
      p95: quantile(this.samples, 0.95),
      min: Math.min(...this.samples),
      mad: medianDeviation(this.samples),
      samples: this.samples,
      runsPerSample: this.runsPerSample,
      warmups: this.warmups,
      startMs: this.startMs,
      firstRunMs: this.firstRunMs,
    };
  }

  /** ms per run over a batch. */
  private async time(runs: number): Promise<number> {
    const start = this.clock();
    for (let i = 0; i < runs; i++) await this.session.run(this.feeds);
    return (this.clock() - start) / runs;
  }

  private chooseBatch(runMs: number): void {
    const span = Math.max(runMs < SHORT_RUN ? BATCH : 0, STEPS * this.timerStep);
    // A clock that did not move says only that a run is shorter than its step.
    this.runsPerSample = Math.max(1, Math.ceil(span / Math.max(runMs, this.timerStep / 100, 1e-4)));
  }
}
