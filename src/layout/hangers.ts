import type { GraphView } from '../ir/view.ts';
import type { Links } from './links.ts';
import { NODE_WIDTH, pillWidth, STUB_BAND, STUB_HEIGHT } from './metrics.ts';
import { DrawnAs } from './drawn.ts';

/** Free height between a hanger and what it hangs on, and free width beside the wire that enters the middle. */
const CLEAR = 4;
const BESIDE_WIRE = 8;
const INSET = 2;
/** How much further in each lower leaf starts, so that those above reach the node past it. */
const STEP_IN = 7;
const CONNECTOR = 3;
const ICON = 20;

/** A leaf or a stub in one of the slots above a host: slot 0 left of the wire, 1 right of it, 2 above 0, … */
export interface Hanger {
  readonly host: number;
  readonly slot: number;
  /** The leaf; -1: a stub. */
  readonly item: number;
  /** The stub's link; -1: a leaf. */
  readonly link: number;
  /** Rows of leaves above the host. */
  readonly leafRows: number;
  /** Letters that are written in it. */
  readonly letters: number;
  /** Where a leaf was in the layout before. */
  readonly kept: KeptLeaf | null;
}

/** A leaf that stays where it was. */
export interface KeptLeaf {
  readonly slot: number;
  /** The item in the cell below it, whoever that is now; -1: none. */
  readonly below: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/** Leaves come lowest, stubs above them. */
export interface Hangers {
  readonly list: readonly Hanger[];
  /** [items] rows of hangers above each item, two in a row. Above a cell that is empty now, the leaf's own entry says. */
  readonly rows: Uint8Array;
}

export function findHangers(
  view: GraphView,
  links: Links,
  drawn: Uint8Array,
  hosts: Int32Array,
  keptLeaves: ReadonlyMap<number, KeptLeaf>,
): Hangers {
  const slots = new SlotTable();
  const leaves: { item: number; host: number; slot: number }[] = [];
  for (const [item, kept] of keptLeaves) {
    leaves.push({ item, host: hosts[item]!, slot: kept.slot });
    if (kept.below >= 0) slots.take(kept.below, kept.slot);
  }
  hosts.forEach((host, item) => {
    if (host >= 0 && !keptLeaves.has(item)) leaves.push({ item, host, slot: slots.next(host) });
  });
  const leafRows = new Map<number, number>();
  for (const { host, slot } of leaves) leafRows.set(host, Math.max(leafRows.get(host) ?? 0, rowOfSlot(slot) + 1));
  const list: Hanger[] = leaves.map(({ item, host, slot }) => {
    const letters = lettersOf(view, links, item);
    return { host, slot, item, link: -1, leafRows: leafRows.get(host)!, letters, kept: keptLeaves.get(item) ?? null };
  });
  drawn.forEach((way, link) => {
    if (way !== DrawnAs.stub) return;
    const host = links.to[link]!;
    const letters = view.wireNames[links.wires[link]!]!.length;
    list.push({ host, slot: slots.next(host), item: -1, link, leafRows: leafRows.get(host) ?? 0, letters, kept: null });
  });
  const rows = new Uint8Array(links.items);
  for (const { host, slot, kept } of list) {
    for (const item of [host, kept?.below ?? -1]) {
      if (item >= 0) rows[item] = Math.min(255, Math.max(rows[item]!, rowOfSlot(slot) + 1));
    }
  }
  return { list, rows };
}

const rowOfSlot = (slot: number): number => Math.floor(slot / 2);

/** Slots above each host. */
class SlotTable {
  private readonly taken = new Map<number, Set<number>>();

  take(host: number, slot: number): void {
    const set = this.taken.get(host);
    if (set) set.add(slot);
    else this.taken.set(host, new Set([slot]));
  }
  next(host: number): number {
    let slot = 0;
    while (this.taken.get(host)?.has(slot)) slot++;
    this.take(host, slot);
    return slot;
  }
}

function lettersOf(view: GraphView, links: Links, item: number): number {
  if (item >= links.rows) return view.wireNames[view.inputs[item - links.rows]!]!.length;
  return (view.nodeDetails[item] || view.opTypes[view.nodeOps[item]!]!).length;
}

export interface HangerPlace {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  /** Where its wire goes down to the host. */
  readonly wireX: number;
}

/** Where a hanger is, above a host whose middle and top are given. */
export function placeHanger(hanger: Hanger, centre: number, hostTop: number): HangerPlace {
  const row = rowOfSlot(hanger.slot);
  if (hanger.kept) {
    const { left, top, width, slot } = hanger.kept;
    const wireX = row === 0 ? left + width / 2 : slot % 2 === 0 ? left + CONNECTOR : left + width - CONNECTOR;
    return { left, top, width, wireX };
  }
  const inset = INSET + STEP_IN * Math.max(0, hanger.leafRows - 1 - row);
  const room = NODE_WIDTH / 2 - BESIDE_WIRE - inset;
  const width = pillWidth(hanger.letters, ICON, room);
  const top = hostTop - CLEAR - STUB_HEIGHT - STUB_BAND * row;
  if (hanger.slot % 2 === 0) {
    const left = centre - NODE_WIDTH / 2 + inset;
    return { left, top, width, wireX: row === 0 ? left + width / 2 : left + CONNECTOR };
  }
  const left = centre + NODE_WIDTH / 2 - inset - width;
  return { left, top, width, wireX: row === 0 ? left + width / 2 : left + width - CONNECTOR };
}
