import { analyze } from '../analysis/analyze.ts';
import { seeded } from '../base/random.ts';
import { getString } from '../ir/attribute.ts';
import type { Model, Node } from '../ir/model.ts';
import { floats } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import type { ChannelGraph, ChannelGroup } from '../prune/groups.ts';
import { channelGraph } from '../prune/plan.ts';
import { repairTargets } from '../prune/repair/targets.ts';
import type { Place } from '../prune/space.ts';

/** How a channel is made dead: zero filters, with biases that are 0, rectified away, or stay; or the slices of another. */
export type Planted = 'zero' | 'negative' | 'constant' | 'copy';

export interface Garden {
  readonly model: Model;
  /** By group index and atom. */
  readonly planted: readonly ReadonlyMap<number, Planted>[];
}

/** A constant that makes channels, along one axis of it. */
interface Leaf {
  readonly place: Place;
  readonly dim: number;
  readonly node: Node;
  readonly slot: number;
}

/**
 * A copy of a model in which about `share` of every group's atoms add nothing: the kinds in turn, where they can be had.
 * `spare`: atoms that are left as they are, by group index.
 */
export function plantDead(
  model: Model,
  { share = 0.1, seed = 1, spare = [] }: { share?: number; seed?: number; spare?: readonly ReadonlySet<number>[] } = {},
): Garden {
  const graph = channelGraph(model, analyze(model));
  const random = seeded(seed);
  const edits = new Map<Place, Float32Array>();
  const planted = graph.groups.map((group) => {
    // Of channels that are equal the first one stays: that is what the others are made copies of.
    const [source = 0, ...free] = [...group.atoms.keys()].filter((atom) => !spare[group.index]?.has(atom));
    const order = free.map((atom) => ({ atom, at: random() })).sort((a, b) => a.at - b.at);
    const count = Math.min(Math.max(1, Math.round(share * group.atoms.length)), free.length);
    const kinds = kindsFor(graph, group);
    const chosen = order.slice(0, count).map(({ atom }, i) => [atom, kinds[i % kinds.length]] as const);
    for (const [atom, kind] of chosen) plant(graph, group, edits, { atom, kind: kind ?? 'zero', source });
    return new Map(chosen.map(([atom, kind]) => [atom, kind ?? 'zero'] as const));
  });
  return { model: write(model, edits), planted };
}

function kindsFor(graph: ChannelGraph, group: ChannelGroup): Planted[] {
  const leaves = leavesOf(graph, group);
  const targets = repairTargets(graph, group, new Set([0]));
  const readers = new Set(
    graph.space.touches
      .filter(({ kind, axis }) => kind === 'consumes' && group.roots.includes(graph.space.root(axis)))
      .map(({ node }) => node),
  );
  const isTaken = targets.length === readers.size && targets.every(({ bias }) => bias !== null);
  return [
    'zero',
    ...(leaves.some((leaf) => isRectified(graph, leaf)) ? (['negative'] as const) : []),
    ...(isTaken && leaves.some(isBias) ? (['constant'] as const) : []),
    // Another use of the weights would have to be changed as well.
    ...(targets.length === readers.size ? (['copy'] as const) : []),
  ];
}

function plant(
  graph: ChannelGraph,
  group: ChannelGroup,
  edits: Map<Place, Float32Array>,
  { atom, kind, source }: { atom: number; kind: Planted; source: number },
): void {
  for (const leaf of leavesOf(graph, group)) {
    const { place, dim } = leaf;
    const data = edits.get(place) ?? Float32Array.from(place.tensor?.numbers() ?? []);
    edits.set(place, data);
    const [to, from] = [indices(graph, group, leaf, atom), indices(graph, group, leaf, source)];
    const inner = (place.tensor?.shape ?? []).slice(dim + 1).reduce((product, each) => product * each, 1);
    const size = place.tensor?.shape[dim] ?? 1;
    for (let block = 0; block < data.length; block += size * inner) {
      to.forEach((index, k) => {
        const [at, other] = [block + index * inner, block + (from[k] ?? 0) * inner];
        if (kind === 'copy') data.copyWithin(at, other, other + inner);
        else data.fill(valueFor(graph, leaf, kind), at, at + inner);
      });
    }
  }
}

function valueFor(graph: ChannelGraph, leaf: Leaf, kind: Planted): number {
  if (leaf.node.opType === 'BatchNormalization' && leaf.slot === 4) return 1;
  if (kind === 'constant' && isBias(leaf)) return 0.5;
  return kind === 'negative' && isRectified(graph, leaf) ? -0.25 : 0;
}

const isBias = ({ node: { opType }, slot }: Leaf): boolean =>
  opType === 'Add' || (slot === 2 && /Conv|Gemm|BatchNormalization/.test(opType));

/** Whatever comes out of the node below 0 is cut off before anybody else sees it. */
function isRectified({ space }: ChannelGraph, leaf: Leaf): boolean {
  if (!isBias(leaf)) return false;
  if (leaf.node.opType === 'FusedConv') return getString(leaf.node, 'activation', '') === 'Relu';
  const output = leaf.node.outputs[0] as ValueId;
  const readers = space.model.getValue(output).uses.map(({ node }) => space.model.getNode(node));
  return readers.length > 0 && readers.every((reader) => isRectifier(space, reader));
}

function isRectifier(space: ChannelGraph['space'], node: Node): boolean {
  if (node.opType === 'Relu') return true;
  return node.opType === 'Clip' && space.input(node, 1)?.tensor?.numbers()[0] === 0;
}

function leavesOf({ space }: ChannelGraph, group: ChannelGroup): Leaf[] {
  const read = new Set(space.touches.filter(({ kind }) => kind === 'consumes').map(({ axis }) => axis));
  return space.places.flatMap((place) =>
    place.axes.flatMap((axis, dim) => {
      const { tensor, use } = place;
      if (tensor?.dtype !== 'float32' || !use || read.has(axis) || !group.roots.includes(space.root(axis))) return [];
      return [{ place, dim, node: space.model.getNode(use.node), slot: use.index }];
    }),
  );
}

function indices({ space, axes }: ChannelGraph, group: ChannelGroup, { place, dim }: Leaf, atom: number): number[] {
  const on = axes.get(space.root(place.axes[dim] ?? -1));
  return [...(on?.groups ?? [])].flatMap((each, i) => (each === group.index && on?.atoms[i] === atom ? [i] : []));
}

/** Every use gets a constant of its own. */
function write(model: Model, edits: ReadonlyMap<Place, Float32Array>): Model {
  const copy = model.clone();
  for (const [{ use, tensor }, data] of edits) {
    if (!use || !tensor) continue;
    const value = copy.addInitializer(copy.graph, `planted ${use.node} ${use.index}`, floats(tensor.shape, data));
    copy.setInput(copy.getNode(use.node), use.index, value.id);
  }
  copy.sort();
  return copy;
}
