import { costs, dominates, type Direction } from './pareto.ts';

/**
 * The hypervolume of a set of points: what they dominate within a box whose worst corner is `reference` (Zitzler &
 * Thiele 1998). Points that are not better than the corner in every objective add nothing. For two objectives a sweep,
 * for more by slices (Fonseca et al. 2006 in its plain form: fine for fronts of some hundred points).
 *
 * @param points values by objective, in their own directions
 */
export function hypervolume(
  points: readonly (readonly number[])[],
  reference: readonly number[],
  directions: readonly Direction[],
): number {
  const corner = costs(reference, directions);
  const inside = points
    .map((point) => costs(point, directions))
    .filter((point) => point.every((value, i) => value < (corner[i] ?? NaN)));
  return volume(inside, corner);
}

function volume(points: readonly (readonly number[])[], corner: readonly number[]): number {
  if (points.length === 0) return 0;
  const [bound = 0] = corner;
  if (corner.length === 1) return bound - Math.min(...points.map(([value = bound]) => value));
  const last = corner.length - 1;
  const at = (point: readonly number[]): number => point[last] ?? NaN;
  const kept = points.filter((point) => !points.some((other) => other !== point && dominates(other, point)));
  const sorted = [...kept].sort((a, b) => at(a) - at(b));
  let total = 0;
  sorted.forEach((point, i) => {
    const next = sorted[i + 1];
    const height = (next ? at(next) : (corner[last] ?? NaN)) - at(point);
    if (height <= 0) return;
    const slice = sorted.slice(0, i + 1).map((each) => each.slice(0, last));
    total += height * volume(slice, corner.slice(0, last));
  });
  return total;
}
