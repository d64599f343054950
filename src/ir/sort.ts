import { CodedError } from '../base/error.ts';
import { holdsGraphs } from './attribute.ts';
import { dependencies, type Graph, type Model, type Node } from './model.ts';
import type { NodeId } from './types.ts';

/**
 * Puts the nodes of a graph into topological order, keeping the present order where it is free: a new node moves before
 * its first consumer. Throws `invalid-graph` on a cycle.
 */
export function sortGraph(model: Model, graph: Graph): void {
  const sorted = new Set<NodeId>();
  const open = new Set<NodeId>();
  for (const root of graph.nodes) {
    if (sorted.has(root)) continue;
    if (isReady(model, graph, model.getNode(root), sorted)) {
      sorted.add(root);
      continue;
    }
    const stack: { id: NodeId; needs: NodeId[] }[] = [{ id: root, needs: producers(model, graph, root) }];
    open.add(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.needs.pop();
      if (next === undefined) {
        stack.pop();
        open.delete(top.id);
        sorted.add(top.id);
      } else if (open.has(next)) {
        throw cycle(model, [...stack.map((each) => each.id), next]);
      } else if (!sorted.has(next)) {
        open.add(next);
        stack.push({ id: next, needs: producers(model, graph, next) });
      }
    }
  }
  graph.nodes.clear();
  for (const id of sorted) graph.nodes.add(id);
}

/** All that the node needs stands before it: true of nearly every node, and quick to see. */
function isReady(model: Model, graph: Graph, node: Node, sorted: ReadonlySet<NodeId>): boolean {
  if (holdsGraphs(node)) return producers(model, graph, node.id).every((id) => sorted.has(id));
  for (const input of node.inputs) {
    const producer = input === null ? null : model.getValue(input).producer;
    if (producer && !sorted.has(producer.node) && graph.nodes.has(producer.node)) return false;
  }
  return true;
}

/** Names the nodes of a cycle; `path` ends where it came from. */
function cycle(model: Model, path: readonly NodeId[]): CodedError {
  const nodes = path
    .slice(path.indexOf(path.at(-1) as NodeId))
    .map((id) => model.getNode(id))
    .reverse();
  const names = nodes.map((node) => `${node.opType} ${node.name || `(id ${node.id})`}`);
  const shown = names.length > 6 ? [...names.slice(0, 5), '…', ...names.slice(-1)] : names;
  return new CodedError('invalid-graph', `The graph has a cycle: ${shown.join(' → ')}.`, {
    node: nodes[0]?.name ?? '',
    length: nodes.length - 1,
  });
}

/** Producers within the same graph, the first input's last, so that a stack visits it first. */
function producers(model: Model, graph: Graph, id: NodeId): NodeId[] {
  const found: NodeId[] = [];
  for (const value of dependencies(model, model.getNode(id))) {
    const producer = model.getValue(value).producer;
    if (producer && graph.nodes.has(producer.node) && producer.node !== id) found.push(producer.node);
    else if (producer?.node === id) found.push(id);
  }
  return found.reverse();
}
