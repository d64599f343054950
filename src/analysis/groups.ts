import { bucket } from '../base/csr.ts';
import type { GraphView, GroupTree } from '../ir/view.ts';
import { makeConvex } from './convex.ts';
import { classesOf } from './group-classes.ts';
import { GrowingTree } from './group-tree.ts';
import { findRepeats } from './repeats.ts';
import { rowGraphOf, type RowGraph } from './row-graph.ts';

/** A graph inside of a node: a subgraph, or the body of a function. */
export interface InnerGraph {
  readonly kind: 'subgraph' | 'function';
  readonly name: string;
  /** Row of the node that it belongs to. */
  readonly holder: number;
}

export interface GroupInput {
  readonly view: Omit<GraphView, 'groups'>;
  /** [rows] name scopes, from the outside in. */
  readonly scopes: readonly (readonly string[])[];
  /** Outer before inner. */
  readonly inner: readonly InnerGraph[];
  /** [rows] index into `inner`; -1: the main graph. */
  readonly innerOf: Int32Array;
}

/** Fewer rows than this without a name are not looked through for repeats. */
const LEAST_SEQUENCE = 12;
/** What it costs a repeat to begin at a node without weights, in wires. */
const NO_WEIGHTS = 0.5;

/** The groups of a graph: scopes, then repeats where there are none, each such that it can be folded to one box. */
export function findGroups(input: GroupInput): GroupTree {
  const { view } = input;
  const graph = rowGraphOf(view);
  const tree = new GrowingTree(view.nodeIds.length);
  enterScopes(tree, input, graph);
  dropLevels(tree);
  enterRepeats(tree, graph, view);
  gatherConstants(tree, graph);
  makeConvex(tree, graph);
  const sizes = tree.sizes();
  const around = (group: number): number => sizes[tree.parents[group]!] ?? graph.rows;
  tree.drop((group) => tree.holders[group]! < 0 && (sizes[group]! < 2 || sizes[group] === around(group)));
  return tree.finish(constantsLast(graph), (groups) => classesOf(groups, view));
}

const NO_SCOPES: readonly string[] = [];

/** Bodies first, outer before inner, so that they have the first numbers; scopes inside of them, but for constants. */
function enterScopes(tree: GrowingTree, { view, scopes, inner, innerOf }: GroupInput, graph: RowGraph): void {
  for (const { kind, name, holder } of inner) tree.add(kind, name, -1, holder, `${labelOf(view, holder)}.${name}`);
  let before: readonly string[] | null = null;
  let base = -2;
  let group = -1;
  scopes.forEach((named, row) => {
    const path = graph.constant[row] === 1 ? NO_SCOPES : named;
    if (path !== before || innerOf[row] !== base) {
      group = base = innerOf[row]!;
      for (const name of path) group = tree.scope(group, name);
      before = path;
    }
    tree.ofRow[row] = group;
  });
  inner.forEach(({ holder }, body) => (tree.parents[body] = tree.ofRow[holder]!));
}

/** What sets a row apart in the key of a group; the rule that made a node is left out, so that its place keeps its key. */
function labelOf({ nodeNames, wireSources, wireNames }: Omit<GraphView, 'groups'>, row: number): string {
  return (nodeNames[row] || wireNames[wireSources.indexOf(row)] || `${row}`).replace(/:[\w-]+$/, '');
}

/** A scope whose parts all repeat its name (`features` of `features.0`, `features.1`) only adds a level: it goes. */
function dropLevels(tree: GrowingTree): void {
  const plain = tree.holders.map((holder) => holder < 0);
  tree.ofRow.forEach((group) => (plain[group] = false));
  tree.parents.forEach((parent, group) => {
    if (parent >= 0 && !tree.names[group]!.startsWith(`${tree.names[parent]!}.`)) plain[parent] = false;
  });
  tree.drop((group) => plain[group]!);
}

