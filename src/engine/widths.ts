import type { Json } from '../base/json.ts';
import { channelGraph, groupNames } from '../prune/plan.ts';
import { parseSiteKey } from '../rewrite/hash.ts';
import type { Stop } from './document.ts';
import type { PrunedWidth } from './types.ts';

/**
 * Old and new widths from what pruning decided: a decision holds the number of channels and the kept ones as a base64
 * bitmap. Decisions of other passes have no widths. Groups are named as the pruning panel names them on the model that
 * was pruned, by the options of the step.
 */
export function widthsOf(
  decisions: Readonly<Record<string, Json>>,
  options: Readonly<Record<string, Json>>,
  before: Stop,
): PrunedWidth[] {
  const entries = Object.entries(decisions);
  if (entries.length === 0) return [];
  const names = groupNames(channelGraph(before.model, before.analysis, options['acrossNorms'] === true));
  return entries.flatMap(([key, decision]) => {
    if (typeof decision !== 'object' || decision === null || !('channels' in decision) || !('kept' in decision))
      return [];
    const { channels, kept } = decision;
    if (typeof channels !== 'number' || typeof kept !== 'string') return [];
    const group = parseSiteKey(key).name;
    const dead = 'dead' in decision ? { dead: decision['dead'] as Record<string, number> } : {};
    return [{ name: names.get(group) ?? group, before: channels, after: countBits(kept), ...dead }];
  });
}

function countBits(base64: string): number {
  let count = 0;
  for (const character of atob(base64)) {
    for (let byte = character.charCodeAt(0); byte > 0; byte >>= 1) count += byte & 1;
  }
  return count;
}

/** Widths over several steps: what one step left of a group, and another cut further, is told once. */
export function joinedWidths(steps: readonly (readonly PrunedWidth[])[]): PrunedWidth[] {
  const joined: PrunedWidth[] = [];
  for (const step of steps) {
    const earlier = joined.length;
    for (const width of step) {
      const at = joined.findIndex(({ name, after }, i) => i < earlier && name === width.name && after === width.before);
      const before = joined[at];
      if (before) joined[at] = { ...before, after: width.after };
      else joined.push(width);
    }
  }
  return joined;
}
