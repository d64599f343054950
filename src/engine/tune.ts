import { defined } from '../base/assert.ts';
import { CodedError, fromErrorRecord } from '../base/error.ts';
import { formatRatioInterval, plural } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import type { BenchRequest, BenchResult, LoadOptions } from '../bench/types.ts';
import type { Model } from '../ir/model.ts';
import { writeModel } from '../onnx/write.ts';
import { PASSES } from '../passes/index.ts';
import { replayStep } from '../recipe/replay.ts';
import type { MeasuredGroup, RecipeStep, SessionOptions } from '../recipe/types.ts';
import { parseSiteKey } from '../rewrite/hash.ts';
import { unavailable } from '../rewrite/options.ts';
import type { OptionValues, Pass, Site } from '../rewrite/pass.ts';
import { findSites } from '../rewrite/run.ts';
import type { Capabilities } from '../runtime/types.ts';
import { obtainFacts } from './facts.ts';
import type { RuntimePort } from './ports.ts';
import type { TuneReport, TuneRequest, TuneTrial } from './tune-types.ts';

export interface TuneContext {
  readonly port: RuntimePort;
  readonly job: Job;
}

/** What tuning found: steps that replay to the tuned model, with their figures, and the report. */
export interface Tuned {
  readonly steps: readonly RecipeStep[];
  readonly report: TuneReport;
}

/** A rewrite that the timing decides on. */
interface Candidate {
  readonly pass: Pass;
  readonly options: OptionValues;
  /** Optimizers of the runtime that would undo it. */
  readonly undoneBy: readonly string[];
}

/** Decomposing lasts only where the runtime does not fuse again on loading. */
const LAYER_NORM_FUSIONS = ['LayerNormFusionL1', 'LayerNormFusionL2'];

/** Every fusion that this backend can run, then what may be better undone. */
const candidates = ({ backend }: TuneRequest): readonly Candidate[] => [
  ...PASSES.filter((pass) => pass.group === 'fusion' && unavailable(pass, backend) === null).map((pass) => ({
    pass,
    options: {},
    undoneBy: [],
  })),
  ...PASSES.filter((pass) => pass.options['unfuse'] !== undefined).map((pass) => ({
    pass,
    options: { unfuse: true },
    undoneBy: LAYER_NORM_FUSIONS,
  })),
];

/**
 * Tunes a model for the device that this runs on. Optimizers of the runtime that make it slower are switched off; then
 * each group of candidate sites of one structure is timed, the model with it against the model without, interleaved, and
 * kept where it gains beyond the noise. What is kept is the ground for the next comparison.
 *
 * Throws `unsupported` on a software WebGPU adapter, whose times say nothing; as `benchmark` else.
 */
export async function tune(
  model: Model,
  start: SessionOptions | null,
  request: TuneRequest,
  context: TuneContext,
): Promise<Tuned> {
  const capabilities = await context.port.capabilities();
  if (request.backend === 'webgpu' && capabilities.webgpu?.software !== false) {
    throw new CodedError(
      'unsupported',
      capabilities.webgpu
        ? 'This WebGPU adapter is software: its times say nothing about a graphics card. Tune for WASM instead.'
        : (capabilities.webgpuReason ?? 'There is no WebGPU here.'),
    );
  }
  return new Tuner(model, start, request, context, deviceOf(capabilities, request)).run();
}

const deviceOf = ({ agent, runtimeVersion, webgpu }: Capabilities, { backend, threads }: TuneRequest): string =>
  [
    agent,
    backend === 'webgpu' ? `WebGPU, ${webgpu?.adapter}` : `WASM, ${plural(threads, 'thread')}`,
    `ONNX Runtime Web ${runtimeVersion}`,
  ].join(' · ');

class Tuner {
  private readonly original: Model;
  private readonly originalSession: SessionOptions | null;
  private readonly request: TuneRequest;
  private readonly context: TuneContext;
  private readonly device: string;
  private model: Model;
  private readonly off: Set<string>;
  private readonly steps: RecipeStep[] = [];
  private readonly trials: TuneTrial[] = [];

  constructor(model: Model, start: SessionOptions | null, request: TuneRequest, context: TuneContext, device: string) {
    this.original = model;
    this.originalSession = start;
    this.model = model;
    this.request = request;
    this.context = context;
    this.device = device;
    this.off = new Set((start?.config?.[DISABLED] ?? '').split(';').filter((each) => each !== ''));
  }

  async run(): Promise<Tuned> {
    await this.tryOptimizers();
    for (const candidate of candidates(this.request)) await this.tryPass(candidate);
    return this.conclude();
  }

  /** Optimizers of the runtime that are slower with than without. */
  private async tryOptimizers(): Promise<void> {
    const { job, port } = this.context;
    job.progress({ stage: 'What the runtime does by itself' });
    const found = await port.optimizers(this.parcel(this.model), this.benchRequest(4), job);
    for (const { name, what, ratio, interval, verdict } of found.optimizers) {
      const kept = verdict === 'slower';
      if (kept) this.off.add(name);
      this.trials.push({
        kind: 'session',
        name,
        title: `Without ${name}`,
        what: what ?? 'An optimizer of the runtime.',
        sites: 0,
        ratio: 1 / ratio,
        interval: [1 / interval[1], 1 / interval[0]],
        verdict: verdict === 'slower' ? 'faster' : verdict === 'faster' ? 'slower' : verdict,
        kept,
      });
    }
  }

