import { subgraphs } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { Cutter } from '../../prune/cut.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import { encodeRepairs } from '../../prune/repair/codec.ts';
import { pairSubstitute, type Substitute } from '../../prune/repair/fit.ts';
import { repair } from '../../prune/repair/repair.ts';
import { repairTargets, type RepairTarget } from '../../prune/repair/targets.ts';
import type { Investigation } from '../../rewrite/facts.ts';
import { nodesByLevel } from './levels.ts';
import { MOST_CHANNELS } from './repair-decision.ts';

/** Which atoms of each group stay. */
export type KeptAtoms = ReadonlyMap<ChannelGroup, ReadonlySet<number>>;

/** Whether drafts can be run beside the original: what has bodies or sparse constants cannot. */
export const canRepairInTurn = (model: Model): boolean =>
  model.graph.sparseInitializers.size === 0 &&
  [...model.graph.nodes].every((id) => [...subgraphs(model.getNode(id))].length === 0);

/**
 * Repairs by least squares from the first layer to the last: what reads a group is fitted on what it gets in the pruned
 * and so far repaired model to what it got in the original, so that errors of layers before are made up for as well
 * (He et al. 2017, Channel Pruning for Accelerating Very Deep Neural Networks, section 3.3). By group key, as a recipe
 * keeps it.
 */
export function* repairInTurn(model: Model, graph: ChannelGraph, kept: KeptAtoms): Investigation {
  const targets = new Map([...kept].map(([group, atoms]) => [group, repairTargets(graph, group, atoms)]));
  const found = new Map<RepairTarget, Substitute>();
  const rounds = roundsOf(model, targets);
  for (const [done, readings] of rounds.entries()) {
    const draft = draftOf(model, graph, kept, targets, found);
    const pairs = readings.map(({ input }) => {
      const observed = { value: input.place.value, dim: input.dim };
      return { before: observed, after: observed };
    });
    const asked = { kind: 'pairs', before: model, after: draft.model, pairs, done, total: rounds.length } as const;
    const { pairs: moments } = yield asked;
    readings.forEach((target, i) => {
      const measured = moments[i];
      const axis = target.input.place.axes[target.input.dim] ?? -1;
      if (measured) found.set(target, pairSubstitute(target, measured, draft.cutter.kept(axis)));
    });
  }
  return new Map(
    [...targets].map(([group, list]) => [
      group.key,
      encodeRepairs(list.map((target) => found.get(target) ?? { mix: null, shift: null })),
    ]),
  );
}

/** A reading is fitted to what it gets once all before it are repaired: only those of one level share a round. */
function roundsOf(model: Model, targets: ReadonlyMap<ChannelGroup, readonly RepairTarget[]>): RepairTarget[][] {
  const readings = [...targets].flatMap(([, list]) => list).filter(({ input }) => input.size <= MOST_CHANNELS);
  const levels = nodesByLevel(model, new Set(readings.map(({ node }) => node)));
  return levels.map((nodes) => readings.filter(({ node }) => nodes.has(node)));
}

/** The model as it would be with what has been found so far. */
function draftOf(
  model: Model,
  graph: ChannelGraph,
  kept: KeptAtoms,
  targets: ReadonlyMap<ChannelGroup, readonly RepairTarget[]>,
  found: ReadonlyMap<RepairTarget, Substitute>,
): { readonly model: Model; readonly cutter: Cutter } {
  const draft = model.clone();
  const cutter = new Cutter(draft, graph);
  for (const [group, atoms] of kept) {
    for (const target of targets.get(group) ?? []) {
      const substitute = found.get(target);
      if (substitute) repair(cutter, target, substitute);
    }
    cutter.apply(group, atoms);
  }
  draft.sort();
  return { model: draft, cutter };
}
