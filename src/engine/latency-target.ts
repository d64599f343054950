import type { Json } from '../base/json.ts';
import { pruneChannels } from '../passes/pruning/prune-channels.ts';
import { forecastOf } from '../prune/forecast.ts';
import { resolveLatency } from '../prune/latency/resolve.ts';
import { pruneOptions } from '../prune/options.ts';
import type { PruneOptions, PrunePlanView } from '../prune/types.ts';
import { resolveOptions } from '../rewrite/options.ts';
import type { OptionValues } from '../rewrite/pass.ts';
import type { LatencyModel } from './latency-types.ts';

/** A latency target, settled. */
export interface LatencyTarget {
  /** Of `prune-channels`: the ratio that the target came to among them. */
  readonly options: OptionValues;
  readonly model: LatencyModel;
  /** The latency at these options, as a share of the whole model's. */
  readonly predicted: number;
}

/** The options of `prune-channels` as the pass would take them, with a latency target as well. */
export const withLatency = (options: OptionValues, share: number): PruneOptions => ({
  ...pruneOptions(resolveOptions(pruneChannels, options)),
  latency: share,
});

/** Replaces the target by the ratio that it comes to; the other options stay as they were given. */
export function settleLatency(
  plan: PrunePlanView,
  given: OptionValues,
  wanted: PruneOptions,
  model: LatencyModel,
): LatencyTarget {
  const settled = resolveLatency(plan, wanted, model.terms);
  const ratio: Json = settled.ratio;
  return {
    options: { ...given, ratio },
    model,
    predicted: forecastOf(plan, settled, model.terms).latency ?? NaN,
  };
}
