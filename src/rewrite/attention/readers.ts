import type { Analysis } from '../../analysis/analyze.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { GraphId, NodeId, ValueId } from '../../ir/types.ts';
import { label, outputsOf } from '../graphs.ts';
import type { PassContext } from '../pass.ts';

/** A Shape that gives the whole shape: it can be told from other values. */
export const isShape = (node: Node, graph: GraphId): boolean =>
  node.opType === 'Shape' && node.domain === '' && node.graph === graph && node.attributes.size === 0;

/**
 * Why the nodes cannot go: a result is needed elsewhere. Shape may look at results; those of `given` the fused operator
 * gives too. Null: they can.
 */
export function readersReason(model: Model, nodes: readonly Node[], given: ReadonlySet<ValueId>): string | null {
  const inside = new Set<NodeId>(nodes.map((node) => node.id));
  for (const node of nodes) {
    for (const output of outputsOf(node)) {
      if (given.has(output)) continue;
      if (model.isGraphOutput(output)) return `the result of ${label(model, node)} is a graph output`;
      const readers = model.getValue(output).uses.map((use) => model.getNode(use.node));
      const other = readers.find((each) => !inside.has(each.id) && !isShape(each, node.graph));
      if (other) return `the result of ${label(model, node)} is read by ${label(model, other)} too`;
    }
  }
  return null;
}

/** The Shape nodes that look at results of these nodes. */
export function shapesOf(
  model: Model,
  nodes: readonly Node[],
): readonly { readonly shape: Node; readonly of: ValueId }[] {
  return nodes.flatMap((node) =>
    outputsOf(node).flatMap((of) =>
      model
        .getValue(of)
        .uses.map((use) => model.getNode(use.node))
        .filter((each) => isShape(each, node.graph))
        .map((shape) => ({ shape, of })),
    ),
  );
}

/**
 * The nodes, and those before them that nobody else reads: what goes with them. `kept` values are read afterwards.
 * Last ones first.
 */
export function withSources(model: Model, nodes: readonly Node[], kept: ReadonlySet<ValueId>): readonly NodeId[] {
  const gone = new Set<NodeId>(nodes.map((node) => node.id));
  const queue = [...nodes];
  for (let node = queue.pop(); node; node = queue.pop()) {
    for (const input of node.inputs) {
      const producer = input === null ? null : model.getValue(input).producer;
      const before = producer && model.getNode(producer.node);
      if (!before || gone.has(before.id) || before.graph !== node.graph) continue;
      const free = outputsOf(before).every(
        (output) =>
          !kept.has(output) &&
          !model.isGraphOutput(output) &&
          model.getValue(output).uses.every((use) => gone.has(use.node)),
      );
      if (!free) continue;
      gone.add(before.id);
      queue.push(before);
    }
  }
  return lastFirst(model, gone);
}

/** Readers before what they read. */
function lastFirst(model: Model, nodes: ReadonlySet<NodeId>): readonly NodeId[] {
  const order: NodeId[] = [];
  const seen = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    if (seen.has(id) || !nodes.has(id)) return;
    seen.add(id);
    for (const output of outputsOf(model.getNode(id))) for (const use of model.getValue(output).uses) visit(use.node);
    order.push(id);
  };
  for (const id of nodes) visit(id);
  return order;
}

const places = new WeakMap<Analysis, ReadonlyMap<NodeId, number>>();

/** Where each node stands in the running order; made once for all sites. */
function placesOf({ analysis, model }: PassContext): ReadonlyMap<NodeId, number> {
  const known = places.get(analysis);
  if (known) return known;
  const made = new Map<NodeId, number>();
  for (const graph of model.graphs.values()) for (const id of graph.nodes) made.set(id, made.size);
  places.set(analysis, made);
  return made;
}

/** Whether one of the values is computed from results of these nodes; Shape nodes in `through` do not count. */
export function dependsOn(
  context: PassContext,
  values: readonly ValueId[],
  nodes: readonly Node[],
  through: ReadonlySet<NodeId>,
): boolean {
  const order = placesOf(context);
  const place = (id: NodeId): number => order.get(id) ?? Infinity;
  const first = Math.min(...nodes.map((node) => place(node.id)));
  const wanted = new Set<NodeId>(nodes.map((node) => node.id));
  const seen = new Set<NodeId>();
  const queue = [...values];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    const id = context.model.getValue(value).producer?.node;
    if (id === undefined || seen.has(id) || through.has(id)) continue;
    if (wanted.has(id)) return true;
    seen.add(id);
    // What stands before all of them cannot depend on them.
    if (place(id) > first) queue.push(...context.model.getNode(id).inputs.filter((input) => input !== null));
  }
  return false;
}
