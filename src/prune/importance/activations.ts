import type { NodeId } from '../../ir/types.ts';
import type { ChannelGraph } from '../groups.ts';
import { observedKey, type ActivationStats, type ChannelStats, type Observed } from '../../rewrite/facts.ts';
import type { Axis } from '../space.ts';
import { addSlices, isWeight, sumsAlong, zeros } from './weights.ts';

/** A place where channels are read: the weights that read them, and what they are multiplied with. */
export interface Reader {
  readonly node: NodeId;
  readonly weight: Axis;
  readonly input: Axis;
}

/** Every node that sums over channels of a group, with its weight's axis and its computed operand's. */
export function readersOf({ space, axes }: ChannelGraph): Reader[] {
  const found: Reader[] = [];
  for (const { axis, node, kind } of space.touches) {
    if (kind !== 'consumes') continue;
    const reader = space.model.getNode(node);
    for (const place of reader.inputs.map((_, index) => space.input(reader, index))) {
      if (!place || place.tensor !== null) continue;
      place.axes.forEach((each) => {
        const groups = axes.get(space.root(each))?.groups;
        const own = axes.get(space.root(axis))?.groups;
        if (!groups || !own) return;
        if (groups !== own && !groups.some((group) => group >= 0 && own.includes(group))) return;
        found.push({ node, weight: space.axis(axis), input: space.axis(each) });
      });
    }
  }
  return found;
}

/** The values to be observed on calibration data, each once. */
export function observedValues(graph: ChannelGraph): Observed[] {
  const found = new Map<string, Observed>();
  for (const { input } of readersOf(graph)) {
    const observed = { value: input.place.value, dim: input.dim };
    found.set(observedKey(observed), observed);
  }
  return [...found.values()];
}

/** The mean over what reads a group of a figure of its channels, by group and atom. */
export function ofActivations(
  graph: ChannelGraph,
  stats: ActivationStats,
  figure: (stats: ChannelStats) => Float64Array,
): Float64Array[] {
  const [sums, counts] = [zeros(graph), zeros(graph)];
  const seen = new Set<string>();
  for (const { input } of readersOf(graph)) {
    const key = observedKey({ value: input.place.value, dim: input.dim });
    const known = stats.get(key);
    if (!known || seen.has(key)) continue;
    seen.add(key);
    const root = graph.space.root(input.place.axes[input.dim] ?? -1);
    addSlices(graph, sums, root, figure(known));
    addSlices(graph, counts, root, new Float64Array(input.size).fill(1));
  }
  return sums.map((each, group) => each.map((sum, atom) => sum / Math.max(counts[group]?.[atom] ?? 0, 1)));
}

/**
 * Σ |w|·‖x‖ over the weights that read a channel, ‖x‖ being the root of the mean of x² (Sun et al. 2024, A Simple and
 * Effective Pruning Approach for Large Language Models, summed over the slices of a channel).
 */
export function ofWanda(graph: ChannelGraph, stats: ActivationStats): Float64Array[] {
  const sums = zeros(graph);
  for (const { weight, input } of readersOf(graph)) {
    const known = stats.get(observedKey({ value: input.place.value, dim: input.dim }));
    if (!known || !isWeight(graph, weight.place)) continue;
    const norms = normsAlong(graph, weight, input, known);
    const slices = sumsAlong(weight.place, weight.dim, Math.abs).map((sum, i) => sum * (norms[i] ?? 0));
    addSlices(graph, sums, graph.space.root(weight.place.axes[weight.dim] ?? -1), slices);
  }
  return sums;
}

/** [size of the weight's axis] ‖x‖ of what each index multiplies: channels of its atom, their mean where several are. */
function normsAlong(graph: ChannelGraph, weight: Axis, input: Axis, { meanSquare }: ChannelStats): Float64Array {
  const of = graph.axes.get(graph.space.root(input.place.axes[input.dim] ?? -1));
  const own = graph.axes.get(graph.space.root(weight.place.axes[weight.dim] ?? -1));
  if (of === own) return meanSquare.map(Math.sqrt);
  const sums = new Map<string, readonly [sum: number, count: number]>();
  meanSquare.forEach((square, i) => {
    const key = `${of?.groups[i]}:${of?.atoms[i]}`;
    const [sum, count] = sums.get(key) ?? [0, 0];
    sums.set(key, [sum + square, count + 1]);
  });
  return Float64Array.from({ length: weight.size }, (_, i) => {
    const [sum, count] = sums.get(`${own?.groups[i]}:${own?.atoms[i]}`) ?? [0, 1];
    return Math.sqrt(sum / count);
  });
}
