import type { Links } from './links.ts';
import { RANK_WIDTH } from './metrics.ts';

export interface Ranked {
  /** [items] every link that is not a leaf's points to a greater rank; a leaf has its host's. */
  readonly ranks: Int32Array;
  /** [items] 1: depends on no graph input. */
  readonly floating: Uint8Array;
}

/**
 * Ranks: longest path in file order. Items that depend on no graph input (what is made of constants), and the inputs
 * themselves, sink to just above their first use.
 *
 * @param hosts what leaves hang on: they take no rank and ask for none
 */
export function rankItems(links: Links, hosts: Int32Array): Ranked {
  const order = itemOrder(links);
  const ranks = new Int32Array(links.items);
  const floating = new Uint8Array(links.items);
  const load = new Int32Array(links.items + links.rows + 2);
  for (const item of order) {
    let rank = 0;
    let floats = 1;
    for (let i = links.inStarts[item]!; i < links.inStarts[item + 1]!; i++) {
      const source = links.from[links.inLinks[i]!]!;
      if (hosts[source]! < 0) rank = Math.max(rank, ranks[source]! + 1);
      if (!floating[source] || source >= links.rows) floats = 0;
    }
    floating[item] = floats;
    if (hosts[item]! >= 0) continue;
    if (!floats) while (load[rank]! >= RANK_WIDTH) rank++;
    ranks[item] = rank;
    if (!floats) load[rank]!++;
  }
  sink(links, order, ranks, floating, load, hosts);
  stackUnused(links, ranks);
  const compacted = compact(ranks, hosts);
  hosts.forEach((host, item) => {
    if (host >= 0) compacted[item] = compacted[host]!;
  });
  return { ranks: compacted, floating };
}

/** Inputs, then rows in file order, then outputs: sources always precede sinks. */
function itemOrder(links: Links): Int32Array {
  const order = new Int32Array(links.items);
  let count = 0;
  for (let item = links.rows; item < links.rows + links.inputs; item++) order[count++] = item;
  for (let item = 0; item < links.rows; item++) order[count++] = item;
  for (let item = links.rows + links.inputs; item < links.items; item++) order[count++] = item;
  return order;
}

function sink(
  links: Links,
  order: Int32Array,
  ranks: Int32Array,
  floating: Uint8Array,
  load: Int32Array,
  hosts: Int32Array,
): void {
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i]!;
    if (!floating[item] || hosts[item]! >= 0) continue;
    let limit = -1;
    for (let l = links.outStarts[item]!; l < links.outStarts[item + 1]!; l++) {
      const rank = ranks[links.to[links.outLinks[l]!]!]!;
      if (limit < 0 || rank < limit) limit = rank;
    }
    // Its own rank is the lowest that its inputs allow; ranks above the limit are looked through for a free place.
    if (limit < 0) continue;
    let rank = limit - 1;
    while (rank > ranks[item]! && load[rank]! >= RANK_WIDTH) rank--;
    ranks[item] = rank;
    load[rank]!++;
  }
}

/** Inputs that nothing reads stand below each other. */
function stackUnused(links: Links, ranks: Int32Array): void {
  const count = ranks.reduce((most, rank) => Math.max(most, rank + 1), 0);
  let unused = 0;
  for (let port = links.rows; port < links.rows + links.inputs; port++) {
    if (links.outStarts[port] === links.outStarts[port + 1]) ranks[port] = unused++ % count;
  }
}

/** Renumbers so that no rank is empty. */
function compact(ranks: Int32Array, hosts: Int32Array): Int32Array {
  let highest = 0;
  for (const rank of ranks) highest = Math.max(highest, rank);
  const used = new Int32Array(highest + 1);
  ranks.forEach((rank, item) => {
    if (hosts[item]! < 0) used[rank] = 1;
  });
  let next = 0;
  for (let rank = 0; rank <= highest; rank++) used[rank] = used[rank] ? next++ : 0;
  return ranks.map((rank) => used[rank]!);
}

/** Length of the longest path from each item to a sink, in links. */
export function depthsBelow(links: Links): Int32Array {
  const depths = new Int32Array(links.items);
  const order = itemOrder(links);
  for (let i = order.length - 1; i >= 0; i--) {
    const item = order[i]!;
    for (let l = links.outStarts[item]!; l < links.outStarts[item + 1]!; l++) {
      depths[item] = Math.max(depths[item]!, depths[links.to[links.outLinks[l]!]!]! + 1);
    }
  }
  return depths;
}
