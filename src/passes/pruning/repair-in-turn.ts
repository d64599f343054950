import { subgraphs } from '../../ir/attribute.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { Cutter } from '../../prune/cut.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import { encodeRepairs } from '../../prune/repair/codec.ts';
import { pairSubstitute, type Substitute } from '../../prune/repair/fit.ts';
import { repair } from '../../prune/repair/repair.ts';
import { repairTargets, type RepairTarget } from '../../prune/repair/targets.ts';
import type { Inquiry, PairMoments } from '../../rewrite/facts.ts';

/** Above this, second moments would take more memory than they are worth, channels. */
const MOST_CHANNELS = 2048;

/** Which atoms of each group stay. */
export type KeptAtoms = ReadonlyMap<ChannelGroup, ReadonlySet<number>>;

interface Reading {
  readonly target: RepairTarget;
}

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
export function* repairInTurn(
  model: Model,
  graph: ChannelGraph,
  kept: KeptAtoms,
): Generator<Inquiry, ReadonlyMap<string, Json>, readonly PairMoments[]> {
  const targets = new Map([...kept].map(([group, atoms]) => [group, repairTargets(graph, group, atoms)]));
  const found = new Map<RepairTarget, Substitute>();
  const rounds = roundsOf(model, targets);
  for (const [done, readings] of rounds.entries()) {
    const draft = draftOf(model, graph, kept, targets, found);
    const pairs = readings.map(({ target: { input } }) => {
      const observed = { value: input.place.value, dim: input.dim };
      return { before: observed, after: observed };
    });
    const moments = yield { before: model, after: draft.model, pairs, done, total: rounds.length };
    readings.forEach(({ target }, i) => {
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

/**
 * Readings by how many others stand before them: a reading is fitted to what it gets once all before it are repaired, so
 * only those of one level share a round.
 */
function roundsOf(model: Model, targets: ReadonlyMap<ChannelGroup, readonly RepairTarget[]>): Reading[][] {
  const readings = [...targets]
    .flatMap(([, list]) => list.map((target): Reading => ({ target })))
    .filter(({ target }) => target.input.size <= MOST_CHANNELS);
  const reads = new Set(readings.map(({ target }) => target.node));
  const levels = new Map<ValueId, number>();
  const rounds = new Map<number, Reading[]>();
  const levelAt = new Map<NodeId, number>();
  for (const id of model.graph.nodes) {
    const { inputs, outputs } = model.getNode(id);
    const before = inputs.reduce((most, input) => Math.max(most, input === null ? 0 : (levels.get(input) ?? 0)), 0);
    levelAt.set(id, before);
    for (const output of outputs) if (output !== null) levels.set(output, before + (reads.has(id) ? 1 : 0));
  }
  for (const reading of readings) {
    const level = levelAt.get(reading.target.node) ?? 0;
    rounds.set(level, [...(rounds.get(level) ?? []), reading]);
  }
  return [...rounds].sort(([a], [b]) => a - b).map(([, list]) => list);
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
