import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { Cutter } from '../../prune/cut.ts';
import { decodeDecision, type PruneDecision } from '../../prune/decision.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import { membersOf } from '../../prune/names.ts';
import { channelGraph } from '../../prune/plan.ts';
import { parseSiteKey, structuralHash } from '../../rewrite/hash.ts';
import type { PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { decidedOf } from './decided.ts';
import { applyRepair } from './repair-decision.ts';

/** Rules of the passes that cut whole groups. */
export const CUT_RULES = { 'prune-channels': 'cut', 'prune-heads': 'cut-heads' } as const;

/** The key of the site that a channel group is. */
export const keyOf = (rule: string, model: Model, group: ChannelGroup, nodes: readonly NodeId[]): string =>
  `${rule}:${group.key}:${structuralHash(model, nodes)}`;

/** The channel groups that a pass speaks of: with those across norms, where its options say so. */
export const graphOf = ({ model, analysis, options }: PassContext): ChannelGraph =>
  channelGraph(model, analysis, options['acrossNorms'] === true);

/** The groups that a recipe decided on: its decisions say how many channels stay, and nothing is looked into. */
export function decidedSites(
  context: PassContext,
  kindOf: (group: ChannelGroup, decisionOf: (rule: string) => Json | undefined) => Pick<Site, 'rule' | 'preserves'>,
): readonly Site[] {
  const { model } = context;
  const graph = graphOf(context);
  const members = membersOf(graph);
  const sites = graph.groups.map((group, i): Site => {
    const nodes = members[i]?.map((member) => member.node) ?? [];
    const what = `Keeps the decided ones of ${group.channels} channels in ${nodes.length} nodes.`;
    const keyFor = (rule: string): string => keyOf(rule, model, group, nodes);
    const kind = kindOf(group, (rule) => context.decided.get(keyFor(rule)));
    return { key: keyFor(kind.rule), anchor: group.anchor, nodes, what, ...kind };
  });
  return decidedOf(sites, context);
}

/** Channels that no cut can reach, with the node that stands in the way. */
export function frozenRefusals(graph: ChannelGraph, rule: string): Refusal[] {
  return graph.frozen.map(({ node, culprit, reason }) => ({
    rule,
    nodes: culprit === null || culprit === node ? [node] : [node, culprit],
    reason,
  }));
}

const cutters = new WeakMap<Model, { graph: ChannelGraph; cutter: Cutter }>();

/** Groups of one round are cut by one cutter: it writes from the uncut weights, whatever the order. */
function cutterFor(model: Model, graph: ChannelGraph): Cutter {
  const known = cutters.get(model);
  if (known?.graph === graph) return known.cutter;
  const cutter = new Cutter(model, graph);
  cutters.set(model, { graph, cutter });
  return cutter;
}

/**
 * Cuts the group that a site is to the channels that its decision keeps, after the others have been made up for as it
 * says. Throws `replay-failed` where group or decision no longer fit.
 */
export function applyCut(context: PassContext, site: Site, decision: Json | undefined): boolean {
  const { name } = parseSiteKey(site.key);
  const graph = graphOf(context);
  const group = graph.groups.find((each) => each.key === name);
  if (!group)
    throw new CodedError('replay-failed', `There is no channel group ${name} in this model.`, { group: name });
  const kept = decodeDecision(group, decision);
  const cutter = cutterFor(context.model, graph);
  const repaired = (decision as PruneDecision).repair;
  if (repaired !== undefined) applyRepair(cutter, graph, group, kept, repaired);
  cutter.apply(group, kept);
  return true;
}
