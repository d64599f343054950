import type { Analysis } from '../../analysis/analyze.ts';
import { rowsOfModel } from '../../analysis/inner-rows.ts';
import type { KernelTime } from '../../bench/types.ts';
import type { Model, Node } from '../../ir/model.ts';
import { staticShape, type NodeId } from '../../ir/types.ts';
import { FUSIONS, MOVERS, type Fusion } from './fusions.ts';
import { served } from './served.ts';

/**
 * How a kernel belongs to a node: it bears its name; the runtime made it out of the node and others; it moves data for
 * it; or (`runtime`, without a node) nothing is known.
 */
export type KernelRole = 'own' | 'fused' | 'serves' | 'runtime';
export interface KernelPlace {
  readonly node: NodeId | null;
  readonly role: KernelRole;
}

export interface Attribution {
  /** By kernel, as in the profile. */
  readonly places: readonly KernelPlace[];
  /** Nodes that are computed inside of another node's kernel, and that node. */
  readonly inside: ReadonlyMap<NodeId, NodeId>;
  /** Nodes that depend on no input: the runtime computes them when it loads the model. */
  readonly onLoad: ReadonlySet<NodeId>;
}

/** The profile knows nodes by name only, and files may leave names out: each gets one that holds its id. */
export const profileName = (id: NodeId): string => `#${id}`;

/** The runtime names a node that it fused after one of them: `#12_nchwc`, `#12/MatMulAddFusion`, `fused #12`. */
export function idInName(name: string): NodeId | null {
  const digits = /#(\d+)(?!\d)/.exec(name)?.[1];
  return digits === undefined ? null : (Number(digits) as NodeId);
}

/**
 * Finds the node of each kernel. Those that kept a name are places to go by: a node without a kernel runs after the
 * last kernel that it depends on and before the first that depends on it, so a kernel that lost its name stands for
 * nodes whose time that is, and which its operator is known to hold. What is left and adjacent to a kernel that can
 * hold it is computed inside of it.
 *
 * @param atLoad what is known when the runtime loads the model
 * @param analysis with the symbols bound to the sizes that the model was run with
 */
export function attribute(
  model: Model,
  atLoad: Analysis,
  analysis: Analysis,
  kernels: readonly KernelTime[],
): Attribution {
  const { nodes } = rowsOfModel(model, analysis);
  return new Attributor(model, atLoad, analysis, nodes, kernels).run();
}

class Attributor {
  private readonly model: Model;
  private readonly atLoad: Analysis;
  private readonly analysis: Analysis;
  private readonly nodes: readonly Node[];
  private readonly kernels: readonly KernelTime[];
  private readonly places: KernelPlace[];
  private readonly inside = new Map<NodeId, NodeId>();
  private readonly onLoad = new Set<NodeId>();
  /** Place in the order of kernels, of nodes that have one: their own, or that which they are part of. */
  private readonly at = new Map<NodeId, number>();
  private after = new Map<NodeId, number>();
  private before = new Map<NodeId, number>();

  constructor(
    model: Model,
    atLoad: Analysis,
    analysis: Analysis,
    nodes: readonly Node[],
    kernels: readonly KernelTime[],
  ) {
    this.model = model;
    this.atLoad = atLoad;
    this.analysis = analysis;
    this.nodes = nodes;
    this.kernels = kernels;
    this.places = kernels.map(({ node }) => this.placeByName(node));
    this.places.forEach(({ node }, place) => {
      if (node !== null && !this.at.has(node)) this.at.set(node, place);
    });
  }

  run(): Attribution {
    this.findConstants();
    this.measureSlots();
    this.kernels.forEach((kernel, place) => this.placeByCore(kernel, place));
    this.measureSlots();
    this.kernels.forEach((kernel, place) => this.absorb(kernel, place));
    this.serve();
    return { places: this.places, inside: this.inside, onLoad: this.onLoad };
  }

  private placeByName(name: string): KernelPlace {
    const node = idInName(name);
    return node !== null && this.model.nodes.has(node) ? { node, role: 'own' } : { node: null, role: 'runtime' };
  }

  /** What follows from constants alone, or from shapes that are fixed. */
  private findConstants(): void {
    for (const node of this.nodes) {
      if (this.at.has(node.id)) continue;
      const known = node.outputs.every((id) => {
        if (id === null || this.atLoad.constant(id)) return true;
        return this.atLoad.contents(id)?.every((each) => typeof each === 'number') ?? false;
      });
      const fed = node.inputs.every((id) => {
        if (id === null || this.atLoad.constant(id)) return true;
        const producer = this.model.getValue(id).producer;
        return producer !== null && this.onLoad.has(producer.node);
      });
      const holdsGraphs = [...node.attributes.values()].some(({ type }) => type === 'graph' || type === 'graphs');
      if (known || (fed && !holdsGraphs && !node.opType.startsWith('Random'))) this.onLoad.add(node.id);
    }
  }

  /** For every node without a kernel: the last kernel that it needs, and the first that needs it. */
  private measureSlots(): void {
    this.after = new Map();
    this.before = new Map();
    for (const node of this.nodes) {
      let last = -1;
      for (const producer of this.producersOf(node)) {
        last = Math.max(last, this.at.get(producer) ?? this.after.get(producer) ?? -1);
      }
      this.after.set(node.id, last);
    }
    for (const node of this.nodes.toReversed()) {
      let first = Infinity;
      for (const consumer of this.consumersOf(node)) {
        first = Math.min(first, this.at.get(consumer) ?? this.before.get(consumer) ?? Infinity);
      }
      this.before.set(node.id, first);
    }
  }

