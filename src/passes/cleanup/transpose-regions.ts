import type { Graph, Model, Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { isWhole } from '../../ops/registry.ts';
import { outputsOf } from '../../rewrite/graphs.ts';
import { constantOf } from '../../rewrite/match.ts';
import { NO_NODE, type PassContext } from '../../rewrite/pass.ts';
import { inputOf, outputOf, producerOf, readersOf } from './ends.ts';
import { crossingOf, type Crossing } from './layout-free.ts';
import { canPermute, composed, isIdentity, permOf, type Perm } from './permutation.ts';

/** An operator between Transposes that may as well run before them. */
interface Inner {
  readonly node: Node;
  readonly perm: Perm;
  readonly crossing: Crossing;
}

/** A part of a graph that runs on what its Transposes read, with Transposes where its results leave it. */
export interface Region {
  readonly perm: Perm;
  /** In topological order. */
  readonly inner: readonly Inner[];
  /** Transposes whose results it reads. */
  readonly sources: readonly Node[];
  /** Transposes fewer: those that go, less those that come. */
  readonly gain: number;
}

export const isTranspose = (node: Node): boolean => node.opType === 'Transpose' && node.domain === '' && isWhole(node);

/** Regions of a graph that have fewer Transposes once these are moved behind them. */
export function regionsOf(context: PassContext, graph: Graph): Region[] {
  const layouts = new Layouts(context, graph.nodes);
  layouts.trim();
  return layouts.regions().filter((region) => region.gain > 0);
}

/** The region that is made of just these nodes, if there is still something to gain. */
export function regionAmong(context: PassContext, nodes: readonly NodeId[]): Region | null {
  const [region, ...others] = new Layouts(context, nodes).regions();
  return region && others.length === 0 && region.gain > 0 ? region : null;
}

/** Larger constants are transposed only where nothing else reads them: no second copy is written. */
const SMALL_CONSTANT = 4096;

/** Whether a constant operand can be given the layout of the others. */
function isMovable(context: PassContext, value: ValueId, perm: Perm): boolean {
  const tensor = constantOf(context, value);
  if (!tensor || tensor.shape.length > perm.length) return false;
  if (tensor.size === 1) return true;
  return canPermute(tensor) && (tensor.size <= SMALL_CONSTANT || context.model.getValue(value).uses.length === 1);
}

/** Transposes that read a value, with what they do to it once it is no longer transposed by `perm`. */
export function sinksOf(context: PassContext, value: ValueId, perm: Perm): { node: Node; perm: Perm }[] {
  const { model } = context;
  return readersOf(model, value).flatMap((node) => {
    const second = isTranspose(node) && node.graph === model.getValue(value).graph ? permOf(context, node) : null;
    return second ? [{ node, perm: composed(perm, second) }] : [];
  });
}

class Layouts {
  private readonly context: PassContext;
  private readonly model: Model;
  /** Transposes by their result. */
  private readonly sources = new Map<ValueId, { node: Node; perm: Perm }>();
  private readonly inner = new Map<NodeId, Inner>();
  /** Values that are a Transpose of something by this perm, or could be. */
  private readonly perms = new Map<ValueId, Perm>();

  /** `nodes` in topological order. */
  constructor(context: PassContext, nodes: Iterable<NodeId>) {
    this.context = context;
    this.model = context.model;
    for (const id of nodes) this.visit(this.model.getNode(id));
  }

  private visit(node: Node): void {
    if (!isWhole(node)) return;
    if (isTranspose(node)) {
      const perm = permOf(this.context, node);
      if (!perm || isIdentity(perm)) return;
      this.sources.set(outputOf(node), { node, perm });
      this.perms.set(outputOf(node), perm);
      return;
    }
    const perm = node.inputs.map((input) => (input === null ? undefined : this.perms.get(input))).find(Boolean);
    const crossing = perm && crossingOf(this.context, node, perm);
    if (!perm || !crossing || !this.carries(node, crossing, perm)) return;
    this.inner.set(node.id, { node, perm, crossing });
    for (const output of outputsOf(node)) this.perms.set(output, perm);
  }

  /** At least one carrier is transposed, all of them alike, and the others are constants that can be. */
  private carries(node: Node, { carriers }: Crossing, perm: Perm): boolean {
    let transposed = 0;
    for (const index of carriers) {
      const value = node.inputs[index] ?? null;
      const own = value === null ? undefined : this.perms.get(value);
      if (own && own.join() === perm.join()) transposed++;
      else if (value === null || own || !isMovable(this.context, value, perm)) return false;
    }
    return transposed > 0;
  }

  /** From the ends: a node is left out where its region has no more Transposes without it. */
  trim(): void {
    for (const each of [...this.inner.values()].reverse()) {
      const outputs = outputsOf(each.node);
      if (outputs.some((output) => this.insideReaders(output).length > 0)) continue;
      let kept = 0;
      for (const output of outputs) kept += this.identitySinks(output, each.perm) - (this.leaves(output) ? 1 : 0);
      kept -= each.crossing.cost;
      const before = this.carried(each).reduce((sum, value) => sum + this.worth(value), 0);
      this.inner.delete(each.node.id);
      const after = this.carried(each).reduce((sum, value) => sum + this.worth(value), 0);
      if (after < before + kept) this.inner.set(each.node.id, each);
    }
  }

  private carried({ node, crossing }: Inner): ValueId[] {
    const values = crossing.carriers.map((index) => node.inputs[index] ?? null).filter((value) => value !== null);
    return [...new Set(values)].filter((value) => this.perms.has(value));
  }

  /** What a value that is read inside gives: 1 for a Transpose that goes, -1 for one that comes. */
  private worth(value: ValueId): number {
    if (this.sources.has(value)) return this.isFreed(value) ? 1 : 0;
    return this.leaves(value) ? -1 : 0;
  }

  private insideReaders(value: ValueId): Inner[] {
    return this.model.getValue(value).uses.flatMap((use) => {
      const reader = this.inner.get(use.node);
      return reader?.crossing.carriers.includes(use.index) ? [reader] : [];
    });
  }

  /** Nothing but the region reads this result of a Transpose. */
  private isFreed(value: ValueId): boolean {
    const inside = this.insideReaders(value).length;
    return inside > 0 && inside === this.model.getValue(value).uses.length && !this.model.isGraphOutput(value);
  }

  /** A result that is needed as it was: by a node outside that is no Transpose, or as graph output. */
  private leaves(value: ValueId): boolean {
    if (this.model.isGraphOutput(value)) return true;
    return this.model.getValue(value).uses.some((use) => {
      const reader = this.model.getNode(use.node);
      const inside = this.inner.get(use.node)?.crossing.carriers.includes(use.index) ?? false;
      const isSink = isTranspose(reader) && reader.graph === this.model.getValue(value).graph;
      return !inside && !(isSink && permOf(this.context, reader));
    });
  }

  private identitySinks(value: ValueId, perm: Perm): number {
    return sinksOf(this.context, value, perm).filter(({ perm: all }) => isIdentity(all)).length;
  }

  /** What hangs together through values inside. */
  regions(): Region[] {
    const parents = new Map<Inner, Inner>();
    const rootOf = (each: Inner): Inner => {
      let root = each;
      for (let next = parents.get(root); next; next = parents.get(root)) root = next;
      if (root !== each) parents.set(each, root);
      return root;
    };
    const join = (a: Inner, b: Inner): void => {
      const [left, right] = [rootOf(a), rootOf(b)];
      if (left !== right) parents.set(left, right);
    };
    const firstReader = new Map<ValueId, Inner>();
    for (const each of this.inner.values()) {
      for (const value of this.carried(each)) {
        const producer = this.model.getValue(value).producer;
        const maker = producer && this.inner.get(producer.node);
        if (maker) join(each, maker);
        const other = firstReader.get(value);
        if (other) join(each, other);
        else firstReader.set(value, each);
      }
    }
    const groups = new Map<Inner, Inner[]>();
    for (const each of this.inner.values()) {
      const group = groups.get(rootOf(each));
      if (group) group.push(each);
      else groups.set(rootOf(each), [each]);
    }
    return [...groups.values()].map((inner) => this.toRegion(inner));
  }

  private toRegion(inner: readonly Inner[]): Region {
    const sources = new Map<ValueId, Node>();
    let gain = 0;
    for (const each of inner) {
      for (const value of this.carried(each)) {
        const source = this.sources.get(value);
        if (source) sources.set(value, source.node);
      }
      for (const output of outputsOf(each.node)) {
        gain += this.identitySinks(output, each.perm) - (this.leaves(output) ? 1 : 0);
      }
      gain -= each.crossing.cost;
    }
    for (const value of sources.keys()) if (this.isFreed(value)) gain++;
    const own = new Set(inner.map((each) => each.node.id));
    const turnsBack = [...sources.values()].some((node) =>
      own.has(producerOf(this.model, inputOf(node), node)?.id ?? NO_NODE),
    );
    return { perm: inner[0]?.perm ?? [], inner, sources: [...sources.values()], gain: turnsBack ? 0 : gain };
  }
}
