import type { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Stop } from '../engine/document.ts';
import type { RecipeStep } from '../recipe/types.ts';
import { corrected, correctionOf, UNCORRECTED, type Correction } from './anchors.ts';
import type { SearchClock } from './clock.ts';
import type { Evaluator } from './evaluate.ts';
import { latencyKey, metricsKey } from './keys.ts';
import { evaluateAll, OWN, type Outcome } from './pool.ts';
import type { FindingsStore } from './store.ts';
import type { Metrics } from './types.ts';

export interface FoundMetrics {
  readonly metrics: Metrics;
  readonly cached: boolean;
}

/** What is kept of a latency. */
interface Told {
  readonly ms: number;
}
/** Sub-networks that are held at once while operators are measured. */
const AT_ONCE = 10;

export interface FindingsAbout {
  /** Tells the model and the samples from all others. */
  readonly subject: string;
  readonly evaluators: readonly Evaluator[];
  readonly build: (steps: readonly RecipeStep[], job: Job) => Promise<Stop>;
  readonly clock: SearchClock | null;
  readonly store: FindingsStore;
  /** Whether no more is to be found out. */
  readonly ended: () => boolean;
}

/** What is known of sub-networks, and what is found out where nothing is. */
export class Findings {
  private readonly about: FindingsAbout;
  /** Why sub-networks could not be judged, one reason each. */
  readonly failed: string[] = [];
  /** Evaluators that went away, and why. */
  readonly lost: string[] = [];
  private evaluators: readonly Evaluator[];
  /** The device that times has gone: what its table tells is all that there is. */
  private isUntimed = false;
  private correction: Correction = UNCORRECTED;

  constructor(about: FindingsAbout) {
    this.about = about;
    this.evaluators = about.evaluators;
  }

  /** In the order of `list`; null where a sub-network cannot be judged, or was not any more. `told` gets each as it comes. */
  async metrics(
    list: readonly (readonly RecipeStep[])[],
    samples: number,
    job: Job,
    told: (index: number, found: FoundMetrics) => void = () => {},
  ): Promise<readonly (FoundMetrics | null)[]> {
    const { subject, store, ended } = this.about;
    const keys = await Promise.all(list.map((steps) => metricsKey(subject, steps, samples)));
    const found: (FoundMetrics | null)[] = [];
    const missing: number[] = [];
    for (const [index, key] of keys.entries()) {
      const known = (await store.get(key)) as Metrics | null;
      found[index] = known && { metrics: known, cached: true };
      if (known) told(index, { metrics: known, cached: true });
      else missing.push(index);
    }
    const works = missing.map((index) => ({ steps: list[index]!, samples }));
    const learnt = async (place: number, outcome: Outcome): Promise<void> => {
      const index = missing[place]!;
      if ('reason' in outcome) {
        this.failed.push(outcome.reason);
        return;
      }
      await store.put(keys[index]!, outcome.metrics);
      found[index] = { metrics: outcome.metrics, cached: false };
      told(index, found[index]);
    };
    const lost = (evaluator: Evaluator, { message }: CodedError): void => {
      this.evaluators = this.evaluators.filter((each) => each !== evaluator);
      this.lost.push(`${evaluator.name} no longer judges: ${message}`);
    };
    await evaluateAll(this.evaluators, works, job, { told: learnt, ended, lost });
    return found;
  }

  /** Times a few sub-networks whole: what the table tells of all others is corrected by how far it is from these. */
  async anchor(list: readonly (readonly RecipeStep[])[], job: Job): Promise<void> {
    this.correction = UNCORRECTED;
    const told = await this.latencies(list, job);
    const covered = list.flatMap((steps, index) => (told[index] === null ? [] : [{ steps, told: told[index]! }]));
    const timed = await this.timed(
      covered.map(({ steps }) => steps),
      job,
    );
    this.correction = correctionOf(
      covered.flatMap((each, index) => (timed[index] === null ? [] : [{ told: each.told, timed: timed[index]! }])),
    );
  }

  /** By the table and the anchors, ms; null: the table does not cover the sub-network, or none is asked. */
  async latencies(list: readonly (readonly RecipeStep[])[], job: Job): Promise<readonly (number | null)[]> {
    const { clock, store, subject } = this.about;
    if (!clock) return list.map(() => null);
    const keys = await Promise.all(list.map((steps) => latencyKey('foretold', subject, steps, clock.table.device)));
    const found = await Promise.all(keys.map(async (key) => ((await store.get(key)) as Told | null)?.ms ?? null));
    const missing = list.flatMap((steps, index) => (found[index] === null ? [{ steps, index }] : []));
    for (let from = 0; from < missing.length; from += AT_ONCE) {
      const built: { readonly stop: Stop; readonly index: number }[] = [];
      for (const { steps, index } of missing.slice(from, from + AT_ONCE)) {
        job.progress({ stage: 'Building networks to time', done: from + built.length, total: missing.length });
        await job.checkpoint();
        const stop = await this.orNull(steps, { ...job, progress: () => {} });
        if (stop) built.push({ stop, index });
      }
      const stops = built.map(({ stop }) => stop);
      await this.onClock(() => clock.prepare(stops, job));
      for (const { stop, index } of built) {
        const ms = clock.latency(stop);
        found[index] = ms;
        if (ms !== null) await store.put(keys[index]!, { ms } satisfies Told);
      }
    }
    return found.map((ms) => (ms === null ? null : corrected(ms, this.correction)));
  }

  /** Fastest runs of whole sub-networks, ms. */
  async timed(list: readonly (readonly RecipeStep[])[], job: Job): Promise<readonly (number | null)[]> {
    const { clock, store, subject, build } = this.about;
    if (!clock || !(await this.onClock(() => clock.isHere()))) return list.map(() => null);
    const keys = await Promise.all(list.map((steps) => latencyKey('timed', subject, steps, clock.table.device)));
    const found = await Promise.all(keys.map(async (key) => ((await store.get(key)) as Told | null)?.ms ?? null));
    const missing = list.flatMap((steps, index) => (found[index] === null ? [{ steps, index }] : []));
    const stops: Stop[] = [];
    for (const { steps } of missing) stops.push(await build(steps, job));
    const times = stops.length > 0 ? ((await this.onClock(() => clock.timed(stops, job))) ?? []) : [];
    for (const [place, { index }] of missing.entries()) {
      const ms = times[place];
      if (ms === undefined) continue;
      found[index] = ms;
      await store.put(keys[index]!, { ms } satisfies Told);
    }
    return found;
  }

  /** What the device that times gives; null: it has gone. A search goes on without it. */
  private async onClock<T>(time: () => Promise<T>): Promise<T | null> {
    if (this.isUntimed) return null;
    try {
      return await time();
    } catch (error) {
      const { code, message } = error as CodedError;
      if (code !== 'device-lost') throw error;
      this.isUntimed = true;
      this.lost.push(`Nothing more was timed: ${message}`);
      return null;
    }
  }

  /** A sub-network that cannot be built has no latency; its metrics will say why. */
  private async orNull(steps: readonly RecipeStep[], job: Job): Promise<Stop | null> {
    try {
      return await this.about.build(steps, job);
    } catch (error) {
      if (OWN.has((error as CodedError).code)) return null;
      throw error;
    }
  }
}