  private *producersOf(node: Node): Generator<NodeId> {
    for (const id of node.inputs) {
      const producer = id === null ? null : this.model.getValue(id).producer;
      if (producer) yield producer.node;
    }
  }

  private *consumersOf(node: Node): Generator<NodeId> {
    for (const id of node.outputs) if (id !== null) for (const use of this.model.getValue(id).uses) yield use.node;
  }

  private isFree(id: NodeId): boolean {
    return !this.at.has(id) && !this.onLoad.has(id);
  }

  /** A kernel that lost its name: the first place in the graph that it can stand for. */
  private placeByCore(kernel: KernelTime, place: number): void {
    const fusion = FUSIONS[kernel.op];
    if (!fusion?.core || this.places[place]?.node !== null) return;
    const isHere = (id: NodeId): boolean => (this.after.get(id) ?? -1) < place && (this.before.get(id) ?? -1) > place;
    const held = (node: Node): boolean => isHere(node.id) && (fusion.holds?.has(node.opType) ?? false);
    let chosen: readonly Node[] | null = null;
    for (const node of this.nodes) {
      if (!fusion.core.has(node.opType) || !this.isFree(node.id) || !isHere(node.id)) continue;
      const region = this.grow(node, held);
      const fits = this.gives(region, kernel);
      if (fits) chosen = region;
      else chosen ??= region;
      if (fits) break;
    }
    if (!chosen) return;
    const anchor = this.heaviest(chosen);
    this.places[place] = { node: anchor.id, role: 'fused' };
    this.claim(chosen, anchor, place);
  }

  /** What a kernel holds beside the node that it is named after. */
  private absorb(kernel: KernelTime, place: number): void {
    const { node: id, role } = this.places[place] ?? { node: null, role: 'runtime' };
    const fusion = FUSIONS[kernel.op];
    const anchor = id === null ? undefined : this.model.nodes.get(id);
    if (!fusion || !anchor || role !== 'own' || this.at.get(anchor.id) !== place) return;
    this.claim(
      this.grow(anchor, (node) => this.isHeld(node, fusion, place)),
      anchor,
      place,
    );
  }

  private isHeld({ id, opType }: Node, { holds, after, before }: Fusion, place: number): boolean {
    const [last, first] = [this.after.get(id) ?? -1, this.before.get(id) ?? -1];
    if (holds?.has(opType) && last <= place && place <= first) return true;
    return (last === place && (after?.has(opType) ?? false)) || (first === place && (before?.has(opType) ?? false));
  }

  /** The free nodes that `held` takes, from one on, along the wires in both directions. */
  private grow(start: Node, held: (node: Node) => boolean): Node[] {
    const region = new Map([[start.id, start]]);
    for (const node of region.values()) {
      for (const id of [...this.producersOf(node), ...this.consumersOf(node)]) {
        const next = this.model.getNode(id);
        if (!region.has(id) && next.graph === start.graph && this.isFree(id) && held(next)) region.set(id, next);
      }
    }
    return [...region.values()];
  }

  private claim(region: readonly Node[], anchor: Node, place: number): void {
    for (const { id } of region) {
      if (!this.at.has(id)) this.at.set(id, place);
      if (id !== anchor.id) this.inside.set(id, anchor.id);
    }
  }

  /** Whether some value of the nodes has the shape that the kernel gave. */
  private gives(region: readonly Node[], { outputs }: KernelTime): boolean {
    const wanted = outputs[0]?.shape.join();
    return region.some(({ outputs: values }) => values.some((id) => id !== null && this.shapeText(id) === wanted));
  }

  private shapeText(id: Node['outputs'][number]): string | null {
    return id === null ? null : (staticShape(this.analysis.shape(id))?.join() ?? null);
  }

  /** The node with the most MACs; where none has any, that which comes last. */
  private heaviest(region: readonly Node[]): Node {
    const macs = (node: Node): number => this.analysis.cost(node).macs ?? 0;
    const rank = new Map(this.nodes.map((node, row) => [node.id, row]));
    const rowOf = ({ id }: Node): number => rank.get(id) ?? 0;
    return region.reduce((best, node) => {
      const more = macs(node) - macs(best);
      return more > 0 || (more === 0 && rowOf(node) > rowOf(best)) ? node : best;
    });
  }

  /** Kernels that the runtime put in to move data go to the kernel that they do it for. */
  private serve(): void {
    const isMover = this.places.map(({ node }, place) => node === null && MOVERS.has(this.kernels[place]?.op ?? ''));
    const shapeOf = (place: number): string | null => {
      const node = this.model.nodes.get(this.places[place]?.node ?? (-1 as NodeId));
      return node ? this.shapeText(node.outputs[0] ?? null) : null;
    };
    served(this.kernels, isMover, shapeOf).forEach((target, place) => {
      const node = target === null ? null : (this.places[target]?.node ?? null);
      if (node !== null) this.places[place] = { node, role: 'serves' };
    });
  }
}
