import { defined } from '../base/assert.ts';
import type { Model, Value, ValueOrigin } from '../ir/model.ts';
import { tensorAttribute } from '../ir/attribute.ts';
import { floats, type Tensor } from '../ir/tensor.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import type { ChannelGraph, ChannelGroup } from './groups.ts';
import { leafGroups, type LeafGroup } from './leaves.ts';
import { labelOf } from './relation.ts';
import { sliceTensor } from './slice-tensor.ts';
import type { Cut, Place, Rewrite } from './space.ts';

/** Things that lie on axes, found again by a group that touches one of them. */
class ByRoot<T extends { readonly axes: readonly number[] }> {
  private readonly items = new Map<number, Set<T>>();

  constructor({ space, axes }: ChannelGraph, items: readonly T[]) {
    for (const item of items) {
      for (const axis of item.axes) {
        const root = space.root(axis);
        if (!axes.has(root)) continue;
        const known = this.items.get(root);
        if (known) known.add(item);
        else this.items.set(root, new Set([item]));
      }
    }
  }

  touching(group: ChannelGroup): Set<T> {
    return new Set(group.roots.flatMap((root) => [...(this.items.get(root) ?? [])]));
  }
}

/**
 * Cuts groups out of a model, one after another. Everything is written absolutely, from the uncut constants and the
 * atoms kept so far, so that the order of the groups does not matter.
 */
export class Cutter implements Cut {
  readonly model: Model;
  private readonly graph: ChannelGraph;
  /** By group: kept atoms, where some have been cut. */
  private readonly keptAtoms = new Map<number, ReadonlySet<number>>();
  private readonly keptIndices = new Map<number, readonly number[]>();
  private readonly leavesOn: ByRoot<LeafGroup>;
  private readonly valuesOn: ByRoot<Place>;
  private readonly rewritesOn: ByRoot<Rewrite>;
  /** By leaf group: the constant that holds it now. */
  private readonly holders = new Map<LeafGroup, ValueId>();
  private readonly origins = new Map<ValueId, ValueOrigin | null>();
  private readonly leafOf = new Map<Place, LeafGroup>();
  /** By leaf group: what stands in place of the uncut constant. */
  private readonly bases = new Map<LeafGroup, Tensor>();
  /** By node: a bias that it got, uncut, along an axis. */
  private readonly biases = new Map<NodeId, { readonly axis: number; full: Float64Array; value: ValueId }>();

  constructor(model: Model, graph: ChannelGraph) {
    this.model = model;
    this.graph = graph;
    const { space } = graph;
    const leaves = leafGroups(graph);
    for (const leaf of leaves) for (const place of leaf.places) this.leafOf.set(place, leaf);
    this.leavesOn = new ByRoot(graph, leaves);
    this.valuesOn = new ByRoot(
      graph,
      space.places.filter((place) => place.tensor === null),
    );
    this.rewritesOn = new ByRoot(graph, space.rewrites);
  }

  /** Keeps only the given atoms of a group. */
  apply(group: ChannelGroup, kept: ReadonlySet<number>): void {
    if (kept.size === group.atoms.length && !this.keptAtoms.has(group.index)) return;
    this.keptAtoms.set(group.index, kept);
    for (const root of group.roots) this.keptIndices.delete(root);
    for (const leaf of this.leavesOn.touching(group)) this.cutLeaf(leaf);
    for (const place of this.valuesOn.touching(group)) this.cutValue(place);
    for (const rewrite of this.rewritesOn.touching(group)) rewrite.run(this);
    for (const bias of this.biases.values()) this.model.setInitializer(bias.value, this.biasOf(bias));
  }

  /** The constant of a use as it was before anything was cut, and since changed by `rebase`. */
  uncut(place: Place): Tensor {
    return this.bases.get(this.leafFor(place)) ?? defined(place.tensor, 'a constant');
  }

  /** Puts another constant of the same shape in place of the uncut one; what has been cut stays cut. */
  rebase(place: Place, tensor: Tensor): void {
    const leaf = this.leafFor(place);
    this.bases.set(leaf, tensor);
    const kept = this.keptOf(leaf);
    this.write(leaf, kept.some((each) => each !== null) ? sliceTensor(tensor, kept) : tensor);
  }

  /** Adds to the bias of a node that had none: input 2, float32 [size of `axis`]. */
  addBias(id: NodeId, axis: number, added: Float64Array): void {
    const known = this.biases.get(id);
    if (known) {
      known.full = known.full.map((each, i) => each + (added[i] ?? 0));
      this.model.setInitializer(known.value, this.biasOf(known));
      return;
    }
    const node = this.model.getNode(id);
    const tensor = this.biasOf({ axis, full: added });
    const name = `${node.name || labelOf(this.model, node)}/bias`;
    const { id: value } = this.model.addInitializer(this.model.graph, name, tensor);
    this.model.setInput(node, 2, value);
    this.biases.set(id, { axis, full: added, value });
  }

  private biasOf({ axis, full }: { readonly axis: number; readonly full: Float64Array }): Tensor {
    const kept = this.kept(axis);
    return floats(
      [kept.length],
      Float32Array.from(kept, (index) => full[index] ?? 0),
    );
  }

