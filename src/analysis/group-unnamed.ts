import type { Csr } from '../base/csr.ts';
import type { GraphView } from '../ir/view.ts';
import type { GrowingTree } from './group-tree.ts';
import type { RowGraph } from './row-graph.ts';

/** As many of the nearest groups before and behind a row are looked at. */
const MOST_NEAR = 8;

/**
 * Puts rows without a scope into scopes, as exporters name what modules do, but not always what the code between them
 * does. A row goes into the innermost scope that it stands in the middle of, which has nodes before it and behind it;
 * or, where several wires of one scope come together in it, into that; or, where it works out integers, such as shapes,
 * which one scope alone reads, into that.
 *
 * @param bases [rows] the group that a row without a scope lies in: a body; -1: the graph itself
 */
export function adoptUnnamed(
  tree: GrowingTree,
  graph: RowGraph,
  view: Pick<GraphView, 'wireSources' | 'wireDtypes' | 'dtypes'>,
  bases: Int32Array,
): void {
  if (tree.names.length === 0) return;
  const { leaving, arriving, from, to, rows } = graph;
  const isUnnamed = (row: number): boolean => tree.ofRow[row] === bases[row] && graph.constant[row] === 0;
  const unnamed = Array.from({ length: rows }, (_, row) => row).filter(isUnnamed);
  const sourcesOf = (row: number): number[] => ends(arriving, row, from).filter((each) => graph.constant[each] === 0);
  const readersOf = (row: number): number[] => ends(leaving, row, to);
  const near = (known: ReadonlyMap<number, readonly number[]>, others: readonly number[]): readonly number[] => {
    const found = new Set<number>();
    for (const other of others) {
      for (const group of known.get(other) ?? [tree.ofRow[other]!]) if (found.size < MOST_NEAR) found.add(group);
    }
    return [...found];
  };
  const before = new Map<number, readonly number[]>();
  const behind = new Map<number, readonly number[]>();
  for (const row of unnamed) before.set(row, near(before, sourcesOf(row)));
  for (const row of unnamed.toReversed()) behind.set(row, near(behind, readersOf(row)));

  const put = (row: number, groups: readonly (number | null)[]): void => {
    for (const group of groups) {
      const way = group === null ? [] : tree.wayUp(group);
      if (way.length > tree.wayUp(tree.ofRow[row]!).length && way.includes(bases[row]!)) tree.ofRow[row] = group!;
    }
  };
  for (const row of unnamed) {
    const sources = new Set(sourcesOf(row));
    const joined = sources.size > 1 ? commonOf(tree, sources) : null;
    put(row, [innermostAround(tree, before.get(row)!, behind.get(row)!), joined]);
  }
  const integers = integersOf(view, rows);
  for (const row of unnamed.toReversed()) {
    if (tree.ofRow[row] === bases[row] && integers[row] === 1) put(row, [commonOf(tree, readersOf(row))]);
  }
}

/** Rows at the other ends of the edges of a row. */
const ends = ({ starts, entries }: Csr, row: number, rowsAt: Int32Array): number[] =>
  Array.from(entries.subarray(starts[row], starts[row + 1]), (edge) => rowsAt[edge]!);

/** The innermost group around both of a group before and one behind; null: there is none. */
function innermostAround(tree: GrowingTree, before: readonly number[], behind: readonly number[]): number | null {
  const depths = new Map<number, number>();
  for (const group of before) {
    const way = tree.wayUp(group);
    way.forEach((each, index) => depths.set(each, way.length - index));
  }
  let best: number | null = null;
  for (const group of behind) {
    const shared = tree.wayUp(group).find((each) => depths.has(each));
    if (shared !== undefined && (best === null || depths.get(shared)! > depths.get(best)!)) best = shared;
  }
  return best;
}

/** The innermost group around all of some rows; null: there are none. */
function commonOf(tree: GrowingTree, rows: Iterable<number>): number | null {
  let common: readonly number[] | null = null;
  for (const row of rows) {
    const way = new Set(tree.wayUp(tree.ofRow[row]!));
    common = common === null ? [...way] : common.filter((group) => way.has(group));
  }
  return common?.[0] ?? null;
}

/** [rows] 1: all that a row puts out are integers or truth values. */
function integersOf(
  { wireSources, wireDtypes, dtypes }: Pick<GraphView, 'wireSources' | 'wireDtypes' | 'dtypes'>,
  rows: number,
): Uint8Array {
  const integers = new Uint8Array(rows);
  const other = new Uint8Array(rows);
  for (let wire = 0; wire < wireSources.length; wire++) {
    const row = wireSources[wire]!;
    if (row < 0) continue;
    if (/^(u?int(32|64)|bool)/.test(dtypes[wireDtypes[wire]!]!)) integers[row] = 1;
    else other[row] = 1;
  }
  return integers.map((each, row) => (other[row] === 1 ? 0 : each));
}
