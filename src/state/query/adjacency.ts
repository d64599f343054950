import type { GraphView } from '../../ir/view.ts';

/** Rows that read from each row, each once: CSR. Rows are in topological order, so successors come later. */
export interface Adjacency {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/** CSR of what `visit` names for each row. */
function csr(count: number, visit: (row: number, note: (other: number) => void) => void): Adjacency {
  const starts = new Int32Array(count + 1);
  const rows: number[] = [];
  const last = new Int32Array(count).fill(-1);
  for (let row = 0; row < count; row++) {
    visit(row, (other) => {
      if (last[other] === row) return;
      last[other] = row;
      rows.push(other);
    });
    starts[row + 1] = rows.length;
  }
  return { starts, rows: Int32Array.from(rows) };
}

interface Both {
  readonly consumers: Adjacency;
  readonly producers: Adjacency;
}
const known = new WeakMap<GraphView, Both>();

/** Who reads from whom: worked out once per view. */
export function adjacencyOf(view: GraphView): Both {
  const before = known.get(view);
  if (before) return before;
  const wiresOf: number[][] = Array.from(view.nodeIds, () => []);
  view.wireSources.forEach((row, wire) => {
    if (row >= 0) wiresOf[row]!.push(wire);
  });
  const consumers = csr(view.nodeIds.length, (row, note) => {
    for (const wire of wiresOf[row]!) {
      for (let i = view.useStarts[wire]!; i < view.useStarts[wire + 1]!; i++) note(view.useRows[i]!);
    }
  });
  const sources: number[][] = Array.from(view.nodeIds, () => []);
  for (let row = 0; row < view.nodeIds.length; row++) {
    for (const consumer of rowsOf(consumers, row)) sources[consumer]!.push(row);
  }
  const producers = csr(view.nodeIds.length, (row, note) => sources[row]!.forEach(note));
  const both = { consumers, producers };
  known.set(view, both);
  return both;
}

export const rowsOf = ({ starts, rows }: Adjacency, row: number): Int32Array =>
  rows.subarray(starts[row], starts[row + 1]);
