import type { ItemGraph, Links } from './links.ts';
import { MANY_USES, RANK_WIDTH } from './metrics.ts';

/**
 * [items] 1: depends on no graph input, or only on values with so many uses that far ones become stubs, as the sizes
 * that shapes are made of. Such items sink to just above their first use.
 */
export function floatingItems(links: Links): Uint8Array {
  const floating = new Uint8Array(links.items);
  for (const item of links.order) {
    let floats = 1;
    for (let i = links.inStarts[item]!; i < links.inStarts[item + 1]!; i++) {
      const link = links.inLinks[i]!;
      const source = links.from[link]!;
      const isInput = source >= links.rows && source < links.rows + links.inputs;
      const wire = links.wires[link]!;
      const isPopular = links.wireStarts[wire + 1]! - links.wireStarts[wire]! > MANY_USES;
      if ((!floating[source] || isInput) && !isPopular) floats = 0;
    }
    floating[item] = floats;
  }
  return floating;
}

/**
 * Ranks: longest path, no rank wider than `RANK_WIDTH`. Links point to greater ranks.
 *
 * @param floating [items] 1: sinks to just above its first use
 * @param hosts [items] what a leaf hangs on: it has the rank of that and asks for none; null: there are no leaves
 */
export function rankItems(
  graph: ItemGraph,
  order: Int32Array,
  floating: Uint8Array,
  hosts: Int32Array | null = null,
): Int32Array {
  const ranks = new Int32Array(graph.items);
  const load = new Int32Array(2 * graph.items + 2);
  const isLeaf = (item: number): boolean => hosts !== null && hosts[item]! >= 0;
  for (const item of order) {
    if (isLeaf(item)) continue;
    let rank = 0;
    for (let i = graph.inStarts[item]!; i < graph.inStarts[item + 1]!; i++) {
      const source = graph.from[graph.inLinks[i]!]!;
      if (!isLeaf(source)) rank = Math.max(rank, ranks[source]! + 1);
    }
    if (!floating[item]) while (load[rank]! >= RANK_WIDTH) rank++;
    ranks[item] = rank;
    if (!floating[item]) load[rank]!++;
  }
  sink(graph, order, ranks, floating, load, isLeaf);
  const compacted = compact(ranks, isLeaf);
  if (hosts) {
    hosts.forEach((host, item) => {
      if (host >= 0) compacted[item] = compacted[host]!;
    });
  }
  return compacted;
}

function sink(
  links: ItemGraph,
  order: Int32Array,
  ranks: Int32Array,
  floating: Uint8Array,
  load: Int32Array,
  isLeaf: (item: number) => boolean,
): void {
  const count = ranks.reduce((most, rank) => Math.max(most, rank + 1), 1);
  let unread = 0;
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i]!;
    if (!floating[item] || isLeaf(item)) continue;
    let limit = -1;
    for (let l = links.outStarts[item]!; l < links.outStarts[item + 1]!; l++) {
      const rank = ranks[links.to[links.outLinks[l]!]!]!;
      if (limit < 0 || rank < limit) limit = rank;
    }
    // Its own rank is the lowest that its inputs allow; ranks above the limit are looked through for a free place.
    // Inputs that nothing reads stand below each other.
    if (limit < 0 && links.inStarts[item] === links.inStarts[item + 1]) ranks[item] = unread++ % count;
    if (limit < 0) continue;
    let rank = limit - 1;
    while (rank > ranks[item]! && load[rank]! >= RANK_WIDTH) rank--;
    ranks[item] = rank;
    load[rank]!++;
  }
}

/** Renumbers so that no rank is empty. */
function compact(ranks: Int32Array, isLeaf: (item: number) => boolean): Int32Array {
  let highest = 0;
  for (const rank of ranks) highest = Math.max(highest, rank);
  const used = new Int32Array(highest + 1);
  ranks.forEach((rank, item) => {
    if (!isLeaf(item)) used[rank] = 1;
  });
  let next = 0;
  for (let rank = 0; rank <= highest; rank++) used[rank] = used[rank] ? next++ : 0;
  return ranks.map((rank) => used[rank]!);
}

/** Length of the longest path from each item to a sink, in links. */
export function depthsBelow(links: ItemGraph, order: Int32Array): Int32Array {
  const depths = new Int32Array(links.items);
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i]!;
    for (let l = links.outStarts[item]!; l < links.outStarts[item + 1]!; l++) {
      depths[item] = Math.max(depths[item]!, depths[links.to[links.outLinks[l]!]!]! + 1);
    }
  }
  return depths;
}
