import { holdsGraphs } from '../ir/attribute.ts';
import { subgraphs } from '../ir/attribute.ts';
import type { Graph, Model, Node } from '../ir/model.ts';
import type { GraphId, ValueId } from '../ir/types.ts';
import { opKey } from '../ops/registry.ts';
import type { Analysis } from './analyze.ts';
import type { InnerGraph } from './groups.ts';
import { nodesInOrder } from './order.ts';

/** The nodes of a model as rows: those inside of a node right before it. */
export interface ModelRows {
  readonly nodes: readonly Node[];
  readonly inner: readonly InnerGraph[];
  /** [rows] index into `inner`; -1: the main graph. */
  readonly innerOf: Int32Array;
  /** What a body calls its inputs, by the value outside that it is handed; null: it comes from nowhere outside. */
  readonly formals: ReadonlyMap<ValueId, ValueId | null>;
  /** Values that the bodies of a node return, and its inputs that only its bodies read, by row. */
  readonly returned: ReadonlyMap<number, readonly ValueId[]>;
  readonly handed: ReadonlyMap<number, ReadonlySet<ValueId>>;
}

/** The body of a function stands before its first call; further calls are nodes without an inside. */
export function rowsOfModel(model: Model, analysis: Analysis): ModelRows {
  const collector = new Collector(model, analysis);
  for (const node of analysis.order) collector.enter(node, -1);
  return { ...collector, innerOf: Int32Array.from(collector.innerOf) };
}

interface Body {
  readonly graph: Graph;
  readonly kind: InnerGraph['kind'];
  readonly name: string;
  /** [inputs of the graph] the value outside that each one is at first. */
  readonly actuals: readonly (ValueId | null)[];
}

class Collector {
  readonly nodes: Node[] = [];
  readonly inner: { kind: InnerGraph['kind']; name: string; holder: number }[] = [];
  readonly innerOf: number[] = [];
  readonly formals = new Map<ValueId, ValueId | null>();
  readonly returned = new Map<number, readonly ValueId[]>();
  readonly handed = new Map<number, ReadonlySet<ValueId>>();
  private readonly model: Model;
  private readonly analysis: Analysis;
  private readonly shown = new Set<GraphId>();

  constructor(model: Model, analysis: Analysis) {
    this.model = model;
    this.analysis = analysis;
  }

  enter(node: Node, within: number): void {
    if (!holdsGraphs(node) && !this.analysis.functionOf(node)) {
      this.nodes.push(node);
      this.innerOf.push(within);
      return;
    }
    const bodies = this.bodiesOf(node);
    const numbers = bodies.map(({ kind, name, graph, actuals }) => {
      const index = this.inner.push({ kind, name, holder: -1 }) - 1;
      graph.inputs.forEach((formal, i) => this.formals.set(formal, actuals[i] ?? null));
      for (const each of nodesInOrder(this.model, graph)) this.enter(each, index);
      return index;
    });
    const row = this.nodes.push(node) - 1;
    this.innerOf.push(within);
    for (const index of numbers) this.inner[index]!.holder = row;
    if (bodies.length === 0) return;
    this.returned.set(
      row,
      bodies.flatMap(({ graph }) => graph.outputs),
    );
    this.handed.set(row, this.handedTo(bodies));
  }

  private bodiesOf(node: Node): Body[] {
    const bodies = Array.from(subgraphs(node), ([name, id]): Body => {
      const graph = this.model.getGraph(id);
      return { graph, kind: 'subgraph', name, actuals: actualsOf(node, graph, this.model.opset()) };
    });
    const callee = this.analysis.functionOf(node);
    if (callee && !this.shown.has(callee.graph)) {
      const graph = this.model.getGraph(callee.graph);
      bodies.push({ graph, kind: 'function', name: callee.name, actuals: node.inputs });
    }
    for (const { graph } of bodies) this.shown.add(graph.id);
    return bodies;
  }

  private handedTo(bodies: readonly Body[]): ReadonlySet<ValueId> {
    const handed = new Set<ValueId>();
    for (const { graph, actuals } of bodies) {
      graph.inputs.forEach((formal, i) => {
        const actual = actuals[i] ?? null;
        const isRead = this.model.getValue(formal).uses.length > 0 || graph.outputs.includes(formal);
        if (actual !== null && isRead) handed.add(actual);
      });
    }
    return handed;
  }
}

/** Input of the node that each input of a body is at first; nothing is taken for granted of unknown operators. */
function actualsOf(node: Node, body: Graph, opset: number): readonly (ValueId | null)[] {
  const shift = FIRST_ACTUAL[opKey(node)]?.(opset);
  if (shift === undefined) return [];
  return body.inputs.map((_, i) => (i < shift.from ? null : (node.inputs[i + shift.by] ?? null)));
}

/** By operator: formals below `from` have no value outside, those from there on are the input `by` further on. */
const FIRST_ACTUAL: Readonly<Record<string, (opset: number) => { readonly from: number; readonly by: number }>> = {
  // Iteration number, condition, state; the node has the trip count first.
  Loop: () => ({ from: 1, by: 0 }),
  // Version 8 has the sequence lengths first.
  Scan: (opset) => ({ from: 0, by: opset < 9 ? 1 : 0 }),
  SequenceMap: () => ({ from: 0, by: 0 }),
};
