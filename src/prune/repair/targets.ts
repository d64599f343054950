import { getFloat, getInts, getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { NodeId } from '../../ir/types.ts';
import type { ChannelGraph, ChannelGroup } from '../groups.ts';
import { readersOf, type Reader } from '../importance/activations.ts';
import type { Place } from '../space.ts';

/** Where a constant that is added to what a reader gives may go. */
export type BiasPlace =
  | { readonly kind: 'constant'; readonly place: Place }
  /** The node takes a bias and has none. */
  | { readonly kind: 'new'; readonly node: NodeId };

/** Weights that read channels of a group, which can take over what removed channels gave. */
export interface RepairTarget {
  readonly node: NodeId;
  readonly input: Reader['input'];
  readonly weight: Place;
  /** Of the weight: the axis along which it reads, and the one along which it makes channels. */
  readonly dim: number;
  readonly outDim: number;
  /** Null: a constant cannot be added exactly (padding, no bias). */
  readonly bias: BiasPlace | null;
  /** Indices of the group along the axis, atom by atom. */
  readonly removed: readonly number[];
  readonly kept: readonly number[];
  /** Indices of one atom, in order: a flattened channel has one for each position. */
  readonly block: number;
}

/** The readers of a group that are cut with it, in the order of the graph. */
export function repairTargets(
  graph: ChannelGraph,
  group: ChannelGroup,
  keptAtoms: ReadonlySet<number>,
): RepairTarget[] {
  const found: RepairTarget[] = [];
  const seen = new Set<Place>();
  for (const reader of readersOf(graph)) {
    const target = targetOf(graph, group, keptAtoms, reader);
    if (!target || target.removed.length === 0 || seen.has(target.weight)) continue;
    seen.add(target.weight);
    found.push(target);
  }
  return found;
}

function targetOf(
  graph: ChannelGraph,
  group: ChannelGroup,
  keptAtoms: ReadonlySet<number>,
  { node, weight, input }: Reader,
): RepairTarget | null {
  const { space } = graph;
  const { place, dim } = weight;
  const root = space.root(place.axes[dim] ?? -1);
  const atoms = graph.axes.get(root);
  // Grouped convolutions read every channel with some of their weights only.
  if (!atoms || root !== space.root(input.place.axes[input.dim] ?? -1)) return null;
  if (place.tensor === null || !['float32', 'float16'].includes(place.tensor.dtype) || isShared(graph, place))
    return null;
  const out = outAxis(graph, node, place);
  if (out === null) return null;
  const [removed, kept]: [number[], number[]] = [[], []];
  atoms.groups.forEach((each, i) => {
    if (each === group.index) (keptAtoms.has(atoms.atoms[i] ?? -1) ? kept : removed).push(i);
  });
  const bias = biasOf(graph, space.model.getNode(node), place.shape[out] as number);
  const block = (removed.length + kept.length) / group.atoms.length;
  const byAtom = (a: number, b: number): number => (atoms.atoms[a] ?? 0) - (atoms.atoms[b] ?? 0) || a - b;
  removed.sort(byAtom);
  kept.sort(byAtom);
  return { node, input, weight: place, dim, outDim: out, bias, removed, kept, block };
}

/** Another use of the constant would be changed with it. */
const isShared = ({ space }: ChannelGraph, place: Place): boolean =>
  space.model.getValue(place.value).uses.length > 1 || space.model.isGraphOutput(place.value);

function outAxis({ space }: ChannelGraph, node: NodeId, place: Place): number | null {
  const made = space.touches.find(
    (touch) => touch.kind === 'produces' && touch.node === node && space.axis(touch.axis).place === place,
  );
  return made ? space.axis(made.axis).dim : null;
}

function biasOf(graph: ChannelGraph, node: Node, channels: number): BiasPlace | null {
  switch (node.opType) {
    case 'Conv':
    case 'FusedConv':
      return isPadded(node) ? null : ownBias(graph, node, channels);
    case 'Gemm':
      return getFloat(node, 'alpha', 1) === 1 && getFloat(node, 'beta', 1) === 1
        ? ownBias(graph, node, channels)
        : null;
    case 'MatMul':
      return addedBias(graph, node, channels);
    default:
      return null;
  }
}

/** At the border a padded convolution sums over fewer inputs, so that no one constant stands for a channel. */
function isPadded(node: Node): boolean {
  const auto = getString(node, 'auto_pad', 'NOTSET');
  return auto === 'NOTSET' ? getInts(node, 'pads', []).some((pad) => pad !== 0) : auto !== 'VALID';
}

function ownBias(graph: ChannelGraph, node: Node, channels: number): BiasPlace | null {
  if (!node.inputs[2]) return { kind: 'new', node: node.id };
  const place = graph.space.input(node, 2);
  return place && isVector(graph, place, channels) ? { kind: 'constant', place } : null;
}

/** The constant of an Add that is all that reads the product. */
function addedBias(graph: ChannelGraph, node: Node, channels: number): BiasPlace | null {
  const { model } = graph.space;
  const output = node.outputs[0];
  const uses = output ? model.getValue(output).uses : [];
  const [use] = uses;
  if (!output || !use || uses.length !== 1 || model.isGraphOutput(output)) return null;
  const add = model.getNode(use.node);
  const place = add.opType === 'Add' ? graph.space.input(add, 1 - use.index) : null;
  return place && isVector(graph, place, channels) ? { kind: 'constant', place } : null;
}

const isVector = (graph: ChannelGraph, place: Place, channels: number): boolean =>
  place.tensor?.dtype === 'float32' &&
  place.tensor.size === channels &&
  place.shape.at(-1) === channels &&
  !isShared(graph, place);
