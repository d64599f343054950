import { CodedError } from '../../base/error.ts';
import type { ChannelGraph } from '../groups.ts';
import { parseFormula } from './formula.ts';

/**
 * Importance per atom by a person's own formula, by group.
 *
 * @param scoresOf the importances that it may name; `channels` are those of the group
 */
export function ofFormula(
  graph: ChannelGraph,
  text: string,
  scoresOf: Readonly<Record<string, () => Float64Array[]>>,
): Float64Array[] {
  const formula = parseFormula(text, [...Object.keys(scoresOf), 'channels']);
  const scores = new Map(formula.variables.map((name) => [name, scoresOf[name]?.() ?? []]));
  return graph.groups.map((group, i) => {
    const result = formula.evaluate((name) => scores.get(name)?.[i] ?? group.channels);
    const found = typeof result === 'number' ? Float64Array.from(group.atoms, () => result) : result;
    const bad = found.findIndex((each) => !Number.isFinite(each));
    if (bad < 0) return found;
    const what = `The formula gives ${String(found[bad])} for number ${bad + 1} of the group ${group.key}. Let it give a number for all.`;
    throw new CodedError('bad-request', what, { group: group.key });
  });
}
