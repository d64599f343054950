import { BITS } from '../../ir/types.ts';
import { viewAs, type Tensor } from '../../ir/tensor.ts';
import { linearPairs } from '../elements.ts';
import type { ChannelGraph } from '../groups.ts';
import type { Place, StridedAxis } from '../space.ts';
import { indicesOf } from './readers.ts';

/** A slice of a constant: the words of one axis. */
interface Leaf {
  readonly words: ArrayLike<number>;
  readonly size: number;
  /** Words of one element, times those behind it in row-major order. */
  readonly inner: number;
  /** By atom: its indices on the axis. */
  readonly indices: readonly (readonly number[])[];
}

/**
 * Atoms of a group that are the same as an earlier one, whatever the inputs: every slice of every constant that makes
 * them, or that lies on their way to the readers, is equal bit by bit, and they lie alike wherever they are laid out. By
 * atom: the first that it is equal to.
 */
export function copiesIn(graph: ChannelGraph, group: number, candidates: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  if (candidates.length < 2 || isRandom(graph, group)) return found;
  const leaves = leavesOf(graph, group);
  // Nothing that tells them apart would make all of them equal.
  if (leaves.length === 0) return found;
  const layout = layoutsOf(graph, group);
  const firsts = new Map<string, number[]>();
  for (const atom of candidates) {
    const key = `${hashOf(leaves, atom)} ${layout[atom]}`;
    const alike = firsts.get(key) ?? [];
    const same = alike.find((each) => leaves.every((leaf) => equalSlices(leaf, each, atom)));
    if (same === undefined) firsts.set(key, [...alike, atom]);
    else found.set(atom, same);
  }
  return found;
}

/** A Dropout that is told to train treats equal channels differently. */
const isRandom = ({ space, axes }: ChannelGraph, group: number): boolean =>
  space.touches.some(({ axis, node }) => {
    const { opType, inputs } = space.model.getNode(node);
    return opType === 'Dropout' && Boolean(inputs[2]) && (axes.get(space.root(axis))?.groups.includes(group) ?? false);
  });

/** Constants along axes of the group, but for those along which it is read. */
function leavesOf(graph: ChannelGraph, group: number): Leaf[] {
  const { space, groups } = graph;
  const roots = new Set(groups[group]?.roots);
  const read = new Set(space.touches.filter(({ kind }) => kind === 'consumes').map(({ axis }) => axis));
  return space.places.flatMap((place) =>
    place.axes.flatMap((axis, dim) => {
      const own = place.tensor !== null && roots.has(space.root(axis)) && !read.has(axis) && !isIndex(graph, place);
      return own ? [leafOf(place.tensor, dim, indicesOf(graph, group, axis))] : [];
    }),
  );
}

/** Indices of a Gather say where a channel comes from; `layoutsOf` compares that. */
const isIndex = ({ space }: ChannelGraph, { use }: Place): boolean =>
  use?.index === 1 && space.model.getNode(use.node).opType === 'Gather';

function leafOf(tensor: Tensor, dim: number, indices: readonly (readonly number[])[]): Leaf {
  const width = BITS[tensor.dtype] / 8;
  const [dtype, words] = width % 4 === 0 ? (['uint32', width / 4] as const) : (['uint8', width] as const);
  const inner = tensor.shape.slice(dim + 1).reduce((product, each) => product * each, words);
  const raw = viewAs(dtype, tensor.bytes()) as unknown as ArrayLike<number>;
  return { words: raw, size: tensor.shape[dim] ?? 1, inner, indices };
}

/** Runs of words that belong to an index, one for each index of the axes before. */
function* runsOf({ words, size, inner }: Leaf, index: number): Generator<number> {
  for (let start = index * inner; start < words.length; start += size * inner) yield start;
}

/** FNV-1a over 32-bit words, all slices of an atom. */
function hashOf(leaves: readonly Leaf[], atom: number): number {
  let hash = 0x811c9dc5;
  for (const leaf of leaves) {
    for (const index of leaf.indices[atom] ?? []) {
      for (const start of runsOf(leaf, index)) {
        for (let i = start; i < start + leaf.inner; i++) hash = Math.imul(hash ^ (leaf.words[i] ?? 0), 0x01000193);
      }
    }
  }
  return hash >>> 0;
}

function equalSlices(leaf: Leaf, a: number, b: number): boolean {
  const [left, right] = [leaf.indices[a] ?? [], leaf.indices[b] ?? []];
  return (
    left.length === right.length &&
    left.every((index, k) => {
      const shift = ((right[k] ?? 0) - index) * leaf.inner;
      for (const start of runsOf(leaf, index)) {
        for (let i = start; i < start + leaf.inner; i++) if (leaf.words[i] !== leaf.words[i + shift]) return false;
      }
      return true;
    })
  );
}

/**
 * How each atom's indices are laid out where it has several: which of them meet in every relation between axes, and, in
 * a Reshape, how far apart their elements lie. Atoms for which this is equal may be exchanged index by index: the
 * exchange moves elements by equal distances on both sides.
 */
function layoutsOf(graph: ChannelGraph, group: number): string[] {
  const { space, groups } = graph;
  const { atoms, roots } = groups[group] ?? { atoms: [], roots: [] };
  const rows: Set<string>[] = atoms.map(() => new Set());
  const on = new Map(roots.map((root) => [root, placesOf(indicesOf(graph, group, root))]));
  if (roots.every((root) => (on.get(root)?.size ?? 0) <= atoms.length)) return rows.map(() => '');
  const relate = (name: string, x: number, y: number, i: number, j: number, apart: number): void => {
    const [from, to] = [on.get(space.root(x))?.get(i), on.get(space.root(y))?.get(j)];
    if (from && to) rows[from.atom]?.add(`${name}:${from.rank}:${to.rank}:${apart}`);
  };
  const isOn = (axis: number): boolean => on.has(space.root(axis));
  space.maps.forEach(({ a, b, pairs }, n) => {
    if (isOn(a) && isOn(b)) pairs((i, j) => relate(`m${n}`, a, b, i, j, 0));
  });
  space.blocks.forEach(({ inputs, outputs }, n) => {
    for (const x of inputs.filter(({ axis }) => isOn(axis))) {
      for (const y of outputs.filter(({ axis }) => isOn(axis))) {
        eachPair(graph, x, y, (i, j) => relate(`b${n}`, x.axis, y.axis, i, j, i * x.stride - j * y.stride));
      }
    }
  });
  return rows.map((row) => [...row].sort().join());
}

function eachPair(
  { space }: ChannelGraph,
  x: StridedAxis,
  y: StridedAxis,
  visit: (i: number, j: number) => void,
): void {
  if (x.stride === 0 || y.stride === 0) return;
  linearPairs(x, space.axis(x.axis).size, y, space.axis(y.axis).size, visit);
}

/** By index: its atom, and which of the atom's indices it is. */
function placesOf(indices: readonly (readonly number[])[]): Map<number, { atom: number; rank: number }> {
  return new Map(indices.flatMap((list, atom) => list.map((index, rank) => [index, { atom, rank }] as const)));
}
