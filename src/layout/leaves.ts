import type { Items } from './items.ts';
import type { Links } from './links.ts';

/** Graphs with no more inputs than this show each in a place of its own. */
const FEW_INPUTS = 6;
/** Leaves that hang on one node; further ones get a place of their own. */
export const MOST_LEAVES = 8;

/**
 * Leaves are drawn small, hanging above the node that reads them first: rows that depend on nothing (constants and the
 * like), and weights that are inputs, where there are many inputs. A node keeps at least one input that is no leaf.
 *
 * @returns [items] the item that a leaf hangs on; -1: no leaf
 */
export function findLeaves(items: Items, links: Links): Int32Array {
  const places = new Int32Array(links.items);
  links.order.forEach((item, place) => (places[item] = place));
  const hosts = new Int32Array(links.items).fill(-1);
  const counts = new Int32Array(links.items);
  const hang = (leaf: number, host: number): void => {
    hosts[leaf] = host;
    counts[host]!++;
  };
  for (let row = 0; row < links.rows; row++) {
    if (links.inStarts[row] !== links.inStarts[row + 1] || items.standIns[row] !== row) continue;
    const host = firstReader(links, row, places);
    if (host >= 0 && counts[host]! < MOST_LEAVES) hang(row, host);
  }
  if (items.inputs <= FEW_INPUTS) return hosts;
  // The last first: the input that a model is about is declared before its weights.
  for (let port = links.rows + links.inputs - 1; port >= links.rows; port--) {
    const host = firstReader(links, port, places);
    if (host < 0 || counts[host]! >= MOST_LEAVES || !hasOtherSource(links, host, port, hosts)) continue;
    hang(port, host);
  }
  return hosts;
}

/** The first row or folded group that reads an item; -1: none does. */
function firstReader(links: Links, item: number, places: Int32Array): number {
  let first = -1;
  for (let i = links.outStarts[item]!; i < links.outStarts[item + 1]!; i++) {
    const sink = links.to[links.outLinks[i]!]!;
    const isPort = sink >= links.rows && sink < links.rows + links.ports;
    if (!isPort && (first < 0 || places[sink]! < places[first]!)) first = sink;
  }
  return first;
}

function hasOtherSource(links: Links, host: number, leaf: number, hosts: Int32Array): boolean {
  for (let i = links.inStarts[host]!; i < links.inStarts[host + 1]!; i++) {
    const source = links.from[links.inLinks[i]!]!;
    if (source !== leaf && hosts[source]! < 0) return true;
  }
  return false;
}
