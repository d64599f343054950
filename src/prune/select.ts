import { lcm } from './arithmetic.ts';
import { evaluate } from './evaluate.ts';
import type { CostTerms, PruneGroupView, PruneOptions } from './types.ts';

/** What is needed of a group to choose its width. */
export type Selectable = Pick<PruneGroupView, 'key' | 'channels' | 'atoms' | 'importance' | 'order'>;

/** Bisections over the ratio for a MACs target: the ratio is settled to 2^-20. */
const HALVINGS = 20;

/**
 * Channels kept, by group. `ratio` is the share removed; with `macs`, the smallest ratio whose MACs are at most that
 * share of the original's (1 where even the narrowest widths cost more).
 */
export function selectWidths(
  groups: readonly Selectable[],
  options: PruneOptions,
  macsTerms: () => CostTerms,
): Int32Array {
  const widths = createSelector(groups, options);
  if (options.macs === null) return widths(options.ratio);
  const terms = macsTerms();
  const channels = Int32Array.from(groups, (group) => group.channels);
  const target = options.macs * evaluate(terms, { channels, kept: channels });
  const fits = (ratio: number): boolean => evaluate(terms, { channels, kept: widths(ratio) }) <= target;
  if (fits(0)) return widths(0);
  let [low, high] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return widths(high);
}

/** The groups' widths as a function of the ratio. */
function createSelector(groups: readonly Selectable[], options: PruneOptions): (ratio: number) => Int32Array {
  const own = groups.map((group) => (options.protected.includes(group.key) ? 0 : (options.ratios[group.key] ?? null)));
  const asked = options.scope === 'global' ? globalShares(groups, own) : () => groups.map(() => null);
  return (ratio) => {
    const shares = asked(ratio);
    return Int32Array.from(groups, (group, i) => roundedWidth(group, own[i] ?? shares[i] ?? ratio, options.roundTo));
  };
}

/** The width nearest to the asked one that is a multiple of `roundTo`, made of whole atoms, not 0; or the full one. */
export function roundedWidth(group: Selectable, removed: number, roundTo: number): number {
  const block = group.channels / group.atoms;
  const step = lcm(Math.max(1, Math.round(roundTo)), block);
  const asked = group.channels * (1 - removed);
  const rounded = Math.max(step, Math.round(asked / step - 1e-9) * step);
  return removed <= 0 ? group.channels : Math.min(rounded, group.channels);
}

/**
 * One ranking over all groups: an atom's importance, relative to the mean of its group (groups of small weights are not
 * all cut first), least first. Returns the share removed in each group when `ratio` of all channels go; groups with a
 * ratio of their own do not take part.
 */
function globalShares(
  groups: readonly Selectable[],
  own: readonly (number | null)[],
): (ratio: number) => (number | null)[] {
  const ranked = ranking(groups).filter((atom) => own[atom.group] === null);
  const total = ranked.reduce((sum, atom) => sum + atom.channels, 0);
  return (ratio) => {
    const removed: (number | null)[] = groups.map((_, i) => (own[i] === null ? 0 : null));
    let left = ratio * total;
    for (const atom of ranked) {
      if (left < atom.channels / 2) break;
      left -= atom.channels;
      removed[atom.group] = (removed[atom.group] ?? 0) + atom.channels / (groups[atom.group]?.channels ?? 1);
    }
    return removed;
  };
}

const rankings = new WeakMap<readonly Selectable[], readonly RankedAtom[]>();

/** Sorted once per plan: a slider asks again at every step. */
function ranking(groups: readonly Selectable[]): readonly RankedAtom[] {
  const known = rankings.get(groups);
  if (known) return known;
  const ranked = groups
    .flatMap(rankedAtoms)
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

function rankedAtoms({ importance, order, atoms, channels }: Selectable, group: number): RankedAtom[] {
  const mean = importance.reduce((sum, each) => sum + each, 0) / atoms;
  return Array.from(order, (atom, place) => ({
    group,
    place,
    score: mean > 0 ? (importance[atom] ?? 0) / mean : 1,
    channels: channels / atoms,
  }));
}
