import type { Model } from '../ir/model.ts';
import { Cutter } from './cut.ts';
import { indicesOf } from './dead/readers.ts';
import type { ChannelGraph, ChannelGroup } from './groups.ts';
import { leafGroups } from './leaves.ts';
import { sliceTensor } from './slice-tensor.ts';

/**
 * Moves the channels of groups, everywhere they appear: atom `order[i]` comes to stand where atom `i` stood. What the
 * model gives stays, up to the order of sums, for a group's atoms are interchangeable. A group of which a constant names
 * channels by their number (the indices of a Gather) stays as it is. In place.
 *
 * @param orders by group key: every atom once
 */
export function reorderChannels(
  model: Model,
  graph: ChannelGraph,
  orders: ReadonlyMap<string, readonly number[]>,
): void {
  const { space } = graph;
  const numbered = new Set(space.owned.flatMap(({ axes }) => axes.map((axis) => space.root(axis))));
  const moved = graph.groups.filter(({ key, roots }) => orders.has(key) && !roots.some((root) => numbered.has(root)));
  const sources = sourcesOf(graph, moved, orders);
  const cutter = new Cutter(model, graph);
  for (const { place, tensor } of leafGroups(graph)) {
    const kept = place.axes.map((axis) => sources.get(space.root(axis)) ?? null);
    if (kept.some((each) => each !== null)) cutter.rebase(place, sliceTensor(tensor, kept));
  }
}

/** By root axis: for each index, the one whose content comes there. An atom's indices keep their order. */
function sourcesOf(
  graph: ChannelGraph,
  groups: readonly ChannelGroup[],
  orders: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<number, number[]> {
  const found = new Map<number, number[]>();
  for (const { key, index, roots } of groups) {
    const order = orders.get(key) ?? [];
    for (const root of roots) {
      const source = found.get(root) ?? Array.from({ length: graph.space.axis(root).size }, (_, i) => i);
      const places = indicesOf(graph, index, root);
      places.forEach((own, atom) => {
        own.forEach((target, i) => (source[target] = places[order[atom] ?? atom]?.[i] ?? target));
      });
      found.set(root, source);
    }
  }
  return found;
}
