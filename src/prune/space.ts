import type { Analysis } from '../analysis/analyze.ts';
import { defined } from '../base/assert.ts';
import type { Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { BITS, type Dim, type NodeId, type ValueId } from '../ir/types.ts';
import { UnionFind } from './union.ts';

/**
 * Where an axis lives: a computed value, or one *use* of a constant (uses of a shared constant may be cut differently;
 * it is cloned then).
 */
export interface Place {
  readonly id: number;
  readonly value: ValueId;
  /** Set for constants only. */
  readonly use: { readonly node: NodeId; readonly index: number } | null;
  readonly tensor: Tensor | null;
  readonly shape: readonly Dim[];
  /** Ids of its axes, in order. */
  readonly axes: readonly number[];
}

/** One axis of one place. */
export interface Axis {
  readonly place: Place;
  readonly dim: number;
  /** 0: not a known number; such an axis is never cut. */
  readonly size: number;
}

/** Index i of axis `a` and index j of axis `b` stay or go together. */
export type Pairs = (visit: (i: number, j: number) => void) => void;

export interface IndexMap {
  readonly a: number;
  readonly b: number;
  readonly pairs: Pairs;
}

/** Axes on both sides of a Reshape whose row-major products are equal, decided last (see `blocks.ts`). */
export interface ReshapeBlock {
  readonly node: NodeId;
  readonly inputs: readonly StridedAxis[];
  readonly outputs: readonly StridedAxis[];
  /** The reshaped value is computed from constants only: decided after those that carry activations. */
  readonly constant: boolean;
}
/** `stride`: elements between neighbours along the axis, within the block; 0: unknown. */
export interface StridedAxis {
  readonly axis: number;
  readonly stride: number;
}

export interface Freeze {
  readonly axis: number;
  readonly node: NodeId | null;
  readonly reason: string;
}

/** A node's touch on an axis: how the axis is described in a group. */
export interface Touch {
  readonly axis: number;
  readonly node: NodeId;
  readonly kind: 'produces' | 'consumes' | 'passes';
}

/** What a cut looks like to the closures that rewrite attributes and shape constants. Indices are the uncut model's. */
export interface Cut {
  readonly model: Model;
  kept(axis: number): readonly number[];
  count(axis: number): number;
  /** Replaces a constant that only this use reads (see `Space.ownLeaf`). */
  setLeaf(place: Place, tensor: Tensor): void;
  /** The constant as it is now. */
  leaf(place: Place): Tensor;
}
/** Runs again, absolutely, whenever one of `axes` has been cut. */
export interface Rewrite {
  readonly axes: readonly number[];
  readonly run: (cut: Cut) => void;
}

/** A constant integer that has to be written anew, in a private copy, once one of `axes` is cut. */
export interface OwnedLeaf {
  readonly place: Place;
  readonly axes: readonly number[];
}

/** New constant elements that appear once one of `axes` is cut (explicit Split sizes). */
export interface AddedConstant {
  readonly axes: readonly number[];
  readonly elements: number;
  readonly bytes: number;
}

/**
 * All places of the main graph, their axes, and what the operators' rules say of them. Axes that are equal index by
 * index are joined at once; other relations wait until every axis is known.
 */
export class Space {
  readonly model: Model;
  readonly analysis: Analysis;
  readonly places: Place[] = [];
  readonly axes: Axis[] = [];
  readonly maps: IndexMap[] = [];
  readonly blocks: ReshapeBlock[] = [];
  readonly freezes: Freeze[] = [];
  readonly touches: Touch[] = [];
  readonly rewrites: Rewrite[] = [];
  readonly owned: OwnedLeaf[] = [];
  readonly added: AddedConstant[] = [];
  /** By node: axes whose sizes' product the node's MACs are proportional to. */
  readonly work = new Map<NodeId, readonly number[]>();
  /** Axes that hold attention heads, with their channels or without. */
  readonly heads: number[] = [];
  /** Axes that a norm takes its statistics over. */
  readonly norms: { readonly axis: number; readonly node: NodeId }[] = [];
  /** Whether axes that a norm takes its statistics over are cut. */
  readonly acrossNorms: boolean;
  /** Constants whose slices count as weight in the importance. */
  readonly weights = new Set<Place>();
  /** Graph inputs, those with a default among them: what a caller may give has a fixed shape. */
  private readonly overridable: ReadonlySet<ValueId>;
  private readonly joined = new UnionFind();
  private readonly values = new Map<ValueId, Place | null>();
  private readonly uses = new Map<string, Place | null>();

  constructor(model: Model, analysis: Analysis, acrossNorms: boolean) {
    this.acrossNorms = acrossNorms;
    this.model = model;
    this.analysis = analysis;
    this.overridable = new Set(model.graph.inputs);
  }

  /** The place that an input slot reads; null: left out, or of unknown rank. */
  input(node: Node, index: number): Place | null {
    const value = node.inputs[index];
    if (value === null || value === undefined) return null;
    const tensor = this.overridable.has(value) ? null : this.analysis.constant(value);
    if (tensor === null) return this.value(value);
    const key = `${node.id}:${index}`;
    const known = this.uses.get(key);
    if (known !== undefined) return known;
    const place = this.place(value, { node: node.id, index }, tensor, tensor.shape);
    this.uses.set(key, place);
    if (BITS[tensor.dtype] < 8) this.freezeAll(place, null, `${tensor.dtype} elements are packed below a byte`);
    return place;
  }

  /** The place of a computed value or graph input; null: of unknown rank. */
  value(value: ValueId): Place | null {
    const known = this.values.get(value);
    if (known !== undefined) return known;
    const shape = this.analysis.shape(value);
    const place = shape === null ? null : this.place(value, null, null, shape);
    this.values.set(value, place);
    return place;
  }

  axis(id: number): Axis {
    return defined(this.axes[id], `axis ${id}`);
  }

  /** The leader of the axes that equal this one index by index. */
  root(axis: number): number {
    return this.joined.find(axis);
  }

  /** Ties two axes index by index; unequal or unknown sizes freeze both. */
  join(a: number, b: number, node: NodeId): void {
    const [x, y] = [this.axis(a).size, this.axis(b).size];
    if (x === y && x > 0) this.joined.union(a, b);
    else if (x !== y) {
      for (const axis of [a, b]) this.freeze(axis, node, 'its sizes before and after cannot be shown to agree');
    }
  }

  freeze(axis: number, node: NodeId | null, reason: string): void {
    this.freezes.push({ axis, node, reason });
  }

  freezeAll(place: Place, node: NodeId | null, reason: string): void {
    for (const axis of place.axes) this.freeze(axis, node, reason);
  }

  private place(value: ValueId, use: Place['use'], tensor: Tensor | null, shape: readonly Dim[]): Place {
    const first = this.joined.add(shape.length);
    const place: Place = { id: this.places.length, value, use, tensor, shape, axes: shape.map((_, i) => first + i) };
    shape.forEach((dim, i) => this.axes.push({ place, dim: i, size: typeof dim === 'number' ? dim : 0 }));
    this.places.push(place);
    return place;
  }
}