  /** Constants that no group reaches are leaves of their own once they are changed. */
  private leafFor(place: Place): LeafGroup {
    const known = this.leafOf.get(place);
    if (known) return known;
    const leaf = { place, places: [place], tensor: defined(place.tensor, 'a constant'), axes: place.axes };
    this.leafOf.set(place, leaf);
    return leaf;
  }

  kept(axis: number): readonly number[] {
    const root = this.graph.space.root(axis);
    const known = this.keptIndices.get(root);
    if (known) return known;
    const atoms = this.graph.axes.get(root);
    const kept: number[] = [];
    for (let i = 0; i < this.graph.space.axis(root).size; i++) {
      const group = atoms?.groups[i] ?? -1;
      if (group < 0 || (this.keptAtoms.get(group)?.has(atoms?.atoms[i] ?? -1) ?? true)) kept.push(i);
    }
    this.keptIndices.set(root, kept);
    return kept;
  }

  count(axis: number): number {
    return this.kept(axis).length;
  }

  leaf(place: Place): Tensor {
    const leaf = defined(this.leafOf.get(place), 'the constant of a use');
    const value = this.holders.get(leaf) ?? place.value;
    const initializer = this.model.getGraph(this.model.getValue(value).graph).initializers.get(value);
    return initializer ?? this.constantAttribute(value) ?? defined(place.tensor, 'a constant');
  }

  setLeaf(place: Place, tensor: Tensor): void {
    this.write(defined(this.leafOf.get(place), 'the constant of a use'), tensor);
  }

  private cutLeaf(leaf: LeafGroup): void {
    const kept = this.keptOf(leaf);
    if (kept.some((each) => each !== null)) {
      this.write(leaf, sliceTensor(this.bases.get(leaf) ?? leaf.tensor, kept));
      this.recordOrigin(this.model.getValue(defined(this.holders.get(leaf), 'the holder')), leaf.place, kept);
    }
  }

  private keptOf({ place }: LeafGroup): (readonly number[] | null)[] {
    return place.axes.map((axis) => (this.isWhole(axis) ? null : this.kept(axis)));
  }

  private isWhole(axis: number): boolean {
    const size = this.graph.space.axis(axis).size;
    return size === 0 || this.count(axis) === size;
  }

  /** Puts a constant in place of the old one, in a copy where other uses keep theirs. */
  private write(leaf: LeafGroup, tensor: Tensor): void {
    const value = this.holders.get(leaf) ?? this.claim(leaf, tensor);
    const target = this.model.getValue(value);
    if (target.producer === null) this.model.setInitializer(value, tensor);
    else {
      const node = this.model.getNode(target.producer.node);
      node.attributes.clear();
      node.attributes.set('value', tensorAttribute(tensor));
      target.type = { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape };
    }
  }

  private claim(leaf: LeafGroup, tensor: Tensor): ValueId {
    const { model } = this;
    const original = model.getValue(leaf.place.value);
    const alone = original.uses.length === leaf.places.length && !model.isGraphOutput(original.id);
    const holder = alone ? original.id : this.copy(leaf, original, tensor);
    this.holders.set(leaf, holder);
    return holder;
  }

  private copy(leaf: LeafGroup, original: Value, tensor: Tensor): ValueId {
    const first = defined(leaf.place.use, 'a use');
    const name = `${original.name}/${this.model.getNode(first.node).name || first.node}`;
    const copy = this.model.addInitializer(this.model.graph, name, tensor);
    for (const { use } of leaf.places) {
      if (use) this.model.setInput(this.model.getNode(use.node), use.index, copy.id);
    }
    copy.origin = { relation: 'same', value: original.id };
    return copy.id;
  }

  private constantAttribute(value: ValueId): Tensor | null {
    const producer = this.model.getValue(value).producer;
    const attribute = producer ? this.model.getNode(producer.node).attributes.get('value') : undefined;
    return attribute?.type === 'tensor' ? attribute.value : null;
  }

  private cutValue(place: Place): void {
    const value = this.model.getValue(place.value);
    const kept = place.axes.map((axis) => (this.isWhole(axis) ? null : this.kept(axis)));
    this.recordOrigin(value, place, kept);
    if (value.type?.kind !== 'tensor' || value.type.shape === null) return;
    const shape = value.type.shape.map((dim, i) => kept[i]?.length ?? dim);
    value.type = { ...value.type, shape };
  }

  /** What the value was before the first cut, composed with all cuts so far; two cut axes cannot be said. */
  private recordOrigin(value: Value, place: Place, kept: readonly (readonly number[] | null)[]): void {
    if (!this.origins.has(value.id)) this.origins.set(value.id, value.origin);
    const before = this.origins.get(value.id) ?? null;
    const cuts = kept.flatMap((indices, axis) => (indices ? [{ axis, kept: indices }] : []));
    const [only] = cuts;
    value.origin = only && cuts.length === 1 ? compose(before, place.value, only) : { relation: 'new' };
  }
}

function compose(
  before: ValueOrigin | null,
  value: ValueId,
  cut: { axis: number; kept: readonly number[] },
): ValueOrigin {
  if (before === null) return { relation: 'sliced', value, ...cut };
  if (before.relation === 'same') return { relation: 'sliced', value: before.value, ...cut };
  if (before.relation === 'sliced' && before.axis === cut.axis) {
    return { ...before, kept: cut.kept.map((index) => before.kept[index] ?? 0) };
  }
  return { relation: 'new' };
}