  private async tryPass(candidate: Candidate): Promise<void> {
    const { pass, options } = candidate;
    const { sites } = await findSites(this.model, pass, {
      backend: this.request.backend,
      options,
      obtain: (each, context) => obtainFacts(each, context, this.context.port, this.context.job),
    });
    const measured: MeasuredGroup[] = [];
    const kept: string[] = [];
    for (const group of groupsOf(sites)) {
      const keys = group.map(({ key }) => key);
      const trial = await this.tryGroup(candidate, group, keys);
      if (!trial) continue;
      const { ratio, interval, verdict } = trial;
      const rule = defined(group[0], 'a site').rule;
      measured.push({ rule, sites: keys.length, ratio, interval, verdict, kept: trial.kept, device: this.device });
      if (trial.kept) kept.push(...keys);
    }
    if (measured.length === 0) return;
    this.steps.push({ pass: pass.id, options, sites: kept, measured });
  }

  /** Null: the group's sites are gone, with one that was applied before it. */
  private async tryGroup(
    candidate: Candidate,
    group: readonly Site[],
    keys: readonly string[],
  ): Promise<TuneTrial | null> {
    const { pass, options, undoneBy } = candidate;
    const outcome = await replayStep(
      this.model,
      { pass: pass.id, options, sites: keys },
      {
        backend: this.request.backend,
        job: this.context.job,
        index: this.steps.length,
        obtain: (each, context) => obtainFacts(each, context, this.context.port, this.context.job),
      },
    );
    if (outcome.error) throw fromErrorRecord(outcome.error);
    if (outcome.applied.length === 0) return null;
    const off = new Set([...this.off, ...undoneBy]);
    const title = options['unfuse'] === true ? `Undo: ${pass.title}` : pass.title;
    this.context.job.progress({ stage: `${title}, ${plural(outcome.applied.length, 'site')}` });
    const result = await this.compare(this.model, outcome.model, off);
    const kept = result.verdict === 'faster';
    if (kept) {
      this.model = outcome.model;
      for (const name of undoneBy) this.off.add(name);
    }
    const what = defined(group[0], 'a site').what;
    const trial = {
      kind: 'sites',
      name: pass.id,
      title,
      what,
      sites: outcome.applied.length,
      ...figures(result),
      kept,
    } as const;
    this.trials.push(trial);
    return trial;
  }

  private async conclude(): Promise<Tuned> {
    const session = this.session(this.off);
    const total = figures(
      await this.bench(this.original, this.model, {
        a: loadOf(this.originalSession),
        b: loadOf(session),
      }),
    );
    const made = this.steps.length > 0 || session === this.originalSession ? this.steps : [this.stepWithout()];
    const steps = made.map((step, i) => (session && i === made.length - 1 ? { ...step, session } : step));
    const kept = this.trials.filter((trial) => trial.kept);
    const message =
      kept.length === 0
        ? `Nothing of ${plural(this.trials.length, 'thing')} that were tried is faster here beyond the noise.`
        : `${plural(kept.length, 'change')} of ${this.trials.length} kept; together ${formatRatioInterval(total.ratio, total.interval)}.`;
    return { steps, report: { device: this.device, trials: this.trials, session, total, message } };
  }

  /** A step that carries session options where no sites were tried: the recipe has no other place for them. */
  private stepWithout(): RecipeStep {
    const { pass, options } = defined(candidates(this.request)[0], 'a candidate');
    return { pass: pass.id, options, sites: [] };
  }

  private compare(a: Model, b: Model, off: ReadonlySet<string>): Promise<BenchResult> {
    return this.bench(a, b, { a: loadOf(this.session(this.off)), b: loadOf(this.session(off)) });
  }

  private bench(a: Model, b: Model, loads: NonNullable<BenchRequest['loads']>): Promise<BenchResult> {
    return this.context.port.bench(
      this.parcel(a),
      this.parcel(b),
      { ...this.benchRequest(1), loads },
      this.context.job,
    );
  }

  private session(off: ReadonlySet<string>): SessionOptions | null {
    if (off.size === 0) return this.originalSession;
    return {
      ...this.originalSession,
      config: { ...this.originalSession?.config, [DISABLED]: [...off].sort().join(';') },
    };
  }

  private benchRequest(times: number): BenchRequest {
    const { backend, threads, runs, budgetMs } = this.request;
    return { backend, threads, runs, budgetMs: budgetMs * times, level: 'all', looks: false };
  }

  private parcel = (model: Model) => ({ name: 'model.onnx', bytes: writeModel(model) });
}

const DISABLED = 'optimization.disable_specified_optimizers';

export const loadOf = (session: SessionOptions | null): LoadOptions => ({
  ...(session?.graphOptimizationLevel ? { level: session.graphOptimizationLevel } : {}),
  ...(session?.config ? { config: session.config } : {}),
});

const figures = ({ ratio, interval, verdict }: BenchResult) => ({
  ratio: defined(ratio, 'a ratio of two models'),
  interval: defined(interval, 'an interval of two models'),
  verdict: defined(verdict, 'a verdict on two models'),
});

/** Sites of one rule and one structure: what holds of one in time holds of all. In the order of their first ones. */
function groupsOf(sites: readonly Site[]): readonly (readonly Site[])[] {
  const groups = new Map<string, Site[]>();
  for (const site of sites) {
    const { rule, hash } = parseSiteKey(site.key);
    const key = `${rule}:${hash}`;
    groups.set(key, [...(groups.get(key) ?? []), site]);
  }
  return [...groups.values()];
}
