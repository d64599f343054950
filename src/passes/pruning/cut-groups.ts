import { CodedError } from '../../base/error.ts';
import type { Exactness } from '../../base/exactness.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { buildForecast } from '../../prune/build-forecast.ts';
import { encodeDecision, type PruneDecision } from '../../prune/decision.ts';
import { costsOf } from '../../prune/forecast.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import { observedValues } from '../../prune/importance/activations.ts';
import { readsActivations, readsGradients } from '../../prune/importance/criteria.ts';
import { gatesOf } from '../../prune/importance/taylor.ts';
import { membersOf } from '../../prune/names.ts';
import { selectable } from '../../prune/plan.ts';
import { selectWidths, type Selectable } from '../../prune/select.ts';
import type { PruneOptions } from '../../prune/types.ts';
import { onlyUnreadGo } from '../../prune/unread.ts';
import type { Findings, Pass, PassContext, Site } from '../../rewrite/pass.ts';
import { applyCut, decidedSites, frozenRefusals, graphOf, keyOf } from './group-sites.ts';
import { decideRepair, momentsOf } from './repair-decision.ts';
import { canRepairInTurn, repairInTurn } from './repair-in-turn.ts';

/** A pass that cuts groups of channels: a site is one group. */
export interface GroupCut {
  readonly rule: string;
  optionsOf(context: PassContext, graph: ChannelGraph): PruneOptions;
  /** Whether the pass speaks of this group at all. */
  concerns(group: ChannelGroup): boolean;
  /** Whether it tells what no cut can reach. */
  readonly tellsFrozen: boolean;
}

/** What such a pass does; its decision is the bitmap of kept channels, so that a replay reads no weights. */
export const cutsGroups = (cut: GroupCut): Pick<Pass, 'observes' | 'investigate' | 'find' | 'apply'> => ({
  observes: (context) => observes(cut, context),
  investigate: (context) => investigate(cut, context),
  find: (context) => find(cut, context),
  apply: applyCut,
});

/** Only some importances and repairs look at activations, and a replay looks at none. */
function observes(cut: GroupCut, context: PassContext): ReturnType<NonNullable<Pass['observes']>> {
  const { model, analysis, decided } = context;
  const graph = graphOf(context);
  const options = cut.optionsOf(context, graph);
  if (decided.size > 0) return { stats: [], moments: [] };
  const gates = readsGradients(options) ? gatesOf(graph) : [];
  const rates = readsActivations(options);
  if (!rates && options.repair === 'none') return { stats: [], moments: [], gates };
  const stats = observedValues(graph);
  const closely = options.repair === 'least-squares' && !canRepairInTurn(model);
  return {
    stats: rates || options.repair === 'mean' || closely ? stats : [],
    moments: closely ? momentsOf(analysis, stats) : [],
    gates,
  };
}

function* investigate(cut: GroupCut, context: PassContext): ReturnType<NonNullable<Pass['investigate']>> {
  const { model, decided } = context;
  const graph = graphOf(context);
  const options = cut.optionsOf(context, graph);
  if (options.repair !== 'least-squares' || decided.size > 0 || !canRepairInTurn(model)) return new Map();
  const groups = selectable(graph, { ...options, ...seen(context) });
  const widths = widthsFor(context, graph, groups, options);
  const kept = graph.groups.flatMap((group, i) => {
    const atoms = keptAtoms(group, widths[i] ?? group.channels, groups[i]?.order ?? []);
    return atoms.size < group.atoms.length ? [[group, atoms] as const] : [];
  });
  return yield* repairInTurn(model, graph, new Map(kept));
}

/** What was seen on calibration data. */
const seen = ({ facts: { activations, gradients } }: PassContext) => ({ activations, gradients });

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

function find(cut: GroupCut, context: PassContext): Findings {
  const { model } = context;
  const graph = graphOf(context);
  const options = cut.optionsOf(context, graph);
  requireKnown(graph, options);
  const refusals = cut.tellsFrozen ? frozenRefusals(graph, cut.rule) : [];
  if (context.decided.size > 0) {
    const sites = decidedSites(context, (_, of) => ({ rule: cut.rule, preserves: classOf(of(cut.rule)) }));
    return { sites, refusals };
  }
  const groups = selectable(graph, { ...options, ...seen(context) });
  const kept = widthsFor(context, graph, groups, options);
  const members = membersOf(graph);
  const sites: Site[] = [];
  graph.groups.forEach((group, i) => {
    if (!cut.concerns(group)) return;
    const width = kept[i] ?? group.channels;
    const nodes = members[i]?.map((member) => member.node) ?? [];
    let made: PruneDecision | null = null;
    const decide = (): PruneDecision => (made ??= decision());
    const decision = (): PruneDecision => {
      const atoms = keptAtoms(group, width, groups[i]?.order ?? []);
      const repaired = context.facts.investigated?.get(group.key);
      const repair =
        repaired === undefined
          ? decideRepair(graph, group, atoms, options.repair, context.facts)
          : { repair: repaired };
      return { ...encodeDecision(group, atoms), ...repair, ...unreadBut(graph, group, atoms, repair) };
    };
    if (width < group.channels) sites.push(siteOf(model, cut.rule, group, width, nodes, decide));
    else if (options.ratio > 0)
      refusals.push({ rule: cut.rule, nodes: [group.anchor], reason: wholeReason(group, options) });
  });
  return { sites, refusals };
}

/** Nothing has to make up for channels that nothing reads. */
const unreadBut = (
  graph: ChannelGraph,
  group: ChannelGroup,
  kept: ReadonlySet<number>,
  repair: Pick<PruneDecision, 'repair'>,
): Pick<PruneDecision, 'unread'> =>
  repair.repair === undefined && onlyUnreadGo(graph, group, kept) ? { unread: true } : {};

/** The decision reads the weights, so it is made only when it is asked for: a replay brings its own. */
function siteOf(
  model: Model,
  rule: string,
  group: ChannelGroup,
  width: number,
  nodes: readonly NodeId[],
  decide: () => PruneDecision,
): Site {
  const heads = (channels: number): number => Math.round((channels * group.atoms.length) / group.channels);
  const what = group.isHeads
    ? `Keeps ${heads(width)} of ${heads(group.channels)} heads in ${nodes.length} nodes.`
    : `Keeps ${width} of ${group.channels} channels in ${nodes.length} nodes.`;
  return {
    key: keyOf(rule, model, group, nodes),
    rule,
    anchor: group.anchor,
    nodes,
    what,
    get decision() {
      return decide();
    },
    get preserves() {
      return classOf(decide());
    },
  };
}

/** What nothing reads can go without a trace but for the order of sums. */
const classOf = (decision: Json | undefined): Exactness =>
  (decision as PruneDecision | undefined)?.unread === true ? 'order' : 'approximation';

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
