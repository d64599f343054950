import type { Job } from '../base/job.ts';
import { SYNTHETIC } from '../engine/calibration.ts';
import { Stop } from '../engine/document.ts';
import { accuracyOf, closeness, type Run } from '../engine/fidelity.ts';
import type { RuntimePort } from '../engine/ports.ts';
import { runStep, type StepContext } from '../engine/steps.ts';
import { writeModel } from '../onnx/write.ts';
import type { RecipeStep } from '../recipe/types.ts';
import type { Feeds } from '../runtime/types.ts';
import { bytesOf, type SearchSamples } from './samples.ts';
import { recalibrated } from './supernet/recalibrate.ts';
import type { Metrics, Quality } from './types.ts';

/** One thing to find out: what a sub-network, as steps of a recipe, comes to on so many samples. */
export interface Work {
  readonly steps: readonly RecipeStep[];
  readonly samples: number;
}

/** Finds out; the same for the same work, whoever does it, and however often. */
export interface Evaluator {
  readonly name: string;
  evaluate(work: Work, job: Job): Promise<Metrics>;
}

/** How a written model is run on inputs, one run after the other. */
export type RunsOn = (bytes: Uint8Array<ArrayBuffer>, feeds: readonly Feeds[], job: Job) => Promise<readonly Run[]>;

/** In a session of this device at full optimization, which stays for all of them. */
export const runsHere =
  (port: RuntimePort): RunsOn =>
  async (bytes, feeds, job) => {
    const held = await port.hold({ name: 'sub-network', bytes }, { backend: 'wasm', level: 'all', threads: 1 }, job);
    try {
      const runs: Run[] = [];
      for (const some of portions(feeds)) {
        await job.checkpoint();
        runs.push(...(await held.run(some, job)));
      }
      return runs;
    } finally {
      await held.release();
    }
  };

/** What is sent to the runtime at once: few enough runs to see a cancel, and no more bytes than are well copied. */
const RUNS_AT_ONCE = 16;
const BYTES_AT_ONCE = 32 << 20;

function* portions(feeds: readonly Feeds[]): Generator<readonly Feeds[]> {
  let some: Feeds[] = [];
  for (const feed of feeds) {
    const isFull = some.length >= RUNS_AT_ONCE || bytesOf([...some, feed]) > BYTES_AT_ONCE;
    if (isFull && some.length > 0) {
      yield some;
      some = [];
    }
    some.push(feed);
  }
  if (some.length > 0) yield some;
}

export interface Evaluated {
  /** The model that is searched. */
  readonly stop: Stop;
  readonly samples: SearchSamples;
  readonly port: RuntimePort;
  /** What is made up for after slicing looks at data. */
  readonly repairs: boolean;
  readonly weights: StepContext['weights'];
}

/** Builds sub-networks of one model here and judges them beside it, run here or elsewhere. */
export class LocalEvaluator implements Evaluator {
  readonly name: string;
  private readonly about: Evaluated;
  private readonly on: RunsOn;
  private readonly original = new Map<number, readonly Run[]>();

  constructor(about: Evaluated, name = 'this device', on = runsHere(about.port)) {
    this.about = about;
    this.name = name;
    this.on = on;
  }

  /** The sub-network. Throws what made a step fail. */
  async build(steps: readonly RecipeStep[], job: Job): Promise<Stop> {
    return (await this.stops(steps, job)).at(-1) ?? this.about.stop;
  }

  /** Its steps as they were decided: a replay of these needs no data. */
  async decided(steps: readonly RecipeStep[], job: Job): Promise<readonly RecipeStep[]> {
    return (await this.stops(steps, job)).flatMap(({ outcome }) => (outcome ? [outcome.step] : []));
  }

  /**
   * @param quickly batch norms are set in one run in place of one for each: the numbers are the same but for rounding, and
   * no decisions are kept
   */
  private async stops(steps: readonly RecipeStep[], job: Job, quickly = false): Promise<readonly Stop[]> {
    const { stop, port, samples, repairs, weights } = this.about;
    const stops: Stop[] = [];
    for (const step of steps) {
      const before = stops.at(-1) ?? stop;
      if (quickly && step.pass === 'reestimate-batch-norm') {
        const feeds = await samples.stacked(before.summary.inputs);
        const model = await recalibrated(before.model, feeds, port, job);
        stops.push(new Stop(model, before, null, null, stops.length + 1));
        continue;
      }
      // Samples as this model wants them: its images may have become smaller.
      const calibration = repairs ? await samples.calibration(before.summary.inputs, job) : SYNTHETIC;
      const context: StepContext = {
        backend: 'wasm',
        port,
        calibration,
        weights,
        job: { ...job, progress: () => {} },
        revision: () => stops.length + 1,
      };
      stops.push(await runStep(before, stops.length, step, context));
    }
    return stops;
  }

  async evaluate({ steps, samples }: Work, job: Job): Promise<Metrics> {
    const found = (await this.stops(steps, job, true)).at(-1) ?? this.about.stop;
    const { bytes, macs, parameters, peakActivationBytes } = found.summary;
    return {
      quality: await this.quality(found, samples, job),
      bytes,
      macs,
      parameters,
      peakBytes: peakActivationBytes,
    };
  }

  private async quality(found: Stop, count: number, job: Job): Promise<Quality> {
    const before = this.original.get(count) ?? (await this.runs(this.about.stop, count, job));
    this.original.set(count, before);
    const isWhole = found === this.about.stop;
    const after = isWhole ? before : await this.runs(found, count, job);
    const outputs = closeness(before, after);
    const mean = (of: (each: (typeof outputs)[number]) => number): number =>
      outputs.reduce((sum, each) => sum + of(each), 0) / Math.max(1, outputs.length);
    const { labels, samples } = await this.about.samples.judged(found.summary.inputs, count, job);
    return {
      agreement: mean(({ agreement }) => agreement),
      information: mean(({ information }) => information),
      cosine: mean(({ cosine }) => Math.max(0, Number.isFinite(cosine) ? cosine : 0)),
      kl: mean(({ kl }) => kl),
      accuracy: accuracyOf(after, labels),
      samples,
    };
  }

  private async runs(found: Stop, count: number, job: Job): Promise<readonly Run[]> {
    const { feeds } = await this.about.samples.judged(found.summary.inputs, count, job);
    return this.on(writeModel(found.model), feeds, job);
  }
}
