import { costsOf } from '../forecast.ts';
import { selectWidths, settledRatio } from '../select.ts';
import type { CostTerms, PruneOptions, PrunePlanView } from '../types.ts';

/** Digits to which a ratio is written down where fewer would do other widths. */
const MOST_DIGITS = 6;

/**
 * The options with the ratio that a latency target comes to in its place: what a recipe can hold and another device
 * replay. The ratio has as few digits as give the same widths.
 */
export function resolveLatency(
  plan: Pick<PrunePlanView, 'groups' | 'forecast'>,
  options: PruneOptions,
  latency: CostTerms,
): PruneOptions {
  if (options.latency === null) return options;
  const cost = () => costsOf(plan.forecast, plan.groups, latency);
  const settled = settledRatio(plan.groups, options, cost);
  const at = (ratio: number): PruneOptions => ({ ...options, latency: null, ratio });
  const widths = (ratio: number): string => selectWidths(plan.groups, at(ratio), cost).join();
  const wanted = widths(settled);
  for (let digits = 2; digits <= MOST_DIGITS; digits++) {
    const rounded = Number(settled.toFixed(digits));
    if (widths(rounded) === wanted) return at(rounded);
  }
  return at(settled);
}
