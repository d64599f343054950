import { harmOf, usualHarm, type HarmId, type Sensitivity } from '../prune/sensitivity.ts';

/** A width that was measured; the full width costs nothing. */
export interface CurvePoint {
  readonly kept: number;
  /** Share of the channels that is gone at this width. */
  readonly removed: number;
  /** NaN: no number. */
  readonly harm: number;
}

/** What one group suffers, from its full width down. */
export interface CurveLine {
  readonly key: string;
  readonly name: string;
  readonly channels: number;
  readonly points: readonly CurvePoint[];
}

/** What is shown: what a person chose, where it is known. */
export const harmShown = (found: Sensitivity, chosen: HarmId | null): HarmId =>
  chosen === null || (chosen === 'accuracy' && found.accuracy === null) ? usualHarm(found) : chosen;

/** Several shares that round to one width are one point. */
export const curveLines = (found: Sensitivity, harm: HarmId): CurveLine[] =>
  found.groups.map(({ key, name, channels, points }) => {
    const byWidth = new Map([[channels, 0]]);
    for (const point of points) if (!byWidth.has(point.kept)) byWidth.set(point.kept, harmOf(found, point, harm));
    const measured = [...byWidth].map(([kept, value]) => ({ kept, removed: 1 - kept / channels, harm: value }));
    return { key, name, channels, points: measured.sort((a, b) => a.removed - b.removed) };
  });

/** The harm at a width, between measured ones in a straight line; null: narrower than any that was measured. */
export function harmAtWidth({ points }: CurveLine, kept: number): number | null {
  const after = points.findIndex((point) => point.kept <= kept);
  const [low, high] = [points[after - 1], points[after]];
  if (!high) return null;
  if (high.kept === kept || !low) return high.harm;
  return low.harm + ((high.harm - low.harm) * (low.kept - kept)) / (low.kept - high.kept);
}
