import { adjacencyOf, rowsOf, type Adjacency } from './adjacency.ts';
import type { GraphView } from '../../ir/view.ts';
import { rowsOfTerm, type Rows } from './terms.ts';
import type { Link, PathQuery, Query } from './types.ts';

/** Edges that `>>` may span at most. */
export const FARTHEST = 64;
const NEVER = FARTHEST + 1;

export interface Matches {
  /** Rows on a matching path, those that `>>` passes over included, in topological order. */
  readonly rows: readonly number[];
  /** How many paths there are; null: a search for single nodes, or a `>>`, whose ways are not counted. */
  readonly paths: number | null;
}

/**
 * [rows] edges from the nearest of the `from` rows, 1 to FARTHEST; more: none is near enough. One sweep in topological
 * order suffices, since every edge leads to a later row.
 */
function distances(from: Rows, { starts, rows }: Adjacency, order: 'forth' | 'back'): Uint8Array {
  const away = new Uint8Array(from.length).fill(NEVER);
  for (let i = 0; i < from.length; i++) {
    const row = order === 'forth' ? i : from.length - 1 - i;
    let nearest = NEVER;
    for (let edge = starts[row]!; edge < starts[row + 1]!; edge++) {
      const other = rows[edge]!;
      const near = from[other] === 1 ? 1 : away[other]! + 1;
      if (near < nearest) nearest = near;
    }
    away[row] = nearest;
  }
  return away;
}

/** Rows that read from (or are read by) one of the `from` rows. */
function neighbours(from: Rows, { starts, rows }: Adjacency): Rows {
  const found = new Uint8Array(from.length);
  for (let row = 0; row < from.length; row++) {
    for (let edge = starts[row]!; edge < starts[row + 1]!; edge++) {
      if (from[rows[edge]!] === 1) found[row] = 1;
    }
  }
  return found;
}

/** Rows that one link leads to from `from`. */
const follow = (from: Rows, link: Link, before: Adjacency, order: 'forth' | 'back'): Rows =>
  link === 'next' ? neighbours(from, before) : distances(from, before, order).map((each) => Number(each < NEVER));

const and = (a: Rows, b: Rows): Rows => a.map((each, row) => each & b[row]!);

/** Adds the rows that a `>>` passes over: those near enough to both its ends together. */
function addBetween(all: Rows, from: Rows, to: Rows, { producers, consumers }: ReturnType<typeof adjacencyOf>): void {
  const down = distances(from, producers, 'forth');
  const up = distances(to, consumers, 'back');
  down.forEach((each, row) => {
    if (each + up[row]! <= FARTHEST) all[row] = 1;
  });
}

/** Number of paths: for each row, how many lead to it so far. */
function countPaths(reached: readonly Rows[], producers: Adjacency): number {
  let counts = Float64Array.from(reached[0]!);
  for (const rows of reached.slice(1)) {
    const before = counts;
    counts = Float64Array.from(rows, (on, row) =>
      on === 0 ? 0 : rowsOf(producers, row).reduce((all, other) => all + before[other]!, 0),
    );
  }
  return counts.reduce((all, each) => all + each, 0);
}

/**
 * Rows on the paths of a pattern, by dynamic programming: forth, the rows that a beginning of the pattern reaches; back,
 * those of them from which its end is reached. Time grows with steps × edges, however many paths there are.
 */
function matchPath(view: GraphView, { steps, links }: PathQuery): { rows: Rows; paths: number | null } {
  const columns = steps.map((step) => rowsOfTerm(view, step, steps.length > 1));
  if (steps.length === 1) return { rows: columns[0]!, paths: null };
  const graph = adjacencyOf(view);
  const reached = [columns[0]!];
  links.forEach((link, i) => {
    reached.push(and(columns[i + 1]!, follow(reached[i]!, link, graph.producers, 'forth')));
  });
  for (let i = links.length - 1; i >= 0; i--) {
    reached[i] = and(reached[i]!, follow(reached[i + 1]!, links[i]!, graph.consumers, 'back'));
  }
  const all = new Uint8Array(view.nodeIds.length);
  for (const rows of reached) rows.forEach((on, row) => on === 1 && (all[row] = 1));
  links.forEach((link, i) => link === 'far' && addBetween(all, reached[i]!, reached[i + 1]!, graph));
  return { rows: all, paths: links.includes('far') ? null : countPaths(reached, graph.producers) };
}

/** What a query finds. */
export function evaluate(view: GraphView, query: Query): Matches {
  const found = query.map((path) => matchPath(view, path));
  const rows: number[] = [];
  for (let row = 0; row < view.nodeIds.length; row++) if (found.some((each) => each.rows[row] === 1)) rows.push(row);
  const counts = found.map((each) => each.paths);
  const paths = counts.every((each) => each !== null) ? counts.reduce((all, each) => all + each, 0) : null;
  return { rows, paths };
}
