import type { Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import { buildForecast } from '../../prune/build-forecast.ts';
import { Cutter } from '../../prune/cut.ts';
import { decodeDecision, encodeDecision } from '../../prune/decision.ts';
import type { ChannelGraph, ChannelGroup } from '../../prune/groups.ts';
import { membersOf } from '../../prune/names.ts';
import { pruneOptions } from '../../prune/options.ts';
import { channelGraph, selectable } from '../../prune/plan.ts';
import { selectWidths } from '../../prune/select.ts';
import type { PruneOptions } from '../../prune/types.ts';
import { parseSiteKey, structuralHash } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';

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
      ],
      label: 'Scope',
    },
    importance: {
      type: 'choice',
      default: 'l2',
      choices: [
        { value: 'l2', label: 'L2 norm of the weights' },
        { value: 'l1', label: 'L1 norm of the weights' },
        { value: 'random', label: 'Random (the baseline)' },
      ],
      label: 'Importance',
    },
    roundTo: { type: 'number', default: 1, min: 1, max: 256, step: 1, label: 'Widths in multiples of' },
    ratios: { type: 'json', default: {}, label: 'Share removed, by group' },
    protected: { type: 'json', default: [], label: 'Groups that stay whole' },
    seed: { type: 'number', default: 0, min: 0, max: 2 ** 31 - 1, step: 1, label: 'Seed of the random importance' },
    macs: { type: 'json', default: null, label: 'MACs to keep, as a share' },
  },
  preserves: 'approximation',
  needs: ['weights'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  find,
  apply,
};

function find(context: PassContext): Findings {
  const { model, analysis } = context;
  const graph = channelGraph(model, analysis);
  const options = pruneOptions(context.options);
  requireKnown(graph, options);
  const groups = selectable(graph, options);
  const kept = selectWidths(groups, options, () => buildForecast(model, analysis, graph).macs);
  const members = membersOf(graph);
  const sites: Site[] = [];
  const refusals = frozenRefusals(graph);
  graph.groups.forEach((group, i) => {
    const width = kept[i] ?? group.channels;
    const nodes = members[i]?.map((member) => member.node) ?? [];
    if (width < group.channels) sites.push(siteOf(model, group, width, nodes, () => groups[i]?.order ?? []));
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
  order: () => ArrayLike<number>,
): Site {
  return {
    key: `${RULE}:${group.key}:${structuralHash(model, nodes)}`,
    rule: RULE,
    anchor: group.anchor,
    nodes,
    what: `Keeps ${width} of ${group.channels} channels in ${nodes.length} nodes.`,
    get decision() {
      const removed = Math.round(((group.channels - width) * group.atoms.length) / group.channels);
      return encodeDecision(group, new Set(Array.from(order()).slice(removed)));
    },
  };
}

function frozenRefusals(graph: ChannelGraph): Refusal[] {
  return graph.frozen.map(({ node, culprit, reason }) => ({
    rule: RULE,
    nodes: culprit === null || culprit === node ? [node] : [node, culprit],
    reason,
  }));
}

function wholeReason(group: ChannelGroup, options: PruneOptions): string {
  if (options.protected.includes(group.key)) return 'The group is protected.';
  if (options.ratios[group.key] !== undefined) return 'The share set for this group leaves it whole.';
  if (options.macs !== null || options.scope === 'global') return 'The target is met without cutting this group.';
  const block = group.channels / group.atoms.length;
  return `None of its ${group.channels} channels goes: they are cut ${block} at a time, in multiples of ${options.roundTo}.`;
}

/** Ratios and protections must name groups that exist. */
function requireKnown({ groups }: ChannelGraph, options: PruneOptions): void {
  const keys = new Set(groups.map((group) => group.key));
  const unknown = [...Object.keys(options.ratios), ...options.protected].filter((key) => !keys.has(key));
  if (unknown.length > 0) {
    throw new CodedError('bad-request', `There is no channel group ${unknown.join(', ')} in this model.`, { unknown });
  }
}

const cutters = new WeakMap<Model, { analysis: Analysis; cutter: Cutter }>();

/** Groups of one round are cut by one cutter: it writes from the uncut weights, whatever the order. */
function cutterFor(model: Model, analysis: Analysis): Cutter {
  const known = cutters.get(model);
  if (known?.analysis === analysis) return known.cutter;
  const cutter = new Cutter(model, channelGraph(model, analysis));
  cutters.set(model, { analysis, cutter });
  return cutter;
}

function apply({ model, analysis }: PassContext, site: Site, decision: Json | undefined): boolean {
  const { name } = parseSiteKey(site.key);
  const group = channelGraph(model, analysis).groups.find((each) => each.key === name);
  if (!group)
    throw new CodedError('replay-failed', `There is no channel group ${name} in this model.`, { group: name });
  cutterFor(model, analysis).apply(group, decodeDecision(group, decision));
  return true;
}
