import type { Analysis } from '../../analysis/analyze.ts';
import type { Json } from '../../base/json.ts';
import type { Cutter } from '../../prune/cut.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import { decodeRepairs, encodeRepairs } from '../../prune/repair/codec.ts';
import { leastSquaresSubstitute, meanSubstitute, type Substitute } from '../../prune/repair/fit.ts';
import { repair } from '../../prune/repair/repair.ts';
import { repairTargets, type RepairTarget } from '../../prune/repair/targets.ts';
import type { RepairId } from '../../prune/types.ts';
import { observedKey, type Facts, type Observed } from '../../rewrite/facts.ts';

/** Above this, second moments would take more memory than they are worth, channels. */
export const MOST_CHANNELS = 2048;

/** Values whose second moments are affordable. */
export const momentsOf = (analysis: Analysis, observed: readonly Observed[]): readonly Observed[] =>
  observed.filter(({ value, dim }) => Number(analysis.shape(value)?.[dim] ?? Infinity) <= MOST_CHANNELS);

const NOTHING: Substitute = { mix: null, shift: null };

/** What makes up for the channels of a group that go, as the recipe keeps it. */
export function decideRepair(
  graph: ChannelGraph,
  group: ChannelGroup,
  kept: ReadonlySet<number>,
  method: RepairId,
  facts: Facts,
): { readonly repair?: Json } {
  if (method === 'none' || kept.size === group.atoms.length) return {};
  return {
    repair: encodeRepairs(repairTargets(graph, group, kept).map((target) => substitute(target, method, facts))),
  };
}

function substitute(target: RepairTarget, method: RepairId, { activations, moments }: Facts): Substitute {
  const key = observedKey({ value: target.input.place.value, dim: target.input.dim });
  const closely = moments?.get(key);
  if (method === 'least-squares' && closely) return leastSquaresSubstitute(target, closely);
  const mean = activations?.get(key)?.mean;
  return mean ? meanSubstitute(target, mean) : NOTHING;
}

/** Applies it, before the group is cut. Throws `replay-failed` where it does not fit. */
export function applyRepair(
  cutter: Cutter,
  graph: ChannelGraph,
  group: ChannelGroup,
  kept: ReadonlySet<number>,
  decided: Json,
): void {
  const targets = repairTargets(graph, group, kept);
  const substitutes = decodeRepairs(targets, decided, group.key);
  targets.forEach((target, i) => repair(cutter, target, substitutes[i] ?? NOTHING));
}