/** Repeats among the rows that lie directly in a group, and again inside of each; what depends on nothing is passed by. */
function enterRepeats(tree: GrowingTree, graph: RowGraph, view: Omit<GraphView, 'groups'>): void {
  const sequences = bucket(
    tree.ofRow.map((group) => group + 1),
    tree.names.length + 1,
  );
  const look = (group: number, rows: Int32Array): void => {
    if (rows.length < LEAST_SEQUENCE) return;
    const symbols = symbolsOf(tree, group, rows, graph, view);
    for (const { first, period, count } of findRepeats(symbols, cutsOf(rows, graph, view))) {
      for (let part = 0; part < count; part++) {
        const inside = rows.slice(first + part * period, first + (part + 1) * period);
        const repeat = tree.repeat(group, labelOf(view, inside[0]!));
        for (const row of inside) tree.ofRow[row] = repeat;
        look(repeat, inside);
      }
    }
  };
  for (let group = -1; group + 2 < sequences.starts.length; group++) {
    const rows = sequences.entries.subarray(sequences.starts[group + 1], sequences.starts[group + 2]);
    look(
      group,
      rows.filter((row) => graph.constant[row] === 0),
    );
  }
}

/** Operators with their number of sources; where rows of other groups come between, something that is nowhere else. */
function symbolsOf(
  tree: GrowingTree,
  group: number,
  rows: Int32Array,
  graph: RowGraph,
  view: Omit<GraphView, 'groups'>,
): Int32Array {
  return rows.map((row, place) => {
    for (let between = (rows[place - 1] ?? row) + 1; between < row; between++) {
      if (tree.ofRow[between] !== group) return -1 - place;
    }
    return view.nodeOps[row]! * 16 + Math.min(15, sourcesOf(graph, row));
  });
}

const sourcesOf = ({ arriving }: RowGraph, row: number): number => arriving.starts[row + 1]! - arriving.starts[row]!;

/** [rows] wires that cross above each place of a sequence; see `findRepeats`. */
function cutsOf(rows: Int32Array, graph: RowGraph, { parameters }: Omit<GraphView, 'groups'>): Float32Array {
  const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
  const cuts = new Float32Array(rows.length + 1);
  rows.forEach((row, place) => {
    let last = place;
    for (let i = graph.leaving.starts[row]!; i < graph.leaving.starts[row + 1]!; i++) {
      last = Math.max(last, placeOf.get(graph.to[graph.leaving.entries[i]!]!) ?? rows.length - 1);
    }
    cuts[place + 1]!++;
    if (last + 1 <= rows.length) cuts[last + 1]!--;
  });
  for (let place = 1; place <= rows.length; place++) cuts[place]! += cuts[place - 1]!;
  return cuts.map((cut, place) => cut + (parameters[rows[place]!]! > 0 ? 0 : NO_WEIGHTS));
}

/** Rows in order, those that depend on nothing behind the others: exporters write constants wherever they like. */
function constantsLast(graph: RowGraph): Int32Array {
  const rows = Int32Array.from({ length: graph.rows }, (_, row) => row);
  return rows.sort((a, b) => graph.constant[a]! - graph.constant[b]! || a - b);
}

/** A row that depends on nothing stands with its readers where they lie deeper than itself. */
function gatherConstants(tree: GrowingTree, graph: RowGraph): void {
  for (let row = 0; row < graph.rows; row++) {
    const { starts, entries } = graph.leaving;
    if (graph.constant[row] === 0 || starts[row] === starts[row + 1]) continue;
    let common = tree.ofRow[graph.to[entries[starts[row]!]!]!]!;
    for (let i = starts[row]! + 1; i < starts[row + 1]!; i++) {
      common = nearestAround(tree, common, tree.ofRow[graph.to[entries[i]!]!]!);
    }
    if (nearestAround(tree, common, tree.ofRow[row]!) === tree.ofRow[row]) tree.ofRow[row] = common;
  }
}

/** The innermost group that holds both. */
function nearestAround(tree: GrowingTree, a: number, b: number): number {
  const around = new Set([-1]);
  for (let each = a; each >= 0; each = tree.parents[each]!) around.add(each);
  let each = b;
  while (!around.has(each)) each = tree.parents[each]!;
  return each;
}
