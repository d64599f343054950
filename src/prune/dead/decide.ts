import { plural } from '../../base/format.ts';
import { encodeDecision, type PruneDecision } from '../decision.ts';
import type { ChannelGraph } from '../groups.ts';
import { encodeRepairs } from '../repair/codec.ts';
import type { Substitute } from '../repair/fit.ts';
import { repairTargets, type RepairTarget } from '../repair/targets.ts';
import { ON_DATA, type DeadGroup, type DeadKind } from './types.ts';

/** In the order in which they are told. */
const WORDS: Readonly<Record<DeadKind, (count: number) => string>> = {
  zero: (n) => `${plural(n, 'channel')} that ${n === 1 ? 'is' : 'are'} always 0`,
  constant: (n) => `${plural(n, 'channel')} that ${n === 1 ? 'is' : 'are'} constant`,
  unread: (n) => `${plural(n, 'channel')} that nothing reads`,
  copy: (n) => (n === 1 ? '1 copy of another' : `${n} copies of others`),
  silent: (n) => `${plural(n, 'channel')} that ${n === 1 ? 'is' : 'are'} never active on the data`,
  steady: (n) => `${plural(n, 'channel')} that ${n === 1 ? 'is' : 'are'} constant on the data`,
};
const KINDS = Object.keys(WORDS) as DeadKind[];

/** Channels that go, by kind. */
export type DeadCounts = Readonly<Partial<Record<DeadKind, number>>>;

export function countsOf({ group, kinds }: DeadGroup): DeadCounts {
  const counts: Partial<Record<DeadKind, number>> = {};
  kinds.forEach((kind, atom) => {
    if (kind !== null) counts[kind] = (counts[kind] ?? 0) + (group.atoms[atom]?.length ?? 0);
  });
  return counts;
}

/** "Removes 3 channels that are always 0 and 2 copies of others." */
export function wordsFor(counts: DeadCounts): string {
  const parts = KINDS.flatMap((kind) => (counts[kind] ? [WORDS[kind](counts[kind])] : []));
  const last = parts.pop() ?? 'nothing';
  return `Removes ${parts.length > 0 ? `${parts.join(', ')} and ` : ''}${last}.`;
}

export const isOnData = ({ kinds }: DeadGroup): boolean => kinds.some((kind) => kind !== null && ON_DATA.has(kind));

/** What the recipe keeps: the channels that stay, what takes the place of the others, and why they go. */
export function decideDead(graph: ChannelGraph, dead: DeadGroup): PruneDecision {
  const { group, kinds } = dead;
  const kept = new Set(kinds.flatMap((kind, atom) => (kind === null ? [atom] : [])));
  const substitutes = repairTargets(graph, group, kept).map((target) => substituteOf(target, dead));
  const isExact = substitutes.every(({ shift, copies }) => !shift && !copies);
  return {
    ...encodeDecision(group, kept),
    ...(isExact ? {} : { repair: encodeRepairs(substitutes) }),
    dead: countsOf(dead),
  };
}

/** Removed indices lie atom by atom, and so do those that stay: index r of a copy goes to index r of the other. */
function substituteOf(target: RepairTarget, { kinds, copies, constants }: DeadGroup): Substitute {
  const { removed, block, bias } = target;
  const known = constants(target.input);
  const [gone, stay] = [atomsOf(kinds, true), atomsOf(kinds, false)];
  const atomAt = (p: number): number => gone[Math.floor(p / block)] ?? -1;
  const shift = Float32Array.from(removed, (index, p) => {
    const value = copies.has(atomAt(p)) ? 0 : (known?.[index] ?? 0);
    return Number.isNaN(value) ? 0 : value;
  });
  const places = new Map(stay.map((atom, k) => [atom, k]));
  const copied = Int32Array.from(removed, (_, p) => {
    const place = places.get(copies.get(atomAt(p)) ?? -1);
    return place === undefined ? -1 : place * block + (p % block);
  });
  return {
    mix: null,
    shift: bias && shift.some((each) => each !== 0) ? shift : null,
    ...(copied.some((each) => each >= 0) ? { copies: copied } : {}),
  };
}

const atomsOf = (kinds: readonly (DeadKind | null)[], gone: boolean): number[] =>
  [...kinds.keys()].filter((atom) => (kinds[atom] !== null) === gone);
