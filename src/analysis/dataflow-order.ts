import type { RowGraph } from './row-graph.ts';

/**
 * [rows] place of each row in an order that follows from the graph alone, not from the file: depth first from the
 * deepest row that nothing reads, what a row reads before it, the shallower first. Parts that are built alike so come
 * out alike, and each in one piece, even where an exporter or an optimizer has shuffled the nodes.
 *
 * @param kinds [rows] what a row is, such as its operator: of two sources of one depth the lower comes first
 */
export function dataflowPlaces(graph: RowGraph, kinds: ArrayLike<number>): Int32Array {
  const { from, leaving, arriving, rows } = graph;
  const depths = depthsOf(graph);
  const sourcesOf = (row: number): number[] =>
    Array.from(arriving.entries.subarray(arriving.starts[row], arriving.starts[row + 1]), (edge) => from[edge]!);
  const shallowLast = (a: number, b: number): number => depths[b]! - depths[a]! || kinds[b]! - kinds[a]! || b - a;
  const places = new Int32Array(rows).fill(-1);
  const met = new Uint8Array(rows);
  let next = 0;
  const walk = (root: number): void => {
    const stack = [root];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (met[top] === 0) {
        met[top] = 1;
        const open = sourcesOf(top).filter((source) => met[source] === 0);
        stack.push(...open.sort(shallowLast));
      } else {
        stack.pop();
        if (places[top] === -1) places[top] = next++;
      }
    }
  };
  const ends = Array.from({ length: rows }, (_, row) => row).filter(
    (row) => leaving.starts[row] === leaving.starts[row + 1],
  );
  for (const root of ends.sort((a, b) => depths[b]! - depths[a]! || a - b)) walk(root);
  return places;
}

/** [rows] rows on the longest way from a row that reads no other. Rows stand in an order in which they can run. */
function depthsOf({ rows, from, arriving }: RowGraph): Int32Array {
  const depths = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let i = arriving.starts[row]!; i < arriving.starts[row + 1]!; i++) {
      depths[row] = Math.max(depths[row]!, depths[from[arriving.entries[i]!]!]! + 1);
    }
  }
  return depths;
}
