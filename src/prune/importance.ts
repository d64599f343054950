import { seeded } from '../base/random.ts';
import { isFloat } from '../ir/types.ts';
import type { ChannelGraph } from './groups.ts';
import type { Place } from './space.ts';
import type { ImportanceId } from './types.ts';

/** Importance per atom of every group: what has the least goes first. */
export type Importance = (graph: ChannelGraph, seed: number) => Float64Array[];

/** Criteria by id. A new one is one more row. */
export const IMPORTANCE: Readonly<Record<ImportanceId, Importance>> = {
  /** ‖w‖₂ over the slices of every member's weights (Li et al. 2017, group-wise as in DepGraph, Fang et al. 2023). */
  l2: (graph) => ofWeights(graph, (w) => w * w).map((sums) => sums.map(Math.sqrt)),
  /** ‖w‖₁ over the same slices. */
  l1: (graph) => ofWeights(graph, Math.abs),
  /** The baseline: uniform numbers, by seed and group key. */
  random: (graph, seed) =>
    graph.groups.map((group) => {
      const random = seeded(seed ^ hash(group.key));
      return Float64Array.from(group.atoms, () => random());
    }),
};

/** Atoms from the least to the most important; equal ones in file order. */
export function rank(importance: ArrayLike<number>): Int32Array {
  const order = Array.from({ length: importance.length }, (_, i) => i);
  return Int32Array.from(order.sort((a, b) => (importance[a] ?? 0) - (importance[b] ?? 0) || a - b));
}

function ofWeights(graph: ChannelGraph, measure: (weight: number) => number): Float64Array[] {
  const sums = graph.groups.map((group) => new Float64Array(group.atoms.length));
  const seen = new Set<string>();
  for (const place of graph.space.places) {
    if (!isWeight(graph, place)) continue;
    place.axes.forEach((axis, dim) => {
      const root = graph.space.root(axis);
      const key = `${place.value}:${dim}:${root}`;
      if (!graph.axes.has(root) || seen.has(key)) return;
      seen.add(key);
      addSlices(graph, sums, root, sumsAlong(place, dim, measure));
    });
  }
  return sums;
}

/** Weights and per-channel scales; biases and statistics say little about a channel's worth. */
function isWeight(graph: ChannelGraph, place: Place): boolean {
  if (place.tensor === null || !isFloat(place.tensor.dtype)) return false;
  return graph.space.weights.has(place) || place.tensor.shape.filter((dim) => dim > 1).length > 1;
}

function addSlices(graph: ChannelGraph, sums: readonly Float64Array[], root: number, slices: Float64Array): void {
  const atoms = graph.axes.get(root);
  slices.forEach((value, i) => {
    const target = sums[atoms?.groups[i] ?? -1];
    const atom = atoms?.atoms[i] ?? 0;
    if (target) target[atom] = (target[atom] ?? 0) + value;
  });
}

/** Σ measure(w) over everything but one axis. */
function sumsAlong({ tensor }: Place, dim: number, measure: (weight: number) => number): Float64Array {
  const size = tensor?.shape[dim] ?? 0;
  const sums = new Float64Array(size);
  const inner = (tensor?.shape ?? []).slice(dim + 1).reduce((product, each) => product * each, 1);
  const elements = tensor?.numbers() ?? [];
  for (let start = 0, index = 0; start < elements.length; start += inner, index = (index + 1) % size) {
    let sum = 0;
    for (let i = start; i < start + inner; i++) sum += measure(elements[i] ?? 0);
    sums[index] = (sums[index] ?? 0) + sum;
  }
  return sums;
}

/** FNV-1a, so that a group's random order does not depend on its neighbours. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state;
}
