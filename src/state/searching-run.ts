import type { ErrorRecord } from '../base/error.ts';
import { directionOf } from '../search/objectives.ts';
import { costs, dominates } from '../search/pareto.ts';
import { rankCorrelation } from '../search/rank.ts';
import type {
  GeneEffect,
  GeneView,
  HypervolumePoint,
  ObjectiveId,
  QualityId,
  SearchPoint,
  SearchProgress,
  SearchRequest,
  SearchResult,
} from '../search/types.ts';
import type { TrainStatus } from './training-run.ts';

/** A search as the page sees it. */
export interface SearchRun {
  readonly status: TrainStatus;
  readonly stop: number;
  /** What the stop was called when it began. */
  readonly name: string;
  readonly request: SearchRequest;
  readonly genes: readonly GeneView[];
  /** Indices of genes from the input to the output. */
  readonly order: readonly number[];
  readonly stage: string;
  /** Sub-networks that were judged; one on a quarter of the samples counts a quarter. */
  readonly evaluations: number;
  readonly perMinute: number | null;
  /** By id. */
  readonly points: readonly SearchPoint[];
  /** Ids of points that no other dominates. */
  readonly front: readonly number[];
  readonly history: readonly HypervolumePoint[];
  /** By what sub-networks are judged: as asked, until the worker says. */
  readonly quality: QualityId;
  /** What each gene does to it, by the points so far; empty: too few to tell. */
  readonly effects: readonly GeneEffect[];
  readonly result: SearchResult | null;
  readonly error: ErrorRecord | null;
  /** The recipe up to the stop is still what it was. */
  readonly holds: boolean;
}

const AT_WORK: ReadonlySet<TrainStatus> = new Set(['running', 'pausing', 'paused', 'stopping']);

export const isSearching = (run: SearchRun | null): boolean => run !== null && AT_WORK.has(run.status);

type Start = Pick<SearchRun, 'stop' | 'name' | 'request' | 'genes' | 'order'>;

export const searchBegun = (start: Start): SearchRun => ({
  ...start,
  status: 'running',
  stage: 'Preparing',
  evaluations: 0,
  perMinute: null,
  points: [],
  front: [],
  history: [],
  quality: start.request.quality ?? 'agreement',
  effects: [],
  result: null,
  error: null,
  holds: true,
});

/** The point of that id; ids of those that failed are left out. */
export function pointOf(points: readonly SearchPoint[], id: number | null): SearchPoint | undefined {
  if (id === null) return undefined;
  const likely = points[id];
  return likely?.id === id ? likely : points.find((point) => point.id === id);
}

/** Points with new ones, and others in place of what they were, by id. */
function withPoints(points: readonly SearchPoint[], news: readonly SearchPoint[]): readonly SearchPoint[] {
  const byId = new Map([...points, ...news].map((point) => [point.id, point]));
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

/** The run after some messages, oldest first. */
export function searchAdvanced(run: SearchRun, messages: readonly SearchProgress[]): SearchRun {
  let { status, stage, evaluations, perMinute, quality, effects } = run;
  for (const message of messages) {
    ({ stage } = message);
    perMinute = message.perMinute ?? perMinute;
    quality = message.quality ?? quality;
    effects = message.effects ?? effects;
    if (message.total === run.request.evaluations) evaluations = message.done ?? evaluations;
    if (stage === 'Paused' && status === 'pausing') status = 'paused';
  }
  const news = messages.flatMap((each) => each.points ?? []);
  const history = [...run.history, ...messages.flatMap((each) => each.history ?? [])];
  const now = { ...run, status, stage, evaluations, perMinute, quality, effects, history };
  if (news.length === 0) return now;
  const points = withPoints(run.points, news);
  return { ...now, points, front: frontOf(points, run.request.objectives) };
}

/**
 * Ids of points that no other dominates, where all bounds hold and every value is known, in the order of the first
 * objective that is no quality. One of several with the same values.
 */
export function frontOf(points: readonly SearchPoint[], objectives: readonly ObjectiveId[]): readonly number[] {
  const directions = objectives.map(directionOf);
  let front: { readonly id: number; readonly cost: readonly number[] }[] = [];
  for (const { id, values, broken } of points) {
    const cost = costs(values, directions);
    if (broken > 0 || !cost.every(Number.isFinite)) continue;
    const same = (other: readonly number[]): boolean => other.every((value, at) => value === cost[at]);
    if (front.some((other) => dominates(other.cost, cost) || same(other.cost))) continue;
    front = front.filter((other) => !dominates(cost, other.cost));
    front.push({ id, cost });
  }
  return inOrder(
    front.map(({ id }) => id),
    points,
    objectives,
  );
}

/** Ids by the first objective that is no quality, as it is shown: by a measured time where there is one. */
export function inOrder(
  ids: readonly number[],
  points: readonly SearchPoint[],
  objectives: readonly ObjectiveId[],
): readonly number[] {
  const lead = objectives.find((objective) => objective !== 'quality') ?? 'bytes';
  const at = (id: number): number => {
    const point = pointOf(points, id);
    return (point && valueOf(point, lead, 'agreement')) ?? Infinity;
  };
  return [...ids].sort((a, b) => at(a) - at(b));
}

/** Milliseconds until all sub-networks are judged; null: not known. */
export function searchLeft({ request, evaluations, perMinute }: SearchRun): number | null {
  if (perMinute === null || perMinute <= 0 || evaluations === 0) return null;
  return (60_000 * Math.max(0, request.evaluations - evaluations)) / perMinute;
}

/** The value of a point for an objective: a measured time before a predicted one; null: not known. */
export function valueOf(point: SearchPoint, objective: ObjectiveId, quality: QualityId): number | null {
  const { metrics, latency, measured } = point;
  switch (objective) {
    case 'latency':
      return measured ?? latency;
    case 'quality':
      return metrics.quality[quality];
    case 'bytes':
      return metrics.bytes;
    case 'macs':
      return metrics.macs;
    case 'peak':
      return metrics.peakBytes;
  }
  return objective satisfies never;
}

/** How well the table foretold the networks that were timed whole. */
export interface LatencyFit {
  readonly timed: readonly { readonly id: number; readonly predicted: number; readonly measured: number }[];
  /** Median of |predicted / measured − 1|. */
  readonly error: number;
  /** Spearman's ρ; null: too few, or all the same. */
  readonly rank: number | null;
}

/** Null: none was both predicted and timed. */
export function latencyFit(points: readonly SearchPoint[]): LatencyFit | null {
  const timed = points.flatMap(({ id, latency, measured }) =>
    latency === null || measured === null ? [] : [{ id, predicted: latency, measured }],
  );
  if (timed.length === 0) return null;
  const errors = timed.map(({ predicted, measured }) => Math.abs(predicted / measured - 1)).sort((a, b) => a - b);
  const middle = (errors.length - 1) / 2;
  const error = ((errors[Math.floor(middle)] ?? 0) + (errors[Math.ceil(middle)] ?? 0)) / 2;
  const rank = rankCorrelation(
    timed.map(({ predicted }) => predicted),
    timed.map(({ measured }) => measured),
  );
  return { timed, error, rank: timed.length < 3 || Number.isNaN(rank) ? null : rank };
}
