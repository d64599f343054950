import type { GraphView, GroupTree } from '../ir/view.ts';

const OUTSIDE = 1;
/** FNV-1a. */
const SEED = 0x811c9dc5;
const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193) ^ (hash >>> 15);

/**
 * [groups] numbers that groups share when they are built alike: the same operators with the same key attributes in
 * the same order, wired alike inside, with constants of the same shapes.
 */
export function classesOf(groups: Omit<GroupTree, 'classes'>, view: Omit<GraphView, 'groups'>): Int32Array {
  const reads = readsOfRows(view);
  const own = ownHashes(view);
  const hashes = new Int32Array(groups.keys.length).fill(SEED);
  const counts = new Int32Array(groups.keys.length);
  // [groups][depth] place of each row in the groups around it, innermost first.
  const places: Int32Array[] = [];
  for (let row = 0; row < groups.ofRow.length; row++) {
    const around: number[] = [];
    for (let group = groups.ofRow[row]!; group >= 0; group = groups.parents[group]!) {
      around.push(counts[group]!);
      // A sum, for the order of wires is not that of inputs.
      let read = 0;
      for (let i = reads.starts[row]!; i < reads.starts[row + 1]!; i++) {
        read += mix(SEED, sourceHash(groups, view, places, group, reads.entries[i]!));
      }
      hashes[group] = mix(mix(hashes[group]!, own[row]!), read | 0);
      counts[group]!++;
    }
    places.push(Int32Array.from(around));
  }
  return numbered(hashes, counts);
}

/** Where a read comes from, as a group sees it: the place of a row inside of it, the shape of a constant, outside. */
function sourceHash(
  groups: Omit<GroupTree, 'classes'>,
  view: Omit<GraphView, 'groups'>,
  places: readonly Int32Array[],
  group: number,
  wire: number,
): number {
  const source = view.wireSources[wire]!;
  if (source === -2) return hashOfText(view.wireShapes[wire]!);
  if (source < 0) return OUTSIDE;
  let depth = 0;
  for (let each = groups.ofRow[source]!; each >= 0; each = groups.parents[each]!, depth++) {
    if (each === group) return 2 + places[source]![depth]!;
  }
  return OUTSIDE;
}

/** CSR over rows: wires that each reads. */
function readsOfRows({ nodeIds, useStarts, useRows }: Omit<GraphView, 'groups'>) {
  const starts = new Int32Array(nodeIds.length + 1);
  for (const row of useRows) starts[row + 1]!++;
  for (let row = 0; row < nodeIds.length; row++) starts[row + 1]! += starts[row]!;
  const next = starts.slice();
  const entries = new Int32Array(useRows.length);
  for (let wire = 0; wire + 1 < useStarts.length; wire++) {
    for (let use = useStarts[wire]!; use < useStarts[wire + 1]!; use++) entries[next[useRows[use]!]!++] = wire;
  }
  return { starts, entries };
}

function ownHashes({ nodeOps, nodeDetails }: Omit<GraphView, 'groups'>): Int32Array {
  const known = new Map<string, number>();
  return Int32Array.from(nodeOps, (op, row) => {
    const detail = nodeDetails[row]!;
    let hash = known.get(detail);
    if (hash === undefined) known.set(detail, (hash = hashOfText(detail)));
    return mix(hash, op);
  });
}

function hashOfText(text: string): number {
  let hash = SEED;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

function numbered(hashes: Int32Array, counts: Int32Array): Int32Array {
  const numbers = new Map<string, number>();
  return hashes.map((hash, group) => {
    const key = `${hash} ${counts[group]}`;
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    return number;
  });
}
