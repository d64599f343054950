import { hypervolume } from './hypervolume.ts';
import { paretoFront, type Direction } from './pareto.ts';
import type { Constraint, Metrics, ObjectiveId, QualityId, SearchPoint } from './types.ts';

export const directionOf = (objective: ObjectiveId): Direction => (objective === 'quality' ? 'more' : 'less');

/** Shares of fewer rows than this come in coarse steps. */
const COARSE = 200;

/** What quality is, where nobody says so. */
export function qualityFor(asked: QualityId | null, { quality }: Metrics): QualityId {
  if (asked === 'accuracy' && quality.accuracy === null) return 'agreement';
  if (asked) return asked;
  if (quality.accuracy !== null) return 'accuracy';
  return quality.samples < COARSE ? 'information' : 'agreement';
}

/** A value of a sub-network; NaN where it is not known. Latency is the table's for all: what was timed whole is told beside it. */
export function valueOf(
  objective: ObjectiveId,
  { metrics, latency }: Pick<SearchPoint, 'metrics' | 'latency'>,
  quality: QualityId,
): number {
  switch (objective) {
    case 'quality':
      return metrics.quality[quality] ?? NaN;
    case 'latency':
      return latency ?? NaN;
    case 'bytes':
      return metrics.bytes;
    case 'macs':
      return metrics.macs ?? NaN;
    case 'peak':
      return metrics.peakBytes ?? NaN;
  }
}

/** How far constraints are broken: the sum of what is too much, or missing, as shares of the bounds. */
export function brokenBy(
  constraints: readonly Constraint[],
  of: (objective: ObjectiveId) => number,
  whole: (objective: ObjectiveId) => number,
): number {
  return constraints.reduce((sum, { objective, bound, relative }) => {
    const limit = relative ? bound * whole(objective) : bound;
    const value = of(objective);
    // What is not known is as good as twice too much.
    if (!Number.isFinite(value)) return sum + 1;
    const over = objective === 'quality' ? limit - value : value - limit;
    return sum + Math.max(0, over) / Math.max(Math.abs(limit), 1e-12);
  }, 0);
}

/** Beyond the model as it is by so much lies the worst corner: it adds something itself. */
const BEYOND = 1.05;

/**
 * The share of the box between the worst corner (quality 0, anything else 5 % above the model as it is) and the best there
 * could be (quality 1, anything else 0) that the points dominate. Points that break a constraint add nothing.
 */
export function shareOfBox(
  points: readonly Pick<SearchPoint, 'values' | 'broken'>[],
  objectives: readonly ObjectiveId[],
  whole: readonly number[],
): number {
  const directions = objectives.map(directionOf);
  const corner = objectives.map((objective, i) => (objective === 'quality' ? 0 : BEYOND * (whole[i] ?? NaN)));
  const box = objectives.reduce((product, objective, i) => product * (objective === 'quality' ? 1 : corner[i]!), 1);
  const known = points.filter(({ values, broken }) => broken === 0 && values.every(Number.isFinite));
  const front = paretoFront(known, directions).map((i) => known[i]!.values);
  return box > 0 ? hypervolume(front, corner, directions) / box : 0;
}
