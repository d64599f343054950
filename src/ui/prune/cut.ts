import type { PruneForecast, PruneGroupView, PruneOptions } from '../../prune/types.ts';
import { goalOf } from './goal.ts';

/** Importances from the most to the least important: what a cut is drawn on. */
export function sortedImportance(group: PruneGroupView): Float64Array {
  const { importance, order } = group;
  return Float64Array.from(order, (_, index) => importance[order[order.length - 1 - index] ?? 0] ?? 0);
}

/** Atoms that stay when `kept` channels stay. */
export const keptAtoms = (group: PruneGroupView, kept: number): number =>
  Math.round((kept * group.atoms) / group.channels);

/** [atoms] 1: cut, in file order. The least important go first. */
export function cutFlags(group: PruneGroupView, kept: number): Uint8Array {
  const flags = new Uint8Array(group.atoms);
  const cut = group.atoms - keptAtoms(group, kept);
  for (let index = 0; index < cut; index++) flags[group.order[index] ?? 0] = 1;
  return flags;
}

/** Heights 0 to 1 of at most `most` bars; where there are more values, a bar is the mean of its share of them. */
export function barHeights(values: Float64Array, most: number): readonly number[] {
  const count = Math.min(values.length, most);
  return Array.from({ length: count }, (_, index) => {
    const part = values.subarray(
      Math.floor((index * values.length) / count),
      Math.floor(((index + 1) * values.length) / count),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

const short = (value: number): string => String(Math.round(value * 10) / 10);

/** SVG path of bars that stand on the foot of a box of `width` × `height` px. */
export function barPath(heights: readonly number[], width: number, height: number): string {
  const pitch = width / heights.length;
  const bar = short(pitch > 1.4 ? pitch * 0.78 : pitch);
  return heights
    .map((value, index) => {
      const h = short(Math.max(0.6, value * height));
      return `M${short(index * pitch)} ${short(height)}v-${h}h${bar}v${h}z`;
    })
    .join('');
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Channels by which a width changes at one step of the keyboard: a multiple of the rounding, in whole atoms. */
function widthStep(group: PruneGroupView, roundTo: number): number {
  const atom = group.channels / group.atoms;
  const round = Math.max(1, Math.round(roundTo));
  return (atom / gcd(atom, round)) * round;
}

/** The width `steps` steps away from `kept`; the full width counts as a step of its own. */
export function stepWidth(group: PruneGroupView, kept: number, roundTo: number, steps: number): number {
  const step = widthStep(group, roundTo);
  const from = steps < 0 ? Math.ceil(kept / step) : Math.floor(kept / step);
  return Math.min(group.channels, Math.max(Math.min(step, group.channels), (from + steps) * step));
}

/** Whether all of the group stays whatever the target says: it is locked, or heads are not cut at all. */
export const isWhole = (options: PruneOptions, group: PruneGroupView): boolean =>
  options.protected.includes(group.key) || (group.isHeads && !options.heads);

/** What people count the group in: attention heads, which go as wholes, or channels. */
export const unitOf = ({ isHeads }: PruneGroupView): 'head' | 'channel' => (isHeads ? 'head' : 'channel');
export const unitsOf = (group: PruneGroupView, kept: number): number => (group.isHeads ? keptAtoms(group, kept) : kept);

/** Sets one group to `kept` channels, in place of the target. */
export function withWidth(options: PruneOptions, group: PruneGroupView, kept: number): Partial<PruneOptions> {
  return { ratios: { ...options.ratios, [group.key]: 1 - kept / group.channels } };
}

/** Groups that are built like this one, itself among them. */
export const alike = (groups: readonly PruneGroupView[], { topology }: PruneGroupView): readonly PruneGroupView[] =>
  groups.filter((each) => each.topology === topology);

/** The same share for every group that is built like this one. */
export function withWidthAlike(
  options: PruneOptions,
  groups: readonly PruneGroupView[],
  group: PruneGroupView,
  kept: number,
): Partial<PruneOptions> {
  const share = 1 - kept / group.channels;
  const shares = Object.fromEntries(alike(groups, group).map(({ key }) => [key, share]));
  return { ratios: { ...options.ratios, ...shares } };
}

/** The group follows the target again. */
export function withoutWidth(options: PruneOptions, key: string): Partial<PruneOptions> {
  return { ratios: Object.fromEntries(Object.entries(options.ratios).filter(([each]) => each !== key)) };
}

export function withLock(options: PruneOptions, key: string, locked: boolean): Partial<PruneOptions> {
  const others = options.protected.filter((each) => each !== key);
  return { protected: locked ? [...others, key] : others };
}

export interface PruneTotals {
  /** Groups that lose channels. */
  readonly cut: number;
  readonly kept: number;
  readonly channels: number;
}

export function totalsOf(groups: readonly PruneGroupView[], { kept }: PruneForecast): PruneTotals {
  const widths = groups.map((group, index) => ({ channels: group.channels, kept: kept[index] ?? group.channels }));
  return {
    cut: widths.filter((each) => each.kept < each.channels).length,
    kept: widths.reduce((sum, each) => sum + each.kept, 0),
    channels: widths.reduce((sum, each) => sum + each.channels, 0),
  };
}

/** Where rounding took a width away from what was asked for; the largest detours first. */
export function roundedWidths(
  groups: readonly PruneGroupView[],
  { kept }: PruneForecast,
  options: PruneOptions,
): readonly { readonly name: string; readonly asked: number; readonly kept: number }[] {
  if (options.scope !== 'group' || goalOf(options) !== 'channels' || options.roundTo <= 1) return [];
  return groups
    .map((group, index) => {
      const removed = isWhole(options, group) ? 0 : (options.ratios[group.key] ?? options.ratio);
      return {
        name: group.name,
        asked: Math.round(group.channels * (1 - removed)),
        kept: kept[index] ?? group.channels,
      };
    })
    .filter((each) => each.asked !== each.kept)
    .sort((a, b) => Math.abs(b.kept - b.asked) - Math.abs(a.kept - a.asked));
}
