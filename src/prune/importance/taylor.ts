import type { Gated } from '../../rewrite/facts.ts';
import type { ChannelGraph } from '../groups.ts';
import { readersOf, type Reader } from './activations.ts';
import { isWeight } from './weights.ts';

/** The first unit of each group: units are numbered over the atoms of all groups. */
function firstUnits({ groups }: ChannelGraph): Int32Array {
  const first = new Int32Array(groups.length + 1);
  groups.forEach(({ atoms }, i) => (first[i + 1] = (first[i] ?? 0) + atoms.length));
  return first;
}

/**
 * Where a group is read, each atom with a gate of its own: what goes with an atom is what these get. Weights that read
 * it count (with a gate α of 1 before them, ∂L/∂α = Σ w·∂L/∂w over their slices); where none does, as between queries and
 * keys, one operand of each product.
 */
export function gatesOf(graph: ChannelGraph): Gated[] {
  const first = firstUnits(graph);
  const readers = readersOf(graph);
  const weighted = new Set(readers.filter(isWeighted(graph)).flatMap((reader) => groupsOn(graph, reader)));
  const found = new Map<string, Gated>();
  const taken = new Set<string>();
  for (const reader of readers) {
    const { place, dim } = reader.input;
    const own = graph.axes.get(graph.space.root(place.axes[dim] ?? -1));
    const index = graph.space.model.getNode(reader.node).inputs.indexOf(place.value);
    const groups = groupsOn(graph, reader).filter((group) =>
      isWeighted(graph)(reader) ? true : !weighted.has(group) && !taken.has(`${reader.node}:${group}`),
    );
    if (!own || index < 0 || groups.length === 0) continue;
    for (const group of groups) taken.add(`${reader.node}:${group}`);
    const units = Int32Array.from(own.groups, (group, i) =>
      groups.includes(group) ? (first[group] ?? 0) + (own.atoms[i] ?? 0) : -1,
    );
    const key = `${reader.node}:${index}:${dim}`;
    if (!found.has(key)) found.set(key, { node: reader.node, index, dim, units });
  }
  return [...found.values()];
}

const isWeighted =
  (graph: ChannelGraph) =>
  ({ weight, input }: Reader): boolean =>
    weight.place !== input.place && isWeight(graph, weight.place);

function groupsOn({ space, axes }: ChannelGraph, { input: { place, dim } }: Reader): number[] {
  const groups = new Set(axes.get(space.root(place.axes[dim] ?? -1))?.groups);
  groups.delete(-1);
  return [...groups];
}

/**
 * First-order Taylor importance: the root of the mean over samples of (Σ w·∂L/∂w)², summed with its sign over all that
 * reads an atom (Molchanov et al. 2017, Pruning Convolutional Neural Networks for Resource Efficient Inference; squared as
 * in Molchanov et al. 2019, Importance Estimation for Neural Network Pruning).
 *
 * @param squares [units] mean of (∂L/∂gate)²
 */
export function ofTaylor(graph: ChannelGraph, squares: Float64Array): Float64Array[] {
  const first = firstUnits(graph);
  return graph.groups.map((_, i) => squares.slice(first[i], first[i + 1]).map(Math.sqrt));
}
