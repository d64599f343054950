import {
  ASPECT,
  COLUMN_WIDTH,
  TRACK_WIDTH,
  FRAME_BOTTOM,
  FRAME_GAP,
  FRAME_HEADER,
  GAP,
  LONGEST_ROUTE,
  NODE_HEIGHT,
} from './metrics.ts';
import type { Links } from './links.ts';

const ROW = NODE_HEIGHT + GAP;
/** What a break costs, against one rank too many or too few. */
const PER_WIRE = 2.5;
const INSIDE_BLOCK = 5;

/**
 * Ranks that a column should hold so that the whole picture has a screen's aspect.
 *
 * @param rankHeight mean height of a rank, frames included
 */
export function ranksPerColumn(ranks: Int32Array, rankHeight = ROW): number {
  let area = 0;
  for (const load of loadsOf(ranks)) area += rankHeight * (COLUMN_WIDTH + TRACK_WIDTH * Math.min(3, load - 1));
  return Math.max(10, Math.round(Math.sqrt(area / ASPECT) / rankHeight));
}

/** Mean height of a rank when every change of block costs the room between two frames. */
export function meanRankHeight(rankBlocks: Int32Array): number {
  let changes = 0;
  for (let rank = 1; rank < rankBlocks.length; rank++) if (rankBlocks[rank] !== rankBlocks[rank - 1]) changes++;
  return ROW + ((FRAME_BOTTOM + FRAME_GAP + FRAME_HEADER) * changes) / Math.max(1, rankBlocks.length);
}

function loadsOf(ranks: Int32Array): Int32Array {
  let highest = -1;
  for (const rank of ranks) highest = Math.max(highest, rank);
  const loads = new Int32Array(highest + 1);
  for (const rank of ranks) loads[rank]!++;
  return loads;
}

/**
 * First ranks of the columns. Breaks are put where few wires cross and not inside a block, near multiples of the
 * wanted height.
 *
 * @param rankBlocks block of each rank, -1: none or several
 */
export function foldRanks(links: Links, ranks: Int32Array, rankBlocks: Int32Array, perColumn: number): number[] {
  const count = rankBlocks.length;
  const starts = [0];
  const columns = Math.round(count / perColumn);
  if (columns < 2) return starts;
  const target = count / columns;
  const crossing = crossingWires(links, ranks, count);
  for (let start = 0; count - start > target * 1.35;) {
    start = bestBreak(start, target, crossing, rankBlocks);
    starts.push(start);
  }
  return starts;
}

function bestBreak(start: number, target: number, crossing: Int32Array, rankBlocks: Int32Array): number {
  const wanted = start + target;
  const last = Math.min(crossing.length - 1, Math.ceil(start + target * 1.3));
  let best = Math.min(last, Math.round(wanted));
  let bestCost = Infinity;
  for (let rank = Math.max(start + 2, Math.floor(start + target * 0.65)); rank <= last; rank++) {
    const inside = rankBlocks[rank]! >= 0 && rankBlocks[rank] === rankBlocks[rank - 1] ? INSIDE_BLOCK : 0;
    // In units of ranks: off by a quarter of a column costs as much as a second wire.
    const off = (Math.abs(rank - wanted) / target) * 10;
    const cost = PER_WIRE * crossing[rank]! + inside + off;
    if (cost < bestCost) {
      bestCost = cost;
      best = rank;
    }
  }
  return best;
}

/** [ranks] wires that run from above each rank to it or beyond; those that are too long to be drawn are left out. */
function crossingWires(links: Links, ranks: Int32Array, count: number): Int32Array {
  const change = new Int32Array(count + 1);
  for (let wire = 0; wire + 1 < links.wireStarts.length; wire++) {
    const first = links.wireStarts[wire]!;
    const end = links.wireStarts[wire + 1]!;
    if (first === end) continue;
    const top = ranks[links.from[first]!]!;
    let bottom = top;
    for (let link = first; link < end; link++) {
      const rank = ranks[links.to[link]!]!;
      if (rank - top <= LONGEST_ROUTE) bottom = Math.max(bottom, rank);
    }
    change[top + 1]!++;
    change[bottom + 1]!--;
  }
  for (let rank = 1; rank <= count; rank++) change[rank]! += change[rank - 1]!;
  return change.subarray(0, count);
}

/**
 * [ranks] the block that a rank belongs to; -1: none or several. Rows of no block at all (shape arithmetic, masks) may
 * stand beside it as long as they are the fewer. Ports do not count.
 */
export function blocksOfRanks(blockOfRow: Int32Array, ranks: Int32Array, count: number): Int32Array {
  const SEVERAL = -2;
  const blocks = new Int32Array(count).fill(-1);
  const surplus = new Int32Array(count);
  blockOfRow.forEach((block, row) => {
    const rank = ranks[row]!;
    surplus[rank]! += block < 0 ? -1 : 1;
    if (block < 0) return;
    blocks[rank] = blocks[rank] === -1 || blocks[rank] === block ? block : SEVERAL;
  });
  return blocks.map((block, rank) => (block < 0 || surplus[rank]! < 0 ? -1 : block));
}
