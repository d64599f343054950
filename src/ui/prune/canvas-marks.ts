import { useMemo } from 'react';
import type { PruneForecast, PrunePlanView } from '../../prune/types.ts';
import type { App } from '../../state/app.ts';
import { groupsWith } from '../../state/prune-actions.ts';
import type { CanvasPrune, PruneMark, WidthChange } from '../canvas/types.ts';
import { useDocument } from '../kit/use-store.ts';
import { cutFlags } from './cut.ts';

/** Of the members of some groups; where a node is in several, the first says how wide it is and all say what it does. */
function marksOf(
  { groups }: PrunePlanView,
  { kept }: PruneForecast,
  shown: readonly number[],
): ReadonlyMap<number, PruneMark> {
  const marks = new Map<number, PruneMark>();
  for (const index of shown) {
    const group = groups[index];
    if (!group) continue;
    const after = kept[index] ?? group.channels;
    const cut = group.atoms === group.channels ? cutFlags(group, after) : null;
    for (const { node, role } of group.members) {
      const seen = marks.get(node);
      if (!seen) marks.set(node, { before: group.channels, after, role, cut });
      else if (!seen.role.split(', ').includes(role)) marks.set(node, { ...seen, role: `${seen.role}, ${role}` });
    }
  }
  return marks;
}

const NOBODY: readonly number[] = [];

/** Nodes of some groups, whatever their widths are. `shown`: indices, with commas. */
function membersOf(plan: PrunePlanView | undefined, shown: string): readonly number[] {
  if (!plan || shown === '') return NOBODY;
  const nodes = shown.split(',').flatMap((index) => plan.groups[Number(index)]?.members.map(({ node }) => node) ?? []);
  return [...new Set(nodes)];
}

/** The lists of a plan, one for each that differs: what looks the same stays the same object, and is not drawn again. */
const lists = new WeakMap<PrunePlanView, Map<string, readonly WidthChange[]>>();

/** Every width that changes, by node. */
export function changedWidths(
  plan: PrunePlanView,
  { kept }: PruneForecast,
): ReadonlyMap<number, readonly WidthChange[]> {
  const found = new Map<number, WidthChange[]>();
  plan.groups.forEach(({ channels, members }, index) => {
    const after = kept[index] ?? channels;
    if (after === channels) return;
    for (const { node, role } of members) {
      const change = { before: channels, after, taken: role === 'in axis' };
      const list = found.get(node);
      if (!list) found.set(node, [change]);
      else if (!list.some((each) => each.before === channels && each.taken === change.taken)) list.push(change);
    }
  });
  const known = lists.get(plan) ?? new Map<string, readonly WidthChange[]>();
  lists.set(plan, known);
  return new Map(
    Array.from(found, ([node, list]) => {
      const key = list.map(({ before, after, taken }) => `${before} ${after} ${taken}`).join();
      const same = known.get(key) ?? list;
      known.set(key, same);
      return [node, same];
    }),
  );
}

/** What pruning does to the nodes: the group in focus and those of the node under the pointer stand out. */
export function useCanvasPrune(app: App, hovered: number | null): CanvasPrune | null {
  const plan = useDocument(app, (state) => state.prune?.plan);
  const forecast = useDocument(app, (state) => state.prune?.forecast);
  const focused = useDocument(app, (state) => state.prune?.group ?? null);
  // Another node of the same groups changes nothing.
  const shown = useMemo(() => {
    const under = plan && hovered !== null ? groupsWith(plan, hovered) : [];
    return [...new Set([...(focused === null ? [] : [focused]), ...under])].join();
  }, [plan, focused, hovered]);
  const members = useMemo(() => membersOf(plan, shown), [plan, shown]);
  const widths = useMemo(() => plan && forecast && changedWidths(plan, forecast), [plan, forecast]);
  return useMemo(() => {
    if (!plan || !forecast || !widths) return null;
    const indices = shown === '' ? [] : shown.split(',').map(Number);
    return { marks: marksOf(plan, forecast, indices), members, widths };
  }, [plan, forecast, widths, members, shown]);
}
