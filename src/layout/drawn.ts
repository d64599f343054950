import type { Links } from './links.ts';
import { GUTTER_WIRES, LONGEST_ROUTE, MANY_USES, NEAR } from './metrics.ts';

/** How a link is drawn: as a wire, as a stub at its sink, or from a leaf above it. */
export const DrawnAs = { wire: 0, stub: 1, hung: 2 } as const;

/**
 * Decides for each link how it is drawn, before anything has a place: far uses of a wire that has many become stubs,
 * and so does what would run too far, and what leaves read beside their host.
 *
 * @param ranks [items] of the graph without groups
 * @param hosts [items] what a leaf hangs on
 */
export function drawLinks(links: Links, ranks: Int32Array, hosts: Int32Array): Uint8Array {
  const drawn = new Uint8Array(links.wires.length);
  const spanOf = (link: number): number => Math.abs(ranks[links.to[link]!]! - ranks[links.from[link]!]!);
  for (let wire = 0; wire + 1 < links.wireStarts.length; wire++) {
    const first = links.wireStarts[wire]!;
    const end = links.wireStarts[wire + 1]!;
    if (first === end) continue;
    const host = hosts[links.from[first]!]!;
    let far = 0;
    for (let link = first; link < end; link++) if (spanOf(link) > NEAR) far++;
    for (let link = first; link < end; link++) {
      const span = spanOf(link);
      const isFar = (far > MANY_USES && span > NEAR) || span > LONGEST_ROUTE;
      if (host >= 0) drawn[link] = links.to[link] === host ? DrawnAs.hung : DrawnAs.stub;
      else drawn[link] = isFar ? DrawnAs.stub : DrawnAs.wire;
    }
  }
  return drawn;
}

/**
 * Makes stubs of what would run backwards or over more than one gutter, and of what one gutter has no room for: the
 * wires from nearest to it are drawn.
 *
 * @param columns [items]
 * @returns how many links became stubs
 */
export function stubAcrossColumns(links: Links, columns: Int32Array, ranks: Int32Array, drawn: Uint8Array): number {
  const climbing = new Map<number, number[]>();
  let stubs = 0;
  for (let wire = 0; wire + 1 < links.wireStarts.length; wire++) {
    let climbs = false;
    for (let link = links.wireStarts[wire]!; link < links.wireStarts[wire + 1]!; link++) {
      const across = columns[links.to[link]!]! - columns[links.from[link]!]!;
      if (drawn[link] !== DrawnAs.wire || across === 0) continue;
      climbs ||= across === 1;
      if (across === 1) continue;
      drawn[link] = DrawnAs.stub;
      stubs++;
    }
    if (!climbs) continue;
    const column = columns[links.from[links.wireStarts[wire]!]!]!;
    const list = climbing.get(column);
    if (list) list.push(wire);
    else climbing.set(column, [wire]);
  }
  for (const wires of climbing.values()) stubs += thinOut(wires, links, columns, ranks, drawn);
  return stubs;
}

function thinOut(wires: number[], links: Links, columns: Int32Array, ranks: Int32Array, drawn: Uint8Array): number {
  if (wires.length <= GUTTER_WIRES) return 0;
  const rankOf = (wire: number): number => ranks[links.from[links.wireStarts[wire]!]!]!;
  wires.sort((a, b) => rankOf(b) - rankOf(a) || a - b);
  let stubs = 0;
  for (const wire of wires.slice(GUTTER_WIRES)) {
    for (let link = links.wireStarts[wire]!; link < links.wireStarts[wire + 1]!; link++) {
      if (drawn[link] !== DrawnAs.wire || columns[links.to[link]!] === columns[links.from[link]!]) continue;
      drawn[link] = DrawnAs.stub;
      stubs++;
    }
  }
  return stubs;
}
