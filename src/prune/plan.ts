import type { Analysis } from '../analysis/analyze.ts';
import type { Model } from '../ir/model.ts';
import { buildForecast } from './build-forecast.ts';
import { findGroups, type ChannelGraph } from './groups.ts';
import type { ActivationStats } from '../rewrite/facts.ts';
import { CRITERIA, rank } from './importance/criteria.ts';
import { groupName, membersOf } from './names.ts';
import { labelOf } from './relation.ts';
import type { Selectable } from './select.ts';
import type { FrozenView, ImportanceId, PruneGroupView, PruneOptions, PrunePlanView } from './types.ts';

/** How channels are rated. */
export interface Rating {
  readonly importance: ImportanceId;
  readonly seed: number;
  readonly scores?: PruneOptions['scores'];
  readonly formula?: string;
  /** Channels under a norm over their axis count as well. */
  readonly acrossNorms?: boolean;
  /** Of calibration data, for what looks at activations. */
  readonly activations?: ActivationStats | null;
  /** Of the loss on it, for what looks at gradients. */
  readonly gradients?: Float64Array | null;
}

export interface PlanOptions extends Rating {
  /** Size of the written model, so that the forecast's bytes are those of a file. */
  readonly fileBytes?: number;
}

const graphs = [new WeakMap<Analysis, ChannelGraph>(), new WeakMap<Analysis, ChannelGraph>()] as const;

/** The channel groups of a model, found once per analysis; `acrossNorms`: with those that a norm takes statistics over. */
export function channelGraph(model: Model, analysis: Analysis, acrossNorms = false): ChannelGraph {
  const found = graphs[acrossNorms ? 1 : 0];
  const known = found.get(analysis);
  if (known) return known;
  const graph = findGroups(model, analysis, { acrossNorms });
  found.set(analysis, graph);
  return graph;
}

/** Everything that the pruning panel needs, computed once: a slider step asks nothing more. */
export function planView(model: Model, analysis: Analysis, options: PlanOptions): PrunePlanView {
  const graph = channelGraph(model, analysis, options.acrossNorms);
  return {
    groups: groupViews(graph, options),
    frozen: frozenViews(model, graph),
    forecast: buildForecast(model, analysis, graph, options.fileBytes ?? null),
  };
}

const rate = (graph: ChannelGraph, rating: Rating): Float64Array[] => {
  const { importance, seed, scores = {}, formula = '', activations = null, gradients = null } = rating;
  return CRITERIA[importance].rate({ graph, seed, scores, formula, activations, gradients });
};

/** The groups with their importances: reads the weights of every member. */
function groupViews(graph: ChannelGraph, options: Rating): PruneGroupView[] {
  const importance = rate(graph, options);
  const members = membersOf(graph);
  return graph.groups.map((group, i) => {
    const values = importance[i] ?? new Float64Array(group.atoms.length);
    const most = values.reduce((a, b) => Math.max(a, b), 0);
    return {
      key: group.key,
      name: groupName(graph.space.model, group, members[i] ?? [], i === 0),
      channels: group.channels,
      atoms: group.atoms.length,
      members: members[i] ?? [],
      importance: most > 0 ? values.map((each) => each / most) : values,
      order: rank(values),
      isHeads: group.isHeads,
      normalisedBy: normsOver(graph, group),
      topology: topologyOf(graph, members[i] ?? []),
    };
  });
}

/** Names of the norms whose statistics a cut of the group changes. */
const normsOver = ({ space }: ChannelGraph, { roots }: ChannelGraph['groups'][number]): string[] => [
  ...new Set(
    space.norms
      .filter(({ axis }) => roots.includes(space.root(axis)))
      .map(({ node }) => labelOf(space.model, space.model.getNode(node))),
  ),
];

/** What its members are and do, in order: equal for the same place in repeated blocks. */
const topologyOf = (graph: ChannelGraph, members: PruneGroupView['members']): string =>
  members.map(({ node, role }) => `${graph.space.model.getNode(node).opType} ${role}`).join(', ');

/** The groups as far as their widths are concerned; weights are read only when an importance is asked for. */
export function selectable(graph: ChannelGraph, options: Rating): Selectable[] {
  let ready: Float64Array[] | null = null;
  const importanceOf = (i: number): Float64Array => {
    ready ??= rate(graph, options);
    return ready[i] ?? new Float64Array();
  };
  const members = membersOf(graph);
  return graph.groups.map((group, i) => ({
    key: group.key,
    channels: group.channels,
    atoms: group.atoms.length,
    isHeads: group.isHeads,
    topology: topologyOf(graph, members[i] ?? []),
    get importance() {
      return importanceOf(i);
    },
    get order() {
      return rank(importanceOf(i));
    },
  }));
}

/** What people call each group, by key. */
export function groupNames(graph: ChannelGraph): ReadonlyMap<string, string> {
  const { model } = graph.space;
  const members = membersOf(graph);
  return new Map(graph.groups.map((group, i) => [group.key, groupName(model, group, members[i] ?? [], i === 0)]));
}

function frozenViews(model: Model, graph: ChannelGraph): FrozenView[] {
  return graph.frozen.map(({ node, reason, underNorm }) => ({
    node,
    label: labelOf(model, model.getNode(node)),
    reason,
    underNorm,
  }));
}
