import { bucket } from '../base/csr.ts';
import type { GraphView } from '../ir/view.ts';
import type { Items } from './items.ts';

/** Who feeds whom, of some items that are numbered from 0. CSR: links that leave and links that arrive. */
export interface ItemGraph {
  readonly items: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly outStarts: Int32Array;
  readonly outLinks: Int32Array;
  readonly inStarts: Int32Array;
  readonly inLinks: Int32Array;
}

/** All links, without constants. A *link* is one (wire, sink) pair; a sink that uses a wire twice has one link. */
export interface Links extends ItemGraph {
  readonly rows: number;
  readonly inputs: number;
  readonly ports: number;
  /** [links] ordered by wire. */
  readonly wires: Int32Array;
  /** [wires + 1] links of each wire. */
  readonly wireStarts: Int32Array;
  /** [items] sources before sinks. */
  readonly order: Int32Array;
}

export function itemGraph(items: number, from: Int32Array, to: Int32Array): ItemGraph {
  const out = bucket(from, items);
  const into = bucket(to, items);
  return {
    items,
    from,
    to,
    outStarts: out.starts,
    outLinks: out.entries,
    inStarts: into.starts,
    inLinks: into.entries,
  };
}

const NO_PORTS: readonly number[] = [];

export function linksOf(view: GraphView, items: Items): Links {
  const { rows, inputs, ports, standIns } = items;
  const wireCount = view.wireIds.length;
  const outputsOf = new Map<number, number[]>();
  view.outputs.forEach((wire, port) => {
    const list = outputsOf.get(wire);
    if (list) list.push(port);
    else outputsOf.set(wire, [port]);
  });
  const inputOf = new Map(Array.from(view.inputs, (wire, port) => [wire, rows + port]));
  const capacity = view.useRows.length + view.outputs.length;
  const wires = new Int32Array(capacity);
  const from = new Int32Array(capacity);
  const to = new Int32Array(capacity);
  const wireStarts = new Int32Array(wireCount + 1);
  const seen = new Int32Array(items.count).fill(-1);
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
    const row = view.wireSources[wire]!;
    const source = row >= 0 ? standIns[row]! : (inputOf.get(wire) ?? -1);
    if (source < 0) continue;
    const end = view.useStarts[wire + 1]!;
    for (let use = view.useStarts[wire]!; use < end; use++) add(wire, source, standIns[view.useRows[use]!]!);
    for (const port of outputsOf.get(wire) ?? NO_PORTS) add(wire, source, rows + inputs + port);
  }
  wireStarts[wireCount] = count;
  const graph = itemGraph(items.count, from.slice(0, count), to.slice(0, count));
  return { rows, inputs, ports, ...graph, wires: wires.slice(0, count), wireStarts, order: orderOf(graph) };
}

/** Items, sources before sinks, else in order of their numbers. What is on a cycle comes last. */
export function orderOf(graph: ItemGraph): Int32Array {
  const { items, to, outStarts, outLinks, inStarts } = graph;
  const waiting = new Int32Array(items);
  const order = new Int32Array(items);
  let end = 0;
  for (let item = 0; item < items; item++) {
    waiting[item] = inStarts[item + 1]! - inStarts[item]!;
    if (waiting[item] === 0) order[end++] = item;
  }
  for (let next = 0; next < end; next++) {
    const item = order[next]!;
    for (let i = outStarts[item]!; i < outStarts[item + 1]!; i++) {
      const sink = to[outLinks[i]!]!;
      if (--waiting[sink]! === 0) order[end++] = sink;
    }
  }
  for (let item = 0; end < items; item++) if (waiting[item]! > 0) order[end++] = item;
  return order;
}
