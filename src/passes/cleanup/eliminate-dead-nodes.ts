import { subgraphs } from '../../ir/attribute.ts';
import type { Graph, Model, Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { removeIfUnusedConstant, removeWithConstants } from '../../rewrite/build.ts';
import { annotatedNames, bodyGraphs, label, outputsOf } from '../../rewrite/graphs.ts';
import { fnv1a, siteKey } from '../../rewrite/hash.ts';
import { NO_NODE, type Findings, type Pass, type Site } from '../../rewrite/pass.ts';

/** Nodes from which a graph output, or the output of a graph inside a needed node, can be reached. */
function liveNodes(model: Model): Set<NodeId> {
  const live = new Set<NodeId>();
  const stack: ValueId[] = [...model.graph.outputs];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    const producer = model.getValue(value).producer;
    if (!producer || live.has(producer.node)) continue;
    live.add(producer.node);
    stack.push(...needsOf(model, model.getNode(producer.node)));
  }
  return live;
}

/** Values that a node asks for: its inputs, and the outputs of the graphs that it holds. */
function needsOf(model: Model, node: Node): ValueId[] {
  const needs = node.inputs.filter((input) => input !== null);
  for (const [, inner] of subgraphs(node)) needs.push(...model.getGraph(inner).outputs);
  return needs;
}

/** Dead nodes of one graph, those that feed one another together, each group in topological order. */
function deadGroups(model: Model, graph: Graph, live: ReadonlySet<NodeId>): NodeId[][] {
  const groups = new Map<NodeId, NodeId[]>();
  for (const id of graph.nodes) {
    if (live.has(id)) continue;
    const merged = new Set<NodeId[]>();
    for (const input of model.getNode(id).inputs) {
      const producer = input === null ? null : model.getValue(input).producer;
      const group = producer ? groups.get(producer.node) : undefined;
      if (group) merged.add(group);
    }
    const all = [...[...merged].flat(), id];
    for (const each of all) groups.set(each, all);
  }
  return [...new Set(groups.values())];
}

/** Nodes that a removal of the owner takes along are no sites of their own. */
function isInsideDead(model: Model, graph: Graph, live: ReadonlySet<NodeId>): boolean {
  for (let owner = graph.owner; owner !== null; owner = model.getGraph(model.getNode(owner.node).graph).owner) {
    if (!live.has(owner.node)) return true;
  }
  return false;
}

function nodeSite(model: Model, group: readonly NodeId[]): Site {
  const nodes = [...group].reverse();
  const anchor = model.getNode(nodes[0] ?? NO_NODE);
  const others = nodes.length - 1;
  const also = others === 0 ? '' : ` and ${others} more ${others === 1 ? 'node' : 'nodes'} that only it needs`;
  return {
    key: siteKey(model, 'dead-nodes', anchor, nodes),
    rule: 'dead-nodes',
    anchor: anchor.id,
    nodes,
    what: `Removes ${label(model, anchor)}${also}: no output needs it.`,
  };
}

/** Constants that nothing reads; those that are graph inputs are part of the interface. */
function unusedConstants(model: Model, graph: Graph): ValueId[] {
  const annotated = annotatedNames(graph);
  return [...graph.initializers.keys(), ...graph.sparseInitializers.keys()].filter(
    (id) => !graph.inputs.includes(id) && !model.isUsed(id) && !annotated.has(model.getValue(id).name),
  );
}

function constantSite(model: Model, graph: Graph, unused: readonly ValueId[]): Site {
  const names = unused.map((id) => model.getValue(id).name);
  return {
    key: `unused-constants:${graph.owner === null ? '' : graph.name}:${fnv1a(names.join('|'))}`,
    rule: 'unused-constants',
    anchor: graph.owner?.node ?? NO_NODE,
    nodes: [],
    what: `Removes ${names.length === 1 ? `constant ${names[0]}` : `${names.length} constants`} that nothing reads.`,
  };
}

function find(model: Model): Findings {
  const live = liveNodes(model);
  const sites: Site[] = [];
  for (const graph of bodyGraphs(model)) {
    if (isInsideDead(model, graph, live)) continue;
    for (const group of deadGroups(model, graph, live)) sites.push(nodeSite(model, group));
    const unused = unusedConstants(model, graph);
    if (unused.length > 0) sites.push(constantSite(model, graph, unused));
  }
  return { sites, refusals: [] };
}

function applyNodes(model: Model, site: Site): boolean {
  let removed = false;
  for (const id of site.nodes) {
    const node = model.nodes.get(id);
    if (!node || outputsOf(node).some((output) => model.isUsed(output))) continue;
    removeWithConstants(model, id);
    removed = true;
  }
  return removed;
}

function applyConstants(model: Model, site: Site): boolean {
  for (const graph of bodyGraphs(model)) {
    const unused = unusedConstants(model, graph);
    if (unused.length === 0 || constantSite(model, graph, unused).key !== site.key) continue;
    for (const id of unused) {
      if (graph.sparseInitializers.has(id)) model.removeValue(id);
      else removeIfUnusedConstant(model, id);
    }
    return true;
  }
  return false;
}

/** Nodes and constants that no output reaches; unused outputs of nodes that are needed stay. */
export const eliminateDeadNodes: Pass = {
  id: 'eliminate-dead-nodes',
  group: 'cleanup',
  title: 'Remove dead nodes',
  why: 'What no output depends on costs bytes, and on some runtimes time, for nothing.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  find: ({ model }) => find(model),
  apply: ({ model }, site) => (site.rule === 'dead-nodes' ? applyNodes(model, site) : applyConstants(model, site)),
};
