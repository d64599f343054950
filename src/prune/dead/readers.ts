import type { ChannelGraph } from '../groups.ts';
import { readersOf, type Reader } from '../importance/activations.ts';
import type { Axis, Place } from '../space.ts';

/** What reads a group, by group; null: something reads it whose operand is not known, so nothing may be said of it. */
export function readersByGroup(graph: ChannelGraph): (readonly Reader[] | null)[] {
  const { space, axes, groups } = graph;
  const found: (Reader[] | null)[] = groups.map(() => []);
  const seen = new Set<string>();
  for (const reader of readersOf(graph)) {
    const { weight, input } = reader;
    // A weight that is computed from constants is no operand of its own product.
    if (input.place === weight.place) continue;
    for (const group of groupsOn(graph, input)) {
      found[group]?.push(reader);
      seen.add(`${reader.node}:${group}`);
    }
  }
  for (const { axis, node, kind } of space.touches) {
    if (kind !== 'consumes') continue;
    for (const group of new Set(axes.get(space.root(axis))?.groups)) {
      if (group >= 0 && !seen.has(`${node}:${group}`)) found[group] = null;
    }
  }
  return found;
}

function groupsOn({ space, axes }: ChannelGraph, { place, dim }: Axis): Set<number> {
  const groups = new Set(axes.get(space.root(place.axes[dim] ?? -1))?.groups);
  groups.delete(-1);
  return groups;
}

/** Indices of a group along an axis, atom by atom, each atom's ascending. */
export function indicesOf({ space, axes, groups }: ChannelGraph, group: number, axis: number): number[][] {
  const found: number[][] = Array.from(groups[group]?.atoms ?? [], () => []);
  const atoms = axes.get(space.root(axis));
  atoms?.groups.forEach((each, i) => {
    if (each === group) found[atoms.atoms[i] ?? 0]?.push(i);
  });
  return found;
}

/**
 * [size of what it reads] 1 where a reader multiplies by zeros alone. Where its weights lie on another axis than what it
 * reads (grouped convolutions) or are computed, nothing is said: all 0.
 */
export function unreadOf({ space }: ChannelGraph, { weight, input }: Pick<Reader, 'weight' | 'input'>): Uint8Array {
  const { place, dim } = weight;
  const same = space.root(place.axes[dim] ?? -1) === space.root(input.place.axes[input.dim] ?? -1);
  return same && place.tensor?.dtype === 'float32' ? zeroSlices(place, dim) : new Uint8Array(input.size);
}

function zeroSlices({ tensor }: Place, dim: number): Uint8Array {
  const shape = tensor?.shape ?? [];
  const size = shape[dim] ?? 0;
  const zero = new Uint8Array(size).fill(1);
  const inner = shape.slice(dim + 1).reduce((product, each) => product * each, 1);
  const elements = tensor?.numbers() ?? [];
  for (let start = 0, index = 0; start < elements.length; start += inner, index = (index + 1) % size) {
    for (let i = start; zero[index] === 1 && i < start + inner; i++) if (elements[i] !== 0) zero[index] = 0;
  }
  return zero;
}
