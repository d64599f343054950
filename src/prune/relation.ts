import type { Attribute, Model, Node } from '../ir/model.ts';
import { int64s, tensorOf, type Tensor } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import { reshapeBlocks } from './blocks.ts';
import type { SizeSource, SizeTracer } from './sizes.ts';
import type { Cut, Pairs, Place, Space } from './space.ts';

/** How a person finds a node again. */
export function labelOf(model: Model, node: Node): string {
  const output = node.outputs.find((each) => each !== null);
  const name = node.name || (output ? model.getValue(output).name : '');
  // `anchor:rule`: what the rule was called says nothing here.
  const plain = node.madeBy === null ? name : name.replace(/:[^:/]+$/, '');
  return plain ? `${node.opType} ${plain}` : node.opType;
}

/**
 * One row of the axis-rules table. `relate` says which axes of a node's inputs and outputs equal or map to one another;
 * every axis that it does not mention is frozen, so silence is safe.
 */
export interface AxisRule {
  /** The member's role in a group: `tied`, `offset map`, … */
  readonly role: string;
  /** Why its channels go together, one sentence without subject: "adds channel i to channel i". */
  readonly why: string;
  /** What it does along the axes that stay frozen, for the reason: "slides over". */
  readonly barrier: string;
  /** Input slots whose integers the rule follows as sizes. */
  readonly sizes?: readonly number[];
  relate(r: Relation): void;
}

/** What a rule sees of one node, and the verbs by which it relates axes. */
export class Relation {
  readonly space: Space;
  readonly node: Node;
  readonly tracer: SizeTracer;
  readonly inputs: readonly (Place | null)[];
  readonly outputs: readonly (Place | null)[];
  private readonly mentioned = new Set<number>();
  private readonly isConstant: (value: ValueId) => boolean;

  constructor(space: Space, node: Node, tracer: SizeTracer, isConstant: (value: ValueId) => boolean) {
    this.space = space;
    this.node = node;
    this.tracer = tracer;
    this.isConstant = isConstant;
    this.inputs = node.inputs.map((_, index) => space.input(node, index));
    this.outputs = node.outputs.map((value) => (value === null ? null : space.value(value)));
  }

  get opset(): number {
    return this.space.model.opset('');
  }
  input(index: number): Place | null {
    return this.inputs[index] ?? null;
  }
  output(index = 0): Place | null {
    return this.outputs[index] ?? null;
  }
  /** Whether an output is read by anyone. */
  used(index: number): boolean {
    const value = this.node.outputs[index];
    return value !== null && value !== undefined && this.space.model.isUsed(value);
  }
  /** Whether a place holds weights: a constant, or computed from constants alone. */
  constant(place: Place): boolean {
    return place.tensor !== null || this.isConstant(place.value);
  }

  /** Freezes a node whose weight is not constant, and says what would help. */
  refuseWeights(weight: Place | null, axis: number): void {
    const { graph } = this.space.model;
    const input = weight !== null && graph.inputs.includes(weight.value);
    this.touch(weight, axis, 'produces');
    if (input && graph.initializers.has(weight.value)) {
      this.freezeAll('its weights are an input with a default; freeze-initializers makes them constant');
    } else this.freezeAll(input ? 'its weights are a graph input' : 'its weights are computed while it runs');
  }

  /** Axis i of `a` equals axis j of `b`, index by index. */
  same(a: Place | null, i: number, b: Place | null, j: number): void {
    if (!a || !b) return;
    const [x, y] = [this.id(a, i), this.id(b, j)];
    if (x !== null && y !== null) this.space.join(x, y, this.node.id);
  }

  /** Every axis of `a` equals the same axis of `b`. */
  sameAll(a: Place | null, b: Place | null): void {
    a?.shape.forEach((_, i) => this.same(a, i, b, i));
  }

  map(a: Place | null, i: number, b: Place | null, j: number, pairs: Pairs): void {
    if (!a || !b) return;
    const [x, y] = [this.id(a, i), this.id(b, j)];
    if (x === null || y === null) return;
    if (this.space.axis(x).size > 0 && this.space.axis(y).size > 0) this.space.maps.push({ a: x, b: y, pairs });
    else for (const axis of [x, y]) this.space.freeze(axis, this.node.id, 'its size is not known');
  }

  /** Operands aligned at the right; axes of size 1 are exempt (ONNX broadcasting). */
  broadcast(operands: readonly (Place | null)[], result: Place | null, shift = 0): void {
    if (!result) return;
    for (const operand of operands) {
      operand?.shape.forEach((dim, i) => {
        const j = i + result.shape.length - operand.shape.length + shift;
        if (dim === 1 && result.shape[j] !== 1) this.exempt(operand, i);
        else this.same(operand, i, result, j);
      });
    }
  }

  /** Known to carry no channels here, or nothing to say about it. */
  exempt(place: Place | null, i: number): void {
    if (place) this.id(place, i);
  }

  freeze(place: Place | null, i: number, reason: string): void {
    const axis = place ? this.id(place, i) : null;
    if (axis !== null) this.space.freeze(axis, this.node.id, reason);
  }

  freezeAll(reason: string): void {
    for (const place of [...this.inputs, ...this.outputs]) {
      place?.shape.forEach((_, i) => this.freeze(place, i, reason));
    }
  }

