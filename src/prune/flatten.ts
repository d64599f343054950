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

/** Bisections over the harm, and over the way between two choices. */
const HALVINGS = 40;

/**
 * Shares removed by group key, so that all groups suffer alike and the cost is at most `most` (as little harm as that
 * takes; the most that was measured where even that costs more). Where a group loses much at one and the same harm, it
 * loses only as much of that as the target takes. Groups without a curve stay whole; those of `fixed` lose the share
 * that stands there.
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
  const nothing = groups.map(({ key }) => fixed[key] ?? 0);
  const most =
    share *
    costAt(
      Int32Array.from(groups, (group) => group.channels),
      target,
    );
  const fits = (removed: readonly number[]): boolean => {
    const widths = groups.map((group, i) => roundedWidth(group, removed[i] ?? 0, roundTo));
    return costAt(Int32Array.from(widths), target) <= most;
  };
  const measured = curves.flatMap(({ harms }) => harms.filter((each) => Number.isFinite(each)));
  const worst = measured.reduce((a, b) => Math.max(a, b), 0);
  const chosen = fits(nothing) ? nothing : fits(shares(worst)) ? leastThatFits() : shares(worst);
  return Object.fromEntries(groups.map(({ key }, i) => [key, chosen[i] ?? 0]));

  function leastThatFits(): number[] {
    const all = fits(shares(0)) ? 0 : least((harm) => fits(shares(harm)), worst);
    const to = shares(all);
    // Just below, or nothing at all where even what does no harm is more than it takes.
    const from = all === 0 ? nothing : shares(all * (1 - 1e-9));
    const between = (part: number): number[] => to.map((end, i) => (from[i] ?? 0) + part * (end - (from[i] ?? 0)));
    return between(fits(from) ? 0 : least((part) => fits(between(part)), 1));
  }
}

/** The least number up to `high` of which this holds, where it holds of `high`. */
function least(holds: (value: number) => boolean, high: number): number {
  let low = 0;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
