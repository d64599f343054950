import type { CostAt, Selectable } from './select.ts';
import { roundedWidth } from './select.ts';
import type { PruneTarget } from './types.ts';

/** How much a result suffers when a share of one group goes, all others being whole. */
export interface SensitivityCurve {
  readonly key: string;
  /** Ascending shares removed, and the harm of each: 0 for none, infinite where it is beyond all numbers. */
  readonly ratios: readonly number[];
  readonly harms: readonly number[];
}

/** The largest share whose harm is at most this; between measured shares, linearly. Harm is taken as never falling. */
export function shareAtHarm({ ratios, harms }: Pick<SensitivityCurve, 'ratios' | 'harms'>, harm: number): number {
  let [share, before] = [0, 0];
  for (const [i, ratio] of ratios.entries()) {
    const now = Math.max(harms[i] ?? 0, before);
    if (now > harm) return now > before ? share + ((ratio - share) * (harm - before)) / (now - before) : share;
    [share, before] = [ratio, now];
  }
  return share;
}

/** Bisections over the harm. */
const HALVINGS = 40;

/**
 * Shares removed by group key, so that all groups suffer alike and the cost is at most `most` (as little harm as that
 * takes; the most that was measured where even that costs more). Groups without a curve stay whole; those of `fixed`
 * lose the share that stands there.
 */
export function flatten(
  groups: readonly Selectable[],
  curves: readonly SensitivityCurve[],
  costAt: CostAt,
  target: PruneTarget,
  share: number,
  roundTo: number,
  fixed: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const byKey = new Map(curves.map((curve) => [curve.key, curve]));
  const shares = (harm: number): number[] =>
    groups.map(({ key }) => {
      const curve = byKey.get(key);
      return fixed[key] ?? (curve ? shareAtHarm(curve, harm) : 0);
    });
  const widths = (harm: number): Int32Array =>
    Int32Array.from(shares(harm), (removed, i) => roundedWidth(groups[i] as Selectable, removed, roundTo));
  const most =
    share *
    costAt(
      Int32Array.from(groups, (group) => group.channels),
      target,
    );
  const fits = (harm: number): boolean => costAt(widths(harm), target) <= most;
  const measured = curves.flatMap(({ harms }) => harms.filter((each) => Number.isFinite(each)));
  const worst = measured.reduce((a, b) => Math.max(a, b), 0);
  let [low, high] = [0, worst];
  if (fits(worst)) {
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (low + high) / 2;
      if (fits(middle)) high = middle;
      else low = middle;
    }
  }
  const chosen = shares(high);
  return Object.fromEntries(groups.map(({ key }, i) => [key, chosen[i] ?? 0]));
}
