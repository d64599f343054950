import { CodedError } from '../../base/error.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { buildForecast } from '../../prune/build-forecast.ts';
import { costsOf } from '../../prune/forecast.ts';
import { observedValues } from '../../prune/importance/activations.ts';
import { CRITERIA } from '../../prune/importance/criteria.ts';
import { encodeDecision, type PruneDecision } from '../../prune/decision.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import { membersOf } from '../../prune/names.ts';
import { pruneOptions } from '../../prune/options.ts';
import { channelGraph, selectable } from '../../prune/plan.ts';
import { selectWidths, type Selectable } from '../../prune/select.ts';
import type { PruneOptions } from '../../prune/types.ts';
import type { Findings, Pass, PassContext, Site } from '../../rewrite/pass.ts';
import { applyCut, decidedSites, frozenRefusals, keyOf } from './group-sites.ts';
import { decideRepair, momentsOf } from './repair-decision.ts';
import { canRepairInTurn, repairInTurn } from './repair-in-turn.ts';

const RULE = 'cut';

/**
 * Removes whole channels. A site is a group of channels that can only be cut together; its decision is the bitmap of
 * kept channels, so that a replay reads no weights.
 */
export const pruneChannels: Pass = {
  id: 'prune-channels',
  group: 'pruning',
  title: 'Prune channels',
  why: 'Removes the least important channels everywhere they appear, so that the model does less work.',
  options: {
    ratio: { type: 'number', default: 0.5, min: 0, max: 1, step: 0.01, label: 'Share of channels removed' },
    scope: {
      type: 'choice',
      default: 'group',
      choices: [
        { value: 'group', label: 'The same share of every group' },
        { value: 'global', label: 'The least important of all groups' },
        { value: 'isomorphic', label: 'The least important of all groups that are built alike' },
      ],
      label: 'Scope',
    },
    importance: {
      type: 'choice',
      default: 'l2',
      choices: Object.entries(CRITERIA).map(([value, { title }]) => ({ value, label: title })),
      label: 'Importance',
    },
    roundTo: { type: 'number', default: 1, min: 1, max: 256, step: 1, label: 'Widths in multiples of' },
    ratios: { type: 'json', default: {}, label: 'Share removed, by group' },
    protected: { type: 'json', default: [], label: 'Groups that stay whole' },
    seed: { type: 'number', default: 0, min: 0, max: 2 ** 31 - 1, step: 1, label: 'Seed of the random importance' },
    macs: { type: 'json', default: null, label: 'MACs to keep, as a share' },
    parameters: { type: 'json', default: null, label: 'Parameters to keep, as a share' },
    bytes: { type: 'json', default: null, label: 'Bytes to keep, as a share' },
    repair: {
      type: 'choice',
      default: 'none',
      choices: [
        { value: 'none', label: 'Nothing' },
        { value: 'mean', label: 'Their means, as constants' },
        { value: 'least-squares', label: 'Channels that stay, by least squares' },
      ],
      label: 'What makes up for removed channels',
    },
    heads: { type: 'boolean', default: true, label: 'Attention heads as well' },
    scores: { type: 'json', default: {}, label: 'Scores of your own, by group' },
  },
  preserves: 'approximation',
  needs: ['weights', 'activations'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  observes,
  investigate,
  find,
  apply: applyCut,
};

/** Only some importances and repairs look at activations, and a replay looks at none. */
function observes({ model, analysis, options, decided }: PassContext): ReturnType<NonNullable<Pass['observes']>> {
  const { importance, repair } = pruneOptions(options);
  const rates = CRITERIA[importance].needs === 'activations';
  if (decided.size > 0 || (!rates && repair === 'none')) return { stats: [], moments: [] };
  const stats = observedValues(channelGraph(model, analysis));
  const closely = repair === 'least-squares' && !canRepairInTurn(model);
  return {
    stats: rates || repair === 'mean' || closely ? stats : [],
    moments: closely ? momentsOf(analysis, stats) : [],
  };
}

function* investigate(context: PassContext): ReturnType<NonNullable<Pass['investigate']>> {
  const { model, analysis, decided } = context;
  const options = pruneOptions(context.options);
  if (options.repair !== 'least-squares' || decided.size > 0 || !canRepairInTurn(model)) return new Map();
  const graph = channelGraph(model, analysis);
  const groups = selectable(graph, { ...options, activations: context.facts.activations });
  const widths = widthsFor(context, graph, groups, options);
  const kept = graph.groups.flatMap((group, i) => {
    const atoms = keptAtoms(group, widths[i] ?? group.channels, groups[i]?.order ?? []);
    return atoms.size < group.atoms.length ? [[group, atoms] as const] : [];
  });
  return yield* repairInTurn(model, graph, new Map(kept));
}

const widthsFor = (
  { model, analysis }: PassContext,
  graph: ChannelGraph,
  groups: readonly Selectable[],
  options: PruneOptions,
): Int32Array => selectWidths(groups, options, () => costsOf(buildForecast(model, analysis, graph), graph.groups));

/** The most important atoms that make up a width. */
function keptAtoms(group: ChannelGroup, width: number, order: ArrayLike<number>): ReadonlySet<number> {
  const removed = Math.round(((group.channels - width) * group.atoms.length) / group.channels);
  return new Set(Array.from(order).slice(removed));
}

function find(context: PassContext): Findings {
  const { model, analysis } = context;
  const graph = channelGraph(model, analysis);
  const options = pruneOptions(context.options);
  requireKnown(graph, options);
  const groups = selectable(graph, { ...options, activations: context.facts.activations });
  if (context.decided.size > 0) {
    return { sites: decidedSites(context, () => ({ rule: RULE })), refusals: frozenRefusals(graph, RULE) };
  }
  const kept = widthsFor(context, graph, groups, options);
  const members = membersOf(graph);
  const sites: Site[] = [];
  const refusals = frozenRefusals(graph, RULE);
  graph.groups.forEach((group, i) => {
    const width = kept[i] ?? group.channels;
    const nodes = members[i]?.map((member) => member.node) ?? [];
    const decide = (): PruneDecision => {
      const atoms = keptAtoms(group, width, groups[i]?.order ?? []);
      const repaired = context.facts.investigated?.get(group.key);
      const repair =
        repaired === undefined
          ? decideRepair(graph, group, atoms, options.repair, context.facts)
          : { repair: repaired };
      return { ...encodeDecision(group, atoms), ...repair };
    };
    if (width < group.channels) sites.push(siteOf(model, group, width, nodes, decide));
    else if (options.ratio > 0)
      refusals.push({ rule: RULE, nodes: [group.anchor], reason: wholeReason(group, options) });
  });
  return { sites, refusals };
}

/** The decision reads the weights, so it is made only when it is asked for: a replay brings its own. */
function siteOf(
  model: Model,
  group: ChannelGroup,
  width: number,
  nodes: readonly NodeId[],
  decide: () => PruneDecision,
): Site {
  return {
    key: keyOf(RULE, model, group, nodes),
    rule: RULE,
    anchor: group.anchor,
    nodes,
    what: `Keeps ${width} of ${group.channels} channels in ${nodes.length} nodes.`,
    get decision() {
      return decide();
    },
  };
}

function wholeReason(group: ChannelGroup, options: PruneOptions): string {
  if (options.protected.includes(group.key)) return 'The group is protected.';
  if (options.ratios[group.key] !== undefined) return 'The share set for this group leaves it whole.';
  if (options.heads === false && group.isHeads) return 'Attention heads stay.';
  if (hasTarget(options) || options.scope !== 'group') return 'The target is met without cutting this group.';
  const block = group.channels / group.atoms.length;
  return `None of its ${group.channels} channels goes: they are cut ${block} at a time, in multiples of ${options.roundTo}.`;
}

const hasTarget = ({ macs, parameters, bytes }: PruneOptions): boolean => (macs ?? parameters ?? bytes) !== null;

/** Ratios and protections must name groups that exist. */
export function requireKnown({ groups }: ChannelGraph, options: PruneOptions): void {
  const keys = new Set(groups.map((group) => group.key));
  const unknown = [...Object.keys(options.ratios), ...options.protected].filter((key) => !keys.has(key));
  if (unknown.length > 0) {
    throw new CodedError('bad-request', `There is no channel group ${unknown.join(', ')} in this model.`, { unknown });
  }
}
