import type { GraphView, GroupTree } from '../ir/view.ts';
import { makeConvex } from './convex.ts';
import { classesOf } from './group-classes.ts';
import { GrowingTree } from './group-tree.ts';
import { adoptUnnamed } from './group-unnamed.ts';
import { enterRepeats, labelOf } from './group-repeats.ts';
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

/** The groups of a graph: scopes, then repeats where there are none, each such that it can be folded to one box. */
export function findGroups(input: GroupInput): GroupTree {
  const { view } = input;
  const graph = rowGraphOf(view);
  const tree = new GrowingTree(view.nodeIds.length);
  enterScopes(tree, input, graph);
  dropLevels(tree);
  adoptUnnamed(tree, graph, view, input.innerOf);
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

/** A scope whose parts all repeat its name (`features` of `features.0`, `features.1`) only adds a level: it goes. */
function dropLevels(tree: GrowingTree): void {
  const plain = tree.holders.map((holder) => holder < 0);
  tree.ofRow.forEach((group) => (plain[group] = false));
  tree.parents.forEach((parent, group) => {
    if (parent >= 0 && !tree.names[group]!.startsWith(`${tree.names[parent]!}.`)) plain[parent] = false;
  });
  tree.drop((group) => plain[group]!);
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
  const around = new Set(tree.wayUp(a));
  return tree.wayUp(b).find((each) => around.has(each)) ?? -1;
}
