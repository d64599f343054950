import { analyze, type Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { median } from '../bench/statistics.ts';
import type { BenchRequest, LoadOptions } from '../bench/types.ts';
import type { Model } from '../ir/model.ts';
import { writeModel } from '../onnx/write.ts';
import { Cutter } from '../prune/cut.ts';
import type { ChannelGraph } from '../prune/groups.ts';
import { latencyFeatures } from '../prune/latency/features.ts';
import { fitLatency } from '../prune/latency/fit.ts';
import { latencyWidths } from '../prune/latency/points.ts';
import type { LatencyPoint } from '../prune/latency/types.ts';
import { channelGraph } from '../prune/plan.ts';
import type { LatencyModel, LatencyRequest } from './latency-types.ts';
import { timeShare } from './latency-share.ts';
import { nodeTimes } from './node-times.ts';
import type { Parcel, RuntimePort } from './ports.ts';

/** Of the budget, for the profile of the whole model; the points share the rest. */
const PROFILE_SHARE = 0.15;
const RUNS = 40;
const PROFILE_RUNS = 15;

export interface LatencySubject {
  readonly model: Model;
  readonly analysis: Analysis;
  /** How the runtime loads it. */
  readonly load: LoadOptions;
}

/**
 * Times a model cut to a few widths against the whole one, interleaved, and fits its latency at any widths to that. The
 * profile of the whole model tells where its time goes.
 *
 * Throws `unsupported` on a software WebGPU adapter and where no channels can be cut; as `benchmark` else.
 */
export async function measureLatency(
  { model, analysis, load }: LatencySubject,
  { backend, threads, budgetMs, acrossNorms }: LatencyRequest,
  port: RuntimePort,
  job: Job,
): Promise<LatencyModel> {
  await requireDevice(backend, port);
  const graph = channelGraph(model, analysis, acrossNorms);
  const widths = widthsOf(graph);
  if (widths.length === 0) throw new CodedError('unsupported', 'No channel of this model can be cut.');
  const common = { backend, threads, level: 'all' } as const;
  const profiled = { ...common, runs: PROFILE_RUNS, budgetMs: budgetMs * PROFILE_SHARE };
  const { times, rest } = await nodeTimes(model, 'model.onnx', profiled, port, part(job, 0, widths.length));
  const request: BenchRequest = {
    ...common,
    runs: RUNS,
    looks: false,
    budgetMs: (budgetMs * (1 - PROFILE_SHARE)) / widths.length,
    loads: { a: load, b: load },
  };
  const points: LatencyPoint[] = [];
  const whole: number[] = [];
  for (const [done, kept] of widths.entries()) {
    const watched = part(job, done, widths.length);
    watched.progress({ stage: 'Cutting' });
    await job.checkpoint();
    const cut = cutTo(model, graph, kept);
    const { share, ms } = await timeShare((each) => port.bench(parcel(model), parcel(cut), each, watched), request);
    points.push({ kept, share });
    whole.push(ms);
  }
  const channels = graph.groups.map((group) => group.channels);
  const fit = fitLatency(latencyFeatures(model, analysis, graph, times, rest), channels, points);
  return { ...fit, backend, threads, ms: median(whole), from: 'timed' };
}

async function requireDevice(backend: LatencyRequest['backend'], port: RuntimePort): Promise<void> {
  if (backend !== 'webgpu') return;
  const { webgpu, webgpuReason } = await port.capabilities();
  if (webgpu?.software === false) return;
  throw new CodedError(
    'unsupported',
    webgpu
      ? 'This WebGPU adapter is software: its times say nothing about a graphics card. Measure on WASM instead.'
      : (webgpuReason ?? 'There is no WebGPU here.'),
  );
}

/** The receiver may take the bytes over: they are written for each run anew. */
const parcel = (model: Model): Parcel => ({ name: 'model.onnx', bytes: writeModel(model) });

/** A model cut to the widths that a forecast rests on. */
export interface CutModel {
  readonly kept: Int32Array;
  readonly model: Model;
  readonly analysis: Analysis;
}

export function cutModels(model: Model, analysis: Analysis, acrossNorms: boolean): readonly CutModel[] {
  const graph = channelGraph(model, analysis, acrossNorms);
  return widthsOf(graph).map((kept) => {
    const cut = cutTo(model, graph, kept);
    return { kept, model: cut, analysis: analyze(cut) };
  });
}

const widthsOf = (graph: ChannelGraph): readonly Int32Array[] =>
  latencyWidths(graph.groups.map(({ channels, atoms }) => ({ channels, atoms: atoms.length })));

/** Which channels go is all the same for the time that the others take. */
function cutTo(model: Model, graph: ChannelGraph, kept: Int32Array): Model {
  const draft = model.clone();
  const cutter = new Cutter(draft, graph);
  for (const group of graph.groups) {
    const atoms = Math.round(((kept[group.index] ?? group.channels) * group.atoms.length) / group.channels);
    cutter.apply(group, new Set(Array.from({ length: atoms }, (_, atom) => atom)));
  }
  draft.sort();
  return draft;
}

/** The job as one of its parts sees it: what counts is how many parts are done. */
const part = (job: Job, done: number, total: number): Job => ({
  signal: job.signal,
  checkpoint: () => job.checkpoint(),
  progress: ({ stage }) => job.progress({ stage, done, total }),
});

/** What was measured of a stop before, by backend and threads. */
export class LatencyCache {
  private readonly known = new WeakMap<Analysis, Map<string, LatencyModel>>();

  async get(analysis: Analysis, request: LatencyRequest, measure: () => Promise<LatencyModel>): Promise<LatencyModel> {
    const models = this.known.get(analysis) ?? new Map<string, LatencyModel>();
    this.known.set(analysis, models);
    const key = `${request.backend} ${request.threads} ${request.acrossNorms === true}`;
    const model = models.get(key) ?? (await measure());
    models.set(key, model);
    return model;
  }
}
