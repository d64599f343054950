import { flatten } from '../prune/flatten.ts';
import { costsOf } from '../prune/forecast.ts';
import { COUNTED_TARGETS, type CountedTarget } from '../prune/options.ts';
import { roundedWidth } from '../prune/select.ts';
import { curvesOf, type HarmId, type Sensitivity } from '../prune/sensitivity.ts';
import type { PruneForecast, PrunePlanView } from '../prune/types.ts';
import { harmShown } from './curves.ts';
import type { PruneSession } from './document.ts';
import type { ForecastOf } from './pruning.ts';

export const TARGET_WORDS: Readonly<Record<CountedTarget, string>> = {
  macs: 'MACs',
  parameters: 'parameters',
  bytes: 'bytes',
};

/** What flattened widths have to meet. */
export interface FlattenTarget {
  readonly target: CountedTarget;
  /** Of the whole model's. */
  readonly share: number;
  /** The target is none of the three costs: its MACs stand for it. */
  readonly derived: boolean;
}

/** The cost that is the target; the MACs that any other target leaves. Null: nothing is to be cut. */
export function flattenTarget(
  { plan, options, latency }: Pick<PruneSession, 'plan' | 'options' | 'latency'>,
  forecastOf: ForecastOf,
): FlattenTarget | null {
  const target = COUNTED_TARGETS.find((each) => options[each] !== null);
  const share = target
    ? (options[target] ?? 1)
    : macsLeft(forecastOf(plan, { ...options, ratios: {} }, latency?.terms ?? null), plan);
  return share < 1 ? { target: target ?? 'macs', share, derived: target === undefined } : null;
}

function macsLeft({ macs }: PruneForecast, plan: PrunePlanView): number {
  const whole = costsOf(plan.forecast, plan.groups)(widthsOf(plan), 'macs');
  return whole > 0 ? macs / whole : 1;
}

const widthsOf = ({ groups }: PrunePlanView): Int32Array => Int32Array.from(groups, ({ channels }) => channels);

/** Every group has a point at each of the shares. */
export const isMeasured = (
  { groups }: PrunePlanView,
  { ratios, found }: { readonly ratios: readonly number[]; readonly found: Sensitivity },
): boolean => {
  const measured = new Map(found.groups.map(({ key, points }) => [key, new Set(points.map(({ ratio }) => ratio))]));
  return groups.every(({ key }) => ratios.every((ratio) => measured.get(key)?.has(ratio)));
};

/**
 * Shares by group at which all suffer alike, and the share of the cost that is left. Locked groups stay whole and get
 * no share of their own.
 *
 * @param harm what is made equal; see `harmShown`
 */
export function flatWidths(
  { plan, options }: Pick<PruneSession, 'plan' | 'options'>,
  found: Sensitivity,
  { target, share }: FlattenTarget,
  harm: HarmId | null,
): { readonly ratios: Record<string, number>; readonly left: number } {
  const { groups } = plan;
  const locked = groups.filter(({ key, isHeads }) => options.protected.includes(key) || (isHeads && !options.heads));
  const fixed = Object.fromEntries(locked.map(({ key }) => [key, 0]));
  const costAt = costsOf(plan.forecast, groups);
  const curves = curvesOf(found, harmShown(found, harm));
  const shares = flatten(groups, curves, costAt, target, share, options.roundTo, fixed);
  const kept = Int32Array.from(groups, (group) => roundedWidth(group, shares[group.key] ?? 0, options.roundTo));
  const ratios = Object.fromEntries(Object.entries(shares).filter(([key]) => !Object.hasOwn(fixed, key)));
  return { ratios, left: costAt(kept, target) / costAt(widthsOf(plan), target) };
}
