import { formatShape, plural } from '../../base/format.ts';
import { dependencies, innerNodes, type Model, type Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { bypassRefusal, removeWithConstants, reroute } from '../../rewrite/build.ts';
import { outputsOf } from '../../rewrite/graphs.ts';
import { dtypeOf, sameShape, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { eliminateIdentity } from '../cleanup/eliminate-identity.ts';
import { eliminateNoop } from '../cleanup/eliminate-noop.ts';
import { editPass, refuse } from './edit-pass.ts';
import { listNodes, namesOption, nodeNamed, shortTitle, textOption } from './targets.ts';

/** A value of the region that is needed outside, and what its readers get in its place. */
interface Bridge {
  readonly node: Node;
  readonly exit: ValueId;
  readonly entry: ValueId;
}

/** Nodes that hang together, in running order. */
type Region = readonly Node[];

/** The nodes and those inside them: a subgraph goes with its holder. */
function membersOf(model: Model, region: Region): Set<NodeId> {
  return new Set(region.flatMap((node) => [node.id, ...[...innerNodes(model, node)].map((each) => each.id)]));
}

/** Splits the chosen nodes into regions that are joined by values. */
function regionsOf(model: Model, chosen: ReadonlySet<NodeId>): Region[] {
  const region = new Map<NodeId, Node[]>();
  for (const graph of model.graphs.values()) {
    for (const id of graph.nodes) {
      if (!chosen.has(id)) continue;
      const node = model.getNode(id);
      const joined = new Set<Node[]>();
      for (const value of dependencies(model, node)) {
        const producer = model.getValue(value).producer;
        const known = producer && region.get(producer.node);
        if (known) joined.add(known);
      }
      const all = [...[...joined].flat(), node];
      for (const each of all) region.set(each.id, all);
    }
  }
  return [...new Set(region.values())];
}

const isNeeded = (model: Model, value: ValueId, members: ReadonlySet<NodeId>): boolean =>
  model.isGraphOutput(value) || model.getValue(value).uses.some((use) => !members.has(use.node));

/** Values that come into the region and are computed: constants stand for nothing. */
function entriesOf({ model, analysis }: PassContext, region: Region, members: ReadonlySet<NodeId>): ValueId[] {
  const entries = new Set<ValueId>();
  for (const value of region.flatMap((node) => dependencies(model, node))) {
    const { producer, graph } = model.getValue(value);
    if (producer ? members.has(producer.node) : members.has(model.getGraph(graph).owner?.node ?? (0 as NodeId)))
      continue;
    if (analysis.constant(value) === null) entries.add(value);
  }
  return [...entries];
}

const fits = (context: PassContext, entry: ValueId, exit: ValueId): boolean =>
  dtypeOf(context, entry) !== null &&
  dtypeOf(context, entry) === dtypeOf(context, exit) &&
  sameShape(context, entry, exit);

const nameOf = ({ model }: PassContext, value: ValueId): string => model.getValue(value).name;
const quoted = (context: PassContext, values: readonly ValueId[]): string =>
  values.map((value) => `"${nameOf(context, value)}"`).join(' and ');

function bridgeOf(context: PassContext, node: Node, exit: ValueId, entries: readonly ValueId[]): Bridge {
  const { model } = context;
  const through = textOption(context, 'through');
  const fitting = entries.filter((entry) => fits(context, entry, exit));
  const chosen = fitting.filter((entry) => nameOf(context, entry) === through);
  const [entry, other] = chosen.length > 0 ? chosen : fitting;
  const users = model.getValue(exit).uses.map((use) => use.node);
  const needed = users.length > 0 ? `needed by ${listNodes(context, [...new Set(users)])}` : 'a graph output';
  const result = `"${nameOf(context, exit)}" (${formatShape(shapeOf(context, exit))}) is ${needed}`;
  if (entry === undefined) {
    const why = shapeOf(context, exit) === null ? 'its shape is not known' : 'no input has its type and shape';
    return refuse(`${result}, and ${why}.`, [node.id, ...users]);
  }
  if (other !== undefined) {
    return refuse(`${result}, and ${quoted(context, fitting)} fit. Choose which one readers get.`, [node.id]);
  }
  const blocked = bypassRefusal(model, exit, entry);
  if (blocked !== null) refuse(`${blocked}.`, [node.id]);
  return { node, exit, entry };
}

function bridgesOf(context: PassContext, region: Region): Bridge[] {
  const { model } = context;
  const members = membersOf(model, region);
  const entries = entriesOf(context, region, members);
  const [first] = region;
  if (region.some((node) => node.graph !== first?.graph)) {
    refuse('The nodes lie in different graphs. Delete them one after the other.', [...members]);
  }
  return region.flatMap((node) =>
    outputsOf(node)
      .filter((output) => isNeeded(model, output, members))
      .map((exit) => bridgeOf(context, node, exit, entries)),
  );
}

/** A clean-up pass would take this node away: it provably changes nothing. */
function isNoop(context: PassContext, region: Region): boolean {
  if (region.length !== 1) return false;
  return [eliminateIdentity, eliminateNoop].some((pass) =>
    pass.find(context).sites.some(({ nodes }) => nodes.length === 1 && nodes[0] === region[0]?.id),
  );
}

function remove(model: Model, regions: readonly Region[], bridges: readonly Bridge[]): void {
  for (const { node, exit, entry } of bridges) reroute(model, node, exit, entry);
  for (const region of regions) for (const node of region.toReversed()) removeWithConstants(model, node.id);
}

function planOf(context: PassContext, names: readonly string[]) {
  const { model } = context;
  const named = new Set(names.map((name) => nodeNamed(model, name)));
  // What lies inside a chosen node goes with it.
  const inside = new Set([...named].flatMap((node) => [...innerNodes(model, node)]));
  const chosen = new Set([...named].flatMap((node) => (inside.has(node) ? [] : [node.id])));
  const regions = regionsOf(model, chosen);
  const bridged = regions.map((region) => ({ region, bridges: bridgesOf(context, region) }));
  const bridges = bridged.flatMap((each) => each.bridges);
  const exact = bridged.every((each) => each.bridges.length === 0 || isNoop(context, each.region));
  return { regions, bridges, exact, nodes: regions.flat() };
}

/** Nodes go, and their readers read what came in. */
export const deleteNodes = editPass({
  id: 'delete-nodes',
  title: 'Delete nodes',
  why: 'A block, a branch or a leftover goes; where its input has the type and shape of its result, readers take that.',
  options: {
    nodes: { type: 'json', default: [], label: 'Nodes' },
    through: { type: 'text', default: '', label: 'What readers get', hint: 'a value, where several fit' },
  },
  preserves: 'approximation',
  changesInterface: false,
  ask: 'Give the names of nodes.',
  plan(context) {
    const { model } = context;
    const names = namesOption(context, 'nodes');
    if (names.length === 0) return null;
    const { regions, bridges, exact, nodes } = planOf(context, names);
    const [first] = nodes;
    if (!first) return null;
    const what = nodes.length === 1 ? shortTitle(context, first) : plural(nodes.length, 'node');
    const instead = bridges.map(({ entry }) => entry);
    const readers = bridges.length === 0 ? 'nothing needs it' : `readers get ${quoted(context, [...new Set(instead)])}`;
    return {
      target: names[0] ?? '',
      anchor: first.id,
      nodes: nodes.map((node) => node.id),
      title: `Delete ${what}`,
      what: `Removes ${what}: ${readers}.`,
      ...(exact ? { preserves: 'bits' as const } : {}),
      apply: () => remove(model, regions, bridges),
    };
  },
});
