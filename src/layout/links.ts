import { bucket } from '../base/csr.ts';
import type { GraphView } from '../ir/view.ts';

/**
 * Who feeds whom, without constants. Items are the view's rows, then its inputs, then its outputs. A *link* is one
 * (wire, sink) pair; a sink that uses a wire twice has one link.
 */
export interface Links {
  readonly rows: number;
  readonly items: number;
  readonly inputs: number;
  /** [links] ordered by wire. */
  readonly wires: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** [wires + 1] links of each wire. */
  readonly wireStarts: Int32Array;
  /** CSR over items: links that leave, links that arrive. */
  readonly outStarts: Int32Array;
  readonly outLinks: Int32Array;
  readonly inStarts: Int32Array;
  readonly inLinks: Int32Array;
}

export function linksOf(view: GraphView): Links {
  const rows = view.nodeIds.length;
  const wireCount = view.wireIds.length;
  const items = rows + view.inputs.length + view.outputs.length;
  const sources = Int32Array.from(view.wireSources, (source) => (source >= 0 ? source : -1));
  view.inputs.forEach((wire, port) => {
    sources[wire] = rows + port;
  });
  const outputsOf = new Map<number, number[]>();
  view.outputs.forEach((wire, port) => {
    const list = outputsOf.get(wire);
    if (list) list.push(port);
    else outputsOf.set(wire, [port]);
  });
  const capacity = view.useRows.length + view.outputs.length;
  const wires = new Int32Array(capacity);
  const from = new Int32Array(capacity);
  const to = new Int32Array(capacity);
  const wireStarts = new Int32Array(wireCount + 1);
  const seen = new Int32Array(items).fill(-1);
  let count = 0;
  const add = (wire: number, source: number, sink: number): void => {
    if (seen[sink] === wire || sink === source) return;
    seen[sink] = wire;
    wires[count] = wire;
    from[count] = source;
    to[count++] = sink;
  };
  for (let wire = 0; wire < wireCount; wire++) {
    wireStarts[wire] = count;
    const source = sources[wire]!;
    if (source < 0) continue;
    for (let use = view.useStarts[wire]!; use < view.useStarts[wire + 1]!; use++) add(wire, source, view.useRows[use]!);
    for (const port of outputsOf.get(wire) ?? []) add(wire, source, rows + view.inputs.length + port);
  }
  wireStarts[wireCount] = count;
  const links = { wires: wires.slice(0, count), from: from.slice(0, count), to: to.slice(0, count) };
  const out = bucket(links.from, items);
  const into = bucket(links.to, items);
  return {
    rows,
    items,
    inputs: view.inputs.length,
    ...links,
    wireStarts,
    outStarts: out.starts,
    outLinks: out.entries,
    inStarts: into.starts,
    inLinks: into.entries,
  };
}
