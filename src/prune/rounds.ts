import type { Json } from '../base/json.ts';
import type { ChannelGraph, ChannelGroup } from './groups.ts';
import { CRITERIA } from './importance/criteria.ts';
import type { Ancestor } from './lineage.ts';
import { COUNTED_TARGETS } from './options.ts';
import { roundedWidth } from './select.ts';
import type { PruneOptions, PruneTarget } from './types.ts';

/** What pruning in rounds begins with. */
export interface FirstRound {
  readonly graph: ChannelGraph;
  readonly asked: PruneOptions;
  readonly target: PruneTarget | null;
  /** What the target counts; 0 where there is none. */
  readonly cost: number;
  /** A person's own scores by group and atom; null: something else rates. */
  readonly scores: readonly Float64Array[] | null;
}

/** The model as a round finds it. */
export interface RoundStart {
  readonly graph: ChannelGraph;
  readonly ancestors: ReadonlyMap<string, Ancestor>;
  cost(target: PruneTarget): number;
}

export function firstRound(graph: ChannelGraph, asked: PruneOptions, cost: RoundStart['cost']): FirstRound {
  const target = COUNTED_TARGETS.find((each) => asked[each] !== null) ?? null;
  const { scores, seed } = asked;
  const rated =
    asked.importance === 'scores'
      ? CRITERIA.scores.rate({ graph, seed, activations: null, gradients: null, scores, formula: asked.formula })
      : null;
  return { graph, asked, target, cost: target === null ? 0 : cost(target), scores: rated };
}

/**
 * Options of a round, in terms of what is there by then, after which a share s that is to be kept of the first model is
 * s^`way`: equal factors from round to round. Widths follow from the first model's, so that what was rounded in between
 * adds nothing up: after the last round they are those of one cut.
 *
 * @param way rounds that are over with this one, of all: above 0, at most 1
 */
export function roundOptions(first: FirstRound, now: RoundStart, way: number): Record<string, Json> {
  const { asked, target } = first;
  const ratios: Record<string, number> = {};
  const guarded: string[] = [];
  for (const group of now.graph.groups) {
    const ancestor = now.ancestors.get(group.key);
    const key = ancestor?.group.key ?? group.key;
    if (asked.protected.includes(key)) guarded.push(group.key);
    const own = ownShare(first, key);
    if (own === null) continue;
    const { channels, atoms } = ancestor?.group ?? group;
    // In whole atoms of the first model: a grouped convolution that is down to one group could be cut finer.
    const kept = roundedWidth({ channels, atoms: atoms.length }, 1 - left(own, way), asked.roundTo);
    ratios[group.key] = removedOf(group.channels, kept);
  }
  const ratio = target === null ? sharedRatio(first, now, way) : asked.ratio;
  const costs = target === null ? {} : { [target]: targetOf(first, now, target, way) };
  const scores = first.scores ? slicedScores(first, now, first.scores) : asked.scores;
  // A latency is no option of the pass: it was settled before.
  const { latency: _, ...options } = asked;
  return { ...options, ratio, ratios, protected: guarded, ...costs, scores };
}

/** Of what is to be kept in the end, what is kept so far. */
const left = (removed: number, way: number): number => (1 - removed) ** way;

const removedOf = (channels: number, kept: number): number => Math.min(1, Math.max(0, 1 - kept / channels));

/** The share that goes from a group whatever the others do; null: it is found among them. */
function ownShare({ asked, target }: FirstRound, key: string): number | null {
  return asked.ratios[key] ?? (asked.scope === 'group' && target === null ? asked.ratio : null);
}

/** Of all groups that are ranked together: channels that go, as a share of those that are there. */
function sharedRatio(first: FirstRound, { graph, ancestors }: RoundStart, way: number): number {
  const { asked } = first;
  const isFree = ({ key, isHeads }: ChannelGroup): boolean =>
    ownShare(first, key) === null && !asked.protected.includes(key) && (asked.heads || !isHeads);
  const free = first.graph.groups.filter(isFree);
  if (free.length === 0) return 1 - left(asked.ratio, way);
  const here = graph.groups.filter((group) => isFree(ancestors.get(group.key)?.group ?? group));
  const seen = new Set(here.map(({ key }) => ancestors.get(key)?.group));
  // A group of one atom is none: what is left of it stays.
  const gone = free.filter((group) => !seen.has(group));
  const stuck = gone.reduce((sum, { channels, atoms }) => sum + channels / atoms.length, 0);
  return removedOf(Math.max(1, widthOf(here)), widthOf(free) * left(asked.ratio, way) - stuck);
}

const widthOf = (groups: readonly ChannelGroup[]): number => groups.reduce((sum, { channels }) => sum + channels, 0);

function targetOf({ asked, cost }: FirstRound, now: RoundStart, target: PruneTarget, way: number): number {
  return Math.min(1, (cost * (asked[target] ?? 1) ** way) / Math.max(1, now.cost(target)));
}

/** Scores of the atoms that are still there. */
function slicedScores(
  { asked }: FirstRound,
  { ancestors }: RoundStart,
  scores: readonly Float64Array[],
): PruneOptions['scores'] {
  return Object.fromEntries(
    [...ancestors].flatMap(([key, { group, atoms }]) =>
      Object.hasOwn(asked.scores, group.key) ? [[key, atoms.map((atom) => scores[group.index]?.[atom] ?? 0)]] : [],
    ),
  );
}
