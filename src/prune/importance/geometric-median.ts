import type { ChannelGraph } from '../groups.ts';
import type { Place } from '../space.ts';
import { isWeight } from './weights.ts';

/**
 * Σ_j ‖f_i − f_j‖₂ over the filters that make the channels of a group: near the geometric median a filter says what
 * others say too (He et al. 2019, Filter Pruning via Geometric Median). An atom of several channels is one long filter.
 */
export function ofGeometricMedian(graph: ChannelGraph): Float64Array[] {
  const filters = filtersOf(graph);
  return filters.map((atoms) => {
    const squares = atoms.map((filter) => dot(filter, filter));
    const sums = new Float64Array(atoms.length);
    for (let i = 0; i < atoms.length; i++) {
      for (let j = i + 1; j < atoms.length; j++) {
        const [a, b] = [atoms[i], atoms[j]];
        if (!a || !b) continue;
        const distance = Math.sqrt(Math.max(0, (squares[i] ?? 0) + (squares[j] ?? 0) - 2 * dot(a, b)));
        sums[i] = (sums[i] ?? 0) + distance;
        sums[j] = (sums[j] ?? 0) + distance;
      }
    }
    return sums;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** By group and atom: the weights that make its channels, all makers behind one another. */
function filtersOf(graph: ChannelGraph): Float64Array[][] {
  const parts = graph.groups.map((group) => group.atoms.map((): number[] => []));
  const seen = new Set<Place>();
  for (const { axis, kind } of graph.space.touches) {
    const { place, dim } = graph.space.axis(axis);
    const atoms = graph.axes.get(graph.space.root(axis));
    if (kind !== 'produces' || !atoms || seen.has(place) || !isWeight(graph, place)) continue;
    seen.add(place);
    for (let i = 0; i < atoms.groups.length; i++) {
      const target = parts[atoms.groups[i] ?? -1]?.[atoms.atoms[i] ?? -1];
      if (target) appendSlice(target, place, dim, i);
    }
  }
  return parts.map((atoms) => atoms.map((part) => Float64Array.from(part)));
}

function appendSlice(target: number[], { tensor }: Place, dim: number, index: number): void {
  const shape = tensor?.shape ?? [];
  const elements = tensor?.numbers() ?? [];
  const inner = shape.slice(dim + 1).reduce((product, each) => product * each, 1);
  const pitch = inner * (shape[dim] ?? 1);
  for (let start = index * inner; start < elements.length; start += pitch) {
    for (let i = start; i < start + inner; i++) target.push(elements[i] ?? 0);
  }
}
