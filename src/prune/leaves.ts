import { defined } from '../base/assert.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { ChannelGraph } from './groups.ts';
import type { Place } from './space.ts';

/** Uses of one constant that will always want the same slice of it. */
export interface LeafGroup {
  readonly place: Place;
  readonly places: readonly Place[];
  readonly tensor: Tensor;
  /** Axes whose cut gives this group a constant of its own: those of the tensor, and those that it is derived from. */
  readonly axes: readonly number[];
}

/** Constants that a cut can change, by use. Uses that agree on all axes stay together; rewritten ones are alone. */
export function leafGroups(graph: ChannelGraph): LeafGroup[] {
  const { space } = graph;
  const owned = new Map<Place, number[]>();
  for (const { place, axes } of space.owned) owned.set(place, [...(owned.get(place) ?? []), ...axes]);
  const groups = new Map<string, Place[]>();
  for (const place of space.places) {
    if (place.tensor === null) continue;
    const axes = [...place.axes, ...(owned.get(place) ?? [])];
    if (!axes.some((axis) => graph.axes.has(space.root(axis)))) continue;
    const roots = axes.map((axis) => (graph.axes.has(space.root(axis)) ? space.root(axis) : 'whole'));
    const key = `${place.value}:${owned.has(place) ? `own ${place.id}` : roots.join()}`;
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  return [...groups.values()].map((places) => {
    const place = defined(places[0], 'a use');
    const tensor = defined(place.tensor, 'its constant');
    return { place, places, tensor, axes: [...place.axes, ...(owned.get(place) ?? [])] };
  });
}

/** Leaf groups by the tensor that they read. */
export function byConstant(leaves: readonly LeafGroup[]): Map<Tensor, LeafGroup[]> {
  const groups = new Map<Tensor, LeafGroup[]>();
  for (const leaf of leaves) groups.set(leaf.tensor, [...(groups.get(leaf.tensor) ?? []), leaf]);
  return groups;
}
