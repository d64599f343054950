import { bucket, type Csr } from '../base/csr.ts';
import type { GraphView } from '../ir/view.ts';

type WireColumns = Pick<GraphView, 'nodeIds' | 'inputs' | 'wireSources' | 'useStarts' | 'useRows'>;

/** Which row reads from which, without inputs and constants. */
export interface RowGraph {
  readonly rows: number;
  /** Edges, and by row those that leave and those that arrive. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly leaving: Csr;
  readonly arriving: Csr;
  /** [rows] 1: depends on nothing, neither a row nor an input of the graph. */
  readonly constant: Uint8Array;
}

export function rowGraphOf({ nodeIds, inputs, wireSources, useStarts, useRows }: WireColumns): RowGraph {
  const from = new Int32Array(useRows.length);
  let count = 0;
  const to = new Int32Array(useRows.length);
  for (let wire = 0; wire < wireSources.length; wire++) {
    const source = wireSources[wire]!;
    if (source < 0) continue;
    for (let use = useStarts[wire]!; use < useStarts[wire + 1]!; use++) {
      from[count] = source;
      to[count++] = useRows[use]!;
    }
  }
  const edges = { from: from.slice(0, count), to: to.slice(0, count) };
  const rows = nodeIds.length;
  const constant = new Uint8Array(rows).fill(1);
  for (const row of edges.to) constant[row] = 0;
  for (const wire of inputs)
    for (const row of useRows.subarray(useStarts[wire], useStarts[wire + 1])) constant[row] = 0;
  return { rows, ...edges, leaving: bucket(edges.from, rows), arriving: bucket(edges.to, rows), constant };
}
