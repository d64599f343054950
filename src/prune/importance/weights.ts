import { seeded } from '../../base/random.ts';
import { isFloat } from '../../ir/types.ts';
import type { ChannelGraph } from '../groups.ts';
import type { Place } from '../space.ts';

/**
 * Σ measure(w) over the slices of every member's weights, by group and atom, each member taken relative to the mean of
 * its slices: else the largest or best-scaled weight would speak for the whole group. (Summed as they are, the norms of
 * DepGraph, Fang et al. 2023, chose worse than chance on half of an MNIST network, since a layer's scale can be moved into
 * the next one.)
 */
export function ofWeights(graph: ChannelGraph, measure: (weight: number) => number): Float64Array[] {
  const sums = zeros(graph);
  const seen = new Set<string>();
  for (const place of graph.space.places) {
    if (!isWeight(graph, place)) continue;
    place.axes.forEach((axis, dim) => {
      const root = graph.space.root(axis);
      const key = `${place.value}:${dim}:${root}`;
      if (!graph.axes.has(root) || seen.has(key)) return;
      seen.add(key);
      addSlices(graph, sums, root, relative(sumsAlong(place, dim, measure)));
    });
  }
  return sums;
}

function relative(slices: Float64Array): Float64Array {
  const mean = slices.reduce((sum, each) => sum + each, 0) / Math.max(slices.length, 1);
  return mean > 0 ? slices.map((each) => each / mean) : slices;
}

/**
 * |γ| of the batch norms over the channels (Liu et al. 2017, Learning Efficient Convolutional Networks through Network
 * Slimming); null for a group without one.
 */
export function ofBatchNorms(graph: ChannelGraph): readonly (Float64Array | null)[] {
  const sums = zeros(graph);
  const found = new Set<number>();
  for (const place of graph.space.places) {
    const { use, tensor } = place;
    const root = graph.space.root(place.axes[0] ?? -1);
    if (!use || !tensor || use.index !== 1 || !graph.axes.has(root)) continue;
    if (graph.space.model.getNode(use.node).opType !== 'BatchNormalization') continue;
    addSlices(graph, sums, root, sumsAlong(place, 0, Math.abs));
    for (const group of graph.axes.get(root)?.groups ?? []) found.add(group);
  }
  return sums.map((each, group) => (found.has(group) ? each : null));
}

/** Uniform numbers, by seed and group key. */
export const ofChance = (graph: ChannelGraph, seed: number): Float64Array[] =>
  graph.groups.map((group) => {
    const random = seeded(seed ^ hash(group.key));
    return Float64Array.from(group.atoms, () => random());
  });

export const zeros = (graph: ChannelGraph): Float64Array[] =>
  graph.groups.map((group) => new Float64Array(group.atoms.length));

/** Weights and per-channel scales; biases and statistics say little about a channel's worth. */
export function isWeight(graph: ChannelGraph, place: Place): boolean {
  if (place.tensor === null || !isFloat(place.tensor.dtype)) return false;
  return graph.space.weights.has(place) || place.tensor.shape.filter((dim) => dim > 1).length > 1;
}

/** Adds what belongs to each index of an axis to its atom. */
export function addSlices(
  graph: ChannelGraph,
  sums: readonly Float64Array[],
  root: number,
  slices: ArrayLike<number>,
): void {
  const atoms = graph.axes.get(root);
  for (let i = 0; i < slices.length; i++) {
    const target = sums[atoms?.groups[i] ?? -1];
    const atom = atoms?.atoms[i] ?? 0;
    if (target) target[atom] = (target[atom] ?? 0) + (slices[i] ?? 0);
  }
}

/** Σ measure(w) over everything but one axis. */
export function sumsAlong({ tensor }: Place, dim: number, measure: (weight: number) => number): Float64Array {
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
