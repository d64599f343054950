import { holdsGraphs } from '../ir/attribute.ts';
import { innerNodes, type Graph, type Model, type Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';

/** Nodes of the same graph that must run before `node`; what its subgraphs capture counts. */
function producersOf(model: Model, graph: Graph, node: Node): NodeId[] {
  const found: NodeId[] = [];
  const add = (consumer: Node): void => {
    for (const input of consumer.inputs) {
      const producer = input === null ? null : model.values.get(input)?.producer;
      if (producer && producer.node !== node.id && graph.nodes.has(producer.node)) found.push(producer.node);
    }
  };
  add(node);
  if (holdsGraphs(node)) for (const inner of innerNodes(model, node)) add(inner);
  return found;
}

/**
 * The nodes of a graph in an order in which they can run: the graph's own order where that is one. Nodes on a cycle
 * (which the verifier reports) come out in the order in which they were met.
 */
export function nodesInOrder(model: Model, graph: Graph): Node[] {
  const nodes = Array.from(graph.nodes, (id) => model.getNode(id));
  const done = new Set<NodeId>();
  for (const node of nodes) {
    if (!isReady(model, graph, node, done)) return sorted(model, graph, nodes);
    done.add(node.id);
  }
  return nodes;
}

/** All that the node needs stands before it. */
function isReady(model: Model, graph: Graph, node: Node, done: ReadonlySet<NodeId>): boolean {
  if (holdsGraphs(node)) return producersOf(model, graph, node).every((producer) => done.has(producer));
  for (const input of node.inputs) {
    const producer = input === null ? null : model.values.get(input)?.producer;
    if (producer && !done.has(producer.node) && producer.node !== node.id && graph.nodes.has(producer.node))
      return false;
  }
  return true;
}

/** Depth first, without recursion: graphs are tens of thousands of nodes deep. */
function sorted(model: Model, graph: Graph, nodes: readonly Node[]): Node[] {
  const order: Node[] = [];
  const met = new Set<NodeId>();
  for (const root of nodes) {
    const stack = [root];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const first = !met.has(top.id);
      met.add(top.id);
      const open = first ? producersOf(model, graph, top).filter((id) => !met.has(id)) : [];
      if (open.length > 0) stack.push(...open.reverse().map((id) => model.getNode(id)));
      else {
        stack.pop();
        order.push(top);
      }
    }
  }
  return [...new Set(order)];
}
