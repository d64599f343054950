import type { PruneGroupView, PruneOptions } from '../prune/types.ts';

type Scores = PruneOptions['scores'];
type Scorable = Pick<PruneGroupView, 'key' | 'name' | 'atoms' | 'channels'>;

/** Scores of a person's own, or why they cannot be used: what is wrong, where, and what is wanted. */
export type ReadScores = { readonly scores: Scores } | { readonly fault: string };

const WANTED = 'Wanted is { "group key": [numbers] }.';

/** Reads `{ "group key": [numbers] }`: one score for each channel of the group, or for each that goes with others. */
export function readScores(text: string, groups: readonly Scorable[]): ReadScores {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { fault: `This is no JSON: ${(error as Error).message}. ${WANTED}` };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return { fault: WANTED };
  const entries = Object.entries(json as Record<string, unknown>);
  if (entries.length === 0) return { fault: `No group is named. ${WANTED}` };
  for (const [key, list] of entries) {
    const fault = faultOf(key, list, groups);
    if (fault !== null) return { fault };
  }
  return { scores: json as Scores };
}

function faultOf(key: string, list: unknown, groups: readonly Scorable[]): string | null {
  const group = groups.find((each) => each.key === key);
  if (!group) return `There is no group "${key}" here. The first is "${groups[0]?.key ?? ''}".`;
  if (!Array.isArray(list) || !list.every((each) => Number.isFinite(each))) {
    return `The scores of "${key}" are no list of numbers. ${WANTED}`;
  }
  if (list.length === group.atoms || list.length === group.channels) return null;
  const counts = [...new Set([group.atoms, group.channels])].join(' or ');
  return `"${key}" has ${list.length} scores and takes ${counts}.`;
}

/** The scores as a file holds them; empty where there are none. */
export const scoresText = (scores: Scores): string =>
  Object.keys(scores).length === 0 ? '' : JSON.stringify(scores, null, 1);

/** Every group with a score of 1: something to start from. */
export const scoresTemplate = (groups: readonly Scorable[]): string =>
  scoresText(Object.fromEntries(groups.map(({ key, atoms }) => [key, Array.from({ length: atoms }, () => 1)])));
