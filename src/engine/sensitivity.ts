import type { Analysis } from '../analysis/analyze.ts';
import type { Job } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { writeModel } from '../onnx/write.ts';
import { buildForecast } from '../prune/build-forecast.ts';
import { Cutter } from '../prune/cut.ts';
import { flatten } from '../prune/flatten.ts';
import { costsOf } from '../prune/forecast.ts';
import type { ChannelGroup } from '../prune/groups.ts';
import { channelGraph, groupNames, selectable, type Rating } from '../prune/plan.ts';
import { roundedWidth, type Selectable } from '../prune/select.ts';
import type { PruneTarget } from '../prune/types.ts';
import type { RatingRequest } from './calibration.ts';
import { fidelity, type Judgement, type OutputFidelity } from './fidelity.ts';
import type { Parcel, RuntimePort } from './ports.ts';

/** One measured point: one group cut to a width, everything else whole. */
export interface SensitivityPoint {
  readonly ratio: number;
  readonly kept: number;
  /** Of the first output. */
  readonly fidelity: Omit<OutputFidelity, 'name'>;
  /** With labels. */
  readonly accuracy: number | null;
}

export interface GroupSensitivity {
  readonly key: string;
  readonly name: string;
  readonly channels: number;
  readonly points: readonly SensitivityPoint[];
}

export interface Sensitivity {
  readonly runs: number;
  /** Of the model as it is, with labels. */
  readonly accuracy: number | null;
  readonly groups: readonly GroupSensitivity[];
}

export interface SensitivityRequest {
  readonly rating: RatingRequest;
  /** Shares removed, ascending. */
  readonly ratios: readonly number[];
}

/** Where a person gives no data. */
export const MADE_UP: Judgement = { feeds: { first: 1000, count: 8 }, labels: null };

/** What was measured before; a run that was cancelled goes on where it stopped. */
export class SensitivityCache {
  private readonly points = new WeakMap<Analysis, Map<string, SensitivityPoint>>();
  private readonly ids = new WeakMap<object, number>();
  private next = 0;

  of(analysis: Analysis): Map<string, SensitivityPoint> {
    const known = this.points.get(analysis) ?? new Map<string, SensitivityPoint>();
    this.points.set(analysis, known);
    return known;
  }

  /** Names what a point depends on beside the model, the group and the width. */
  key(judgement: Judgement, rating: Rating, group: string, kept: number): string {
    const id = this.ids.get(judgement) ?? this.next++;
    this.ids.set(judgement, id);
    const { importance, seed, scores = {} } = rating;
    return JSON.stringify([id, importance, seed, importance === 'scores' ? scores : null, group, kept]);
  }
}

/** Cuts each group by itself to each ratio, and holds the result against the whole model on the judgement's inputs. */
export async function sensitivity(
  { model, analysis }: { readonly model: Model; readonly analysis: Analysis },
  rating: Rating,
  ratios: readonly number[],
  judgement: Judgement,
  cache: SensitivityCache,
  port: RuntimePort,
  job: Job,
): Promise<Sensitivity> {
  const graph = channelGraph(model, analysis, rating.acrossNorms);
  const groups = selectable(graph, rating);
  const names = groupNames(graph);
  const known = cache.of(analysis);
  const whole: Parcel = { name: 'whole', bytes: writeModel(model) };
  const base = await fidelity(whole, { name: 'whole', bytes: whole.bytes.slice() }, judgement, port, job);
  const found: GroupSensitivity[] = [];
  const total = groups.length * ratios.length;
  for (const [i, group] of graph.groups.entries()) {
    const points: SensitivityPoint[] = [];
    for (const [done, ratio] of ratios.entries()) {
      job.progress({ stage: `Cutting ${names.get(group.key) ?? group.key}`, done: i * ratios.length + done, total });
      await job.checkpoint();
      const kept = roundedWidth(groups[i] as Selectable, ratio, 1);
      const key = cache.key(judgement, rating, group.key, kept);
      const point = known.get(key) ?? (await measure(group, kept));
      known.set(key, point);
      points.push({ ...point, ratio });
    }
    found.push({ key: group.key, name: names.get(group.key) ?? group.key, channels: group.channels, points });
  }
  return { runs: base.fidelity.runs, accuracy: base.fidelity.accuracy?.before ?? null, groups: found };

  async function measure(group: ChannelGroup, kept: number): Promise<SensitivityPoint> {
    const removed = Math.round(((group.channels - kept) * group.atoms.length) / group.channels);
    const order = Array.from(groups[group.index]?.order ?? []);
    const draft = model.clone();
    new Cutter(draft, graph).apply(group, new Set(order.slice(removed)));
    draft.sort();
    const parcel = { name: 'draft', bytes: writeModel(draft) };
    const { outputs, accuracy } = (await fidelity(base.original, parcel, judgement, port, job)).fidelity;
    const [first = { name: '', cosine: 1, kl: 0, agreement: 1 }] = outputs;
    const { cosine, kl, agreement } = first;
    return {
      ratio: 1 - kept / group.channels,
      kept,
      fidelity: { cosine, kl, agreement },
      accuracy: accuracy?.after ?? null,
    };
  }
}

/** What a point costs in quality: accuracy lost where there are labels, else the KL divergence. */
const harmOf = (accuracy: number | null, point: SensitivityPoint): number =>
  accuracy === null || point.accuracy === null ? point.fidelity.kl : Math.max(0, accuracy - point.accuracy);

/** Shares removed by group key, so that all groups suffer alike and the target is met (`flatten`). */
export function flattened(
  { model, analysis }: { readonly model: Model; readonly analysis: Analysis },
  { accuracy, groups }: Sensitivity,
  target: PruneTarget,
  share: number,
  roundTo: number,
): Record<string, number> {
  const graph = channelGraph(model, analysis);
  const curves = groups.map(({ key, points }) => ({
    key,
    ratios: points.map((point) => point.ratio),
    harms: points.map((point) => harmOf(accuracy, point)),
  }));
  const costAt = costsOf(buildForecast(model, analysis, graph), graph.groups);
  return flatten(selectable(graph, { importance: 'l2', seed: 0 }), curves, costAt, target, share, roundTo);
}