  /** The axis of a weight along which the node makes channels. */
  produces(weight: Place | null, i: number): void {
    this.touch(weight, i, 'produces');
  }
  /** The axis of a weight along which the node sums over channels: nothing beyond it depends on them. */
  consumes(weight: Place | null, i: number): void {
    this.touch(weight, i, 'consumes');
  }
  /** The axis holds attention heads. */
  heads(place: Place, i: number): void {
    const axis = this.id(place, i);
    if (axis !== null) this.space.heads.push(axis);
  }
  /**
   * The node takes statistics over an axis, which a cut changes. True where that is wanted (`acrossNorms`): the rule may
   * go on as if the axis passed. Else the axis stays unmentioned, and so is frozen.
   */
  takesStatistics(place: Place | null, i: number): boolean {
    const axis = place?.axes.at(i);
    if (!place || axis === undefined) return false;
    this.space.norms.push({ axis, node: this.node.id });
    if (this.space.acrossNorms) this.exempt(place, i);
    return this.space.acrossNorms;
  }
  weighs(place: Place | null): void {
    if (place) this.space.weights.add(place);
  }

  /** The node's MACs are proportional to the product of these axes' sizes. */
  work(...axes: readonly (readonly [Place | null, number])[]): void {
    const ids = axes.map(([place, i]) => (place ? this.id(place, i) : null));
    this.space.work.set(
      this.node.id,
      ids.filter((each) => each !== null),
    );
  }

  /** Equal elements in row-major order on both sides: Reshape, Flatten, Squeeze, Unsqueeze. */
  reshape(input: Place | null, output: Place | null): void {
    if (!input || !output) return;
    for (const place of [input, output]) place.shape.forEach((_, i) => this.exempt(place, i));
    const { pairs, blocks } = reshapeBlocks(input, output);
    for (const [i, j] of pairs) this.same(input, i, output, j);
    const constant = this.constant(input);
    for (const block of blocks) this.space.blocks.push({ node: this.node.id, constant, ...block });
  }

  /** Runs `rewrite` after each cut of one of the axes. */
  onCut(axes: readonly (readonly [Place, number])[], rewrite: (cut: Cut) => void): void {
    const ids = axes.map(([place, i]) => this.id(place, i)).filter((each) => each !== null);
    this.space.rewrites.push({ axes: ids, run: rewrite });
  }

  /** A constant that is written anew, in a copy of this use's own, once one of the axes is cut. */
  own(leaf: Place, axes: readonly (readonly [Place, number])[]): void {
    const ids = axes.map(([place, i]) => this.id(place, i)).filter((each) => each !== null);
    this.space.owned.push({ place: leaf, axes: ids });
  }

  /**
   * Axis i of `place` has the size that `source` says: it follows by itself, is written anew after a cut, or, where
   * neither can be shown, freezes.
   */
  sized(place: Place, i: number, source: SizeSource | undefined): void {
    if (source?.kind === 'size' && this.space.analysis.constant(source.value) === null) {
      this.same(place, i, this.space.value(source.value), source.dim);
      return;
    }
    if (source?.kind === 'constant' && source.exclusive) {
      const leaf = this.space.input(source.node, source.slot);
      const axis = this.id(place, i);
      if (leaf && axis !== null) {
        this.own(leaf, [[place, i]]);
        this.onCut([[place, i]], (cut) =>
          cut.setLeaf(leaf, withElement(cut.leaf(leaf), source.index, cut.count(axis))),
        );
        return;
      }
    }
    this.freeze(place, i, 'its size is computed in a way that cannot be followed');
  }

  /** Freezes what the rule did not mention. */
  finish(barrier: string): void {
    for (const place of [...this.inputs, ...this.outputs]) {
      place?.axes.forEach((axis, i) => {
        if (!this.mentioned.has(axis)) this.freeze(place, i, barrier);
      });
    }
    for (const axis of this.mentioned) this.space.touches.push({ axis, node: this.node.id, kind: 'passes' });
  }

  private touch(place: Place | null, i: number, kind: 'produces' | 'consumes'): void {
    const axis = place ? this.id(place, i) : null;
    if (axis !== null) this.space.touches.push({ axis, node: this.node.id, kind });
  }

  /** The axis' id, marked as mentioned; negative dims count from the back; null: there is no such axis. */
  private id(place: Place, i: number): number | null {
    const axis = place.axes.at(i);
    if (axis === undefined || i < -place.axes.length) return null;
    this.mentioned.add(axis);
    return axis;
  }
}

/** A copy of a small integer vector with one element replaced. */
export function withElement(tensor: Tensor, index: number, value: number): Tensor {
  const elements = Array.from(tensor.numbers());
  elements[index] = value;
  return integers(tensor, elements);
}

/** A vector of the same integer type. */
export function integers(like: Tensor, elements: readonly number[]): Tensor {
  const shape = like.shape.length === 0 ? [] : [elements.length];
  return like.dtype === 'int32' ? tensorOf('int32', shape, Int32Array.from(elements)) : int64s(elements, shape);
}

export function setAttribute(r: Relation, cut: Cut, name: string, attribute: Attribute): void {
  cut.model.getNode(r.node.id).attributes.set(name, attribute);
}
