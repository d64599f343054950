import type { Analysis } from '../analysis/analyze.ts';
import type { Job, Progress } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { modelByteLength, writeModel } from '../onnx/write.ts';
import { buildForecast } from '../prune/build-forecast.ts';
import { Cutter } from '../prune/cut.ts';
import { flatten } from '../prune/flatten.ts';
import { costsOf } from '../prune/forecast.ts';
import type { ChannelGroup } from '../prune/groups.ts';
import { channelGraph, groupNames, selectable, type Rating } from '../prune/plan.ts';
import { roundedWidth, type Selectable } from '../prune/select.ts';
import {
  curvesOf,
  usualHarm,
  type GroupSensitivity,
  type Sensitivity,
  type SensitivityPoint,
} from '../prune/sensitivity.ts';
import type { PruneTarget } from '../prune/types.ts';
import type { RatingRequest } from './calibration.ts';
import { accuracyOf, fidelity, type Judgement } from './fidelity.ts';
import type { RuntimePort } from './ports.ts';

export interface SensitivityRequest {
  readonly rating: RatingRequest;
  /** Shares removed, ascending. */
  readonly ratios: readonly number[];
}

/** Carries what has just been measured, so that it is there when the rest is cancelled. */
export interface SensitivityProgress extends Progress {
  /** The points so far of one group. */
  readonly found?: Sensitivity;
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
    const { importance, seed, scores = {}, formula = '', acrossNorms = false } = rating;
    const { activations = null, gradients = null } = rating;
    const own = importance === 'scores' ? scores : importance === 'formula' ? formula : null;
    const ids = [judgement, activations, gradients].map((each) => each && this.idOf(each));
    return JSON.stringify([ids, importance, seed, own, acrossNorms, group, kept]);
  }

  private idOf(object: object): number {
    const id = this.ids.get(object) ?? this.next++;
    this.ids.set(object, id);
    return id;
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
  const { importance, seed } = rating;
  const total = groups.length * ratios.length;
  job.progress({ stage: 'Running the whole model', done: 0, total });
  await job.checkpoint();
  const original = await port.runs({ name: 'whole', bytes: writeModel(model) }, judgement.feeds, job);
  const accuracy = accuracyOf(original, judgement.labels);
  const base = { importance, seed, runs: original.length, accuracy };
  const found: GroupSensitivity[] = [];
  for (const [i, group] of graph.groups.entries()) {
    const points: SensitivityPoint[] = [];
    const told = { key: group.key, name: names.get(group.key) ?? group.key, channels: group.channels, points };
    found.push(told);
    for (const [done, ratio] of ratios.entries()) {
      await job.checkpoint();
      const kept = roundedWidth(groups[i] as Selectable, ratio, 1);
      const key = cache.key(judgement, rating, group.key, kept);
      const point = known.get(key) ?? (await measure(group, kept));
      known.set(key, point);
      points.push({ ...point, ratio });
      const progress: SensitivityProgress = {
        stage: 'Cutting one group at a time',
        done: i * ratios.length + done + 1,
        total,
        found: { ...base, groups: [told] },
      };
      job.progress(progress);
    }
  }
  return { ...base, groups: found };

  async function measure(group: ChannelGroup, kept: number): Promise<SensitivityPoint> {
    const ratio = 1 - kept / group.channels;
    if (ratio === 0) return { ratio, kept, fidelity: { cosine: 1, kl: 0, agreement: 1 }, accuracy };
    const removed = Math.round(ratio * group.atoms.length);
    const order = Array.from(groups[group.index]?.order ?? []);
    const draft = model.clone();
    new Cutter(draft, graph).apply(group, new Set(order.slice(removed)));
    draft.sort();
    const parcel = { name: 'draft', bytes: writeModel(draft) };
    const { outputs, accuracy: judged } = (await fidelity(original, parcel, judgement, port, job)).fidelity;
    const [first = { cosine: 1, kl: 0, agreement: 1 }] = outputs;
    const { cosine, kl, agreement } = first;
    return { ratio, kept, fidelity: { cosine, kl, agreement }, accuracy: judged?.after ?? null };
  }
}

/**
 * Shares removed by group key, so that all groups suffer alike and the target is met (`flatten`); by lost accuracy
 * where there are labels, else by KL.
 *
 * @param fixed shares of groups that are not to be chosen
 */
export function flattened(
  { model, analysis }: { readonly model: Model; readonly analysis: Analysis },
  found: Sensitivity,
  target: PruneTarget,
  share: number,
  roundTo: number,
  fixed: Readonly<Record<string, number>> = {},
  acrossNorms = false,
): Record<string, number> {
  const graph = channelGraph(model, analysis, acrossNorms);
  const costAt = costsOf(buildForecast(model, analysis, graph, modelByteLength(model)), graph.groups);
  const groups = selectable(graph, { importance: 'l2', seed: 0 });
  return flatten(groups, curvesOf(found, usualHarm(found)), costAt, target, share, roundTo, fixed);
}
