import { lcm } from './arithmetic.ts';
import { CRITERIA } from './importance/criteria.ts';
import type { ImportanceId, PruneGroupView, PruneOptions, PruneTarget } from './types.ts';

/** What is needed of a group to choose its width. */
export type Selectable = Pick<
  PruneGroupView,
  'key' | 'channels' | 'atoms' | 'importance' | 'order' | 'isHeads' | 'topology'
>;

/** What the model costs at given widths. */
export type CostAt = (kept: Int32Array, target: PruneTarget) => number;

/** Bisections over the ratio for a target: the ratio is settled to 2^-20. */
const HALVINGS = 20;
const TARGETS: readonly PruneTarget[] = ['macs', 'parameters', 'bytes', 'latency'];

/**
 * Channels kept, by group. `ratio` is the share removed; with a target, the smallest ratio whose cost is at most that
 * share of the original's (1 where even the narrowest widths cost more).
 */
export function selectWidths(groups: readonly Selectable[], options: PruneOptions, cost: () => CostAt): Int32Array {
  const widths = createSelector(groups, options);
  return widths(settle(groups, options, widths, cost));
}

/** The ratio that a target comes to, to 2^-20; the given one without a target. */
export const settledRatio = (groups: readonly Selectable[], options: PruneOptions, cost: () => CostAt): number =>
  settle(groups, options, createSelector(groups, options), cost);

function settle(
  groups: readonly Selectable[],
  options: PruneOptions,
  widths: (ratio: number) => Int32Array,
  cost: () => CostAt,
): number {
  const target = TARGETS.find((each) => options[each] !== null);
  if (target === undefined) return options.ratio;
  const costAt = cost();
  const most =
    (options[target] ?? 1) *
    costAt(
      Int32Array.from(groups, (group) => group.channels),
      target,
    );
  const fits = (ratio: number): boolean => costAt(widths(ratio), target) <= most;
  if (fits(0)) return 0;
  let [low, high] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The groups' widths as a function of the ratio. */
function createSelector(groups: readonly Selectable[], options: PruneOptions): (ratio: number) => Int32Array {
  const own = groups.map((group) => ownShare(group, options));
  const asked = options.scope === 'group' ? () => groups.map(() => null) : rankedShares(groups, own, options);
  return (ratio) => {
    const shares = asked(ratio);
    return Int32Array.from(groups, (group, i) => roundedWidth(group, own[i] ?? shares[i] ?? ratio, options.roundTo));
  };
}

/** The share that a person set for this group; null: it follows the others. */
function ownShare(group: Selectable, options: PruneOptions): number | null {
  if (options.protected.includes(group.key) || (group.isHeads && !options.heads)) return 0;
  return options.ratios[group.key] ?? null;
}

/** The width nearest to the asked one that is a multiple of `roundTo`, made of whole atoms, not 0; or the full one. */
export function roundedWidth(group: Pick<Selectable, 'channels' | 'atoms'>, removed: number, roundTo: number): number {
  const block = group.channels / group.atoms;
  const step = lcm(Math.max(1, Math.round(roundTo)), block);
  const asked = group.channels * (1 - removed);
  const rounded = Math.max(step, Math.round(asked / step - 1e-9) * step);
  return removed <= 0 ? group.channels : Math.min(rounded, group.channels);
}

/**
 * One ranking over all groups, or one for each topology, least first. An atom's importance is taken relative to the mean
 * of its group (groups of small weights are not all cut first), unless the criterion compares across groups as it is.
 * Returns the share removed in each group when `ratio` of the channels go; groups with a ratio of their own do not take
 * part.
 */
function rankedShares(
  groups: readonly Selectable[],
  own: readonly (number | null)[],
  { scope, importance }: PruneOptions,
): (ratio: number) => (number | null)[] {
  const free = ranking(groups, importance).filter((atom) => own[atom.group] === null);
  const classes = new Map<string, RankedAtom[]>();
  for (const atom of free) {
    const name = scope === 'global' ? '' : (groups[atom.group]?.topology ?? '');
    const known = classes.get(name);
    if (known) known.push(atom);
    else classes.set(name, [atom]);
  }
  return (ratio) => {
    const removed: (number | null)[] = groups.map((_, i) => (own[i] === null ? 0 : null));
    for (const atoms of classes.values()) remove(atoms, ratio, groups, removed);
    return removed;
  };
}

function remove(
  atoms: readonly RankedAtom[],
  ratio: number,
  groups: readonly Selectable[],
  removed: (number | null)[],
): void {
  let left = ratio * atoms.reduce((sum, atom) => sum + atom.channels, 0);
  for (const atom of atoms) {
    if (left < atom.channels / 2) break;
    left -= atom.channels;
    removed[atom.group] = (removed[atom.group] ?? 0) + atom.channels / (groups[atom.group]?.channels ?? 1);
  }
}

const rankings = new WeakMap<readonly Selectable[], readonly RankedAtom[]>();

/** Sorted once per plan: a slider asks again at every step. */
function ranking(groups: readonly Selectable[], importance: ImportanceId): readonly RankedAtom[] {
  const known = rankings.get(groups);
  if (known) return known;
  const absolute = CRITERIA[importance].absolute === true;
  const ranked = groups
    .flatMap((group, i) => rankedAtoms(group, i, absolute))
    .sort((a, b) => a.score - b.score || a.group - b.group || a.place - b.place);
  rankings.set(groups, ranked);
  return ranked;
}

interface RankedAtom {
  readonly group: number;
  readonly place: number;
  readonly score: number;
  readonly channels: number;
}

function rankedAtoms(
  { importance, order, atoms, channels }: Selectable,
  group: number,
  absolute: boolean,
): RankedAtom[] {
  const mean = absolute ? 1 : importance.reduce((sum, each) => sum + each, 0) / atoms;
  return Array.from(order, (atom, place) => ({
    group,
    place,
    score: mean > 0 ? (importance[atom] ?? 0) / mean : 1,
    channels: channels / atoms,
  }));
}
