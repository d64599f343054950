import { CodedError } from '../../base/error.ts';
import { decideDead, countsOf, isOnData, wordsFor } from '../../prune/dead/decide.ts';
import { deadChannels } from '../../prune/dead/find.ts';
import type { DeadGroup } from '../../prune/dead/types.ts';
import type { ChannelGraph } from '../../prune/groups.ts';
import { observedValues } from '../../prune/importance/activations.ts';
import { membersOf } from '../../prune/names.ts';
import { channelGraph } from '../../prune/plan.ts';
import { parseSiteKey } from '../../rewrite/hash.ts';
import type { Findings, Pass, PassContext, Site } from '../../rewrite/pass.ts';
import { applyCut, decidedSites, keyOf } from './group-sites.ts';

/** Rules of a site: what the weights prove, and what holds on the data that were seen. */
const PROVEN = 'dead';
const ON_DATA = 'dead-on-data';

/**
 * Removes channels that add nothing: always 0 or another constant (which goes into the readers' biases), read by zeros
 * alone, or copies of others (whose readers' weights are added up). The result is the same up to the order of sums, and
 * to the rounding of a constant. With `data`, also channels that calibration data never move: that is an approximation.
 */
export const removeDeadChannels: Pass = {
  id: 'remove-dead-channels',
  group: 'pruning',
  title: 'Remove dead channels',
  why: 'Takes out channels that are always the same, or copies of others: less work for the same results.',
  options: {
    data: { type: 'boolean', default: false, label: 'Also those that calibration data never move' },
  },
  // Sums lose terms of 0, yet kernels add up blocks of channels: fewer channels are other blocks.
  preserves: 'order',
  needs: ['weights', 'activations'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  observes({ model, analysis, options, decided }) {
    const isAsked = options['data'] === true && decided.size === 0;
    return { stats: isAsked ? observedValues(channelGraph(model, analysis)) : [], moments: [] };
  },
  find,
  apply: applyCut,
};

function find(context: PassContext): Findings {
  if (context.decided.size > 0) return { sites: decidedAgain(context), refusals: [] };
  const { model, analysis, facts, options } = context;
  const onData = options['data'] === true;
  const graph = channelGraph(model, analysis);
  if (onData && facts.activations === null && observedValues(graph).length > 0) {
    throw new CodedError('bad-request', 'Dead channels on data are found by running the model: nothing was run.', {});
  }
  const members = membersOf(graph);
  const found = deadChannels(graph, onData ? facts.activations : null);
  const sites = found
    .filter(({ kinds }) => kinds.some((kind) => kind !== null))
    .map((dead) => siteOf(graph, dead, members[dead.group.index]?.map(({ node }) => node) ?? []));
  const refusals = found.flatMap((dead) => dead.refusals.map((each) => ({ rule: PROVEN, ...each })));
  return { sites, refusals };
}

function siteOf(graph: ChannelGraph, dead: DeadGroup, nodes: Site['nodes']): Site {
  const rule = isOnData(dead) ? ON_DATA : PROVEN;
  return {
    key: keyOf(rule, graph.space.model, dead.group, nodes),
    ...kindOf(rule),
    anchor: dead.group.anchor,
    nodes,
    what: wordsFor(countsOf(dead)),
    get decision() {
      return decideDead(graph, dead);
    },
  };
}

const kindOf = (rule: string): Pick<Site, 'rule' | 'preserves'> => ({
  rule,
  preserves: rule === ON_DATA ? 'approximation' : 'order',
});

/** The key of what was decided tells whether it was proven. */
function decidedAgain(context: PassContext): readonly Site[] {
  const rules = new Map([...context.decided.keys()].map((key) => [parseSiteKey(key).name, parseSiteKey(key).rule]));
  return decidedSites(context, ({ key }) => kindOf(rules.get(key) === ON_DATA ? ON_DATA : PROVEN));
}
