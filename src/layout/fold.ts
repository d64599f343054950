import type { ItemGraph } from './links.ts';
import { COLUMN_WIDTH, GAP, LONGEST_ROUTE, NODE_HEIGHT, TRACK_WIDTH } from './metrics.ts';

const ROW = NODE_HEIGHT + GAP;
/** No column is lower than ten nodes. */
export const LEAST_HEIGHT = 10 * ROW;
/** What is no higher fits a screen at half size: it is not folded, since wires between columns are long. */
const NOT_FOLDED = 24 * ROW;
/** What a break costs per wire that climbs over it; off by a quarter of a column costs as much. */
const PER_WIRE = 2.5;

/**
 * Ranks that a column should hold so that a graph of plain nodes has a screen's aspect.
 *
 * @param ranks of its items
 */
export function ranksPerColumn(ranks: Int32Array, aspect: number): number {
  const widths = Float64Array.from(loadsOf(ranks), (load) => COLUMN_WIDTH + TRACK_WIDTH * Math.min(3, load - 1));
  return Math.round(
    columnHeight(
      widths.map(() => ROW),
      widths,
      aspect,
    ) / ROW,
  );
}

function loadsOf(ranks: Int32Array): Int32Array {
  let highest = -1;
  for (const rank of ranks) highest = Math.max(highest, rank);
  const loads = new Int32Array(highest + 1);
  for (const rank of ranks) loads[rank]!++;
  return loads;
}

/** Height of the columns with which the picture has a screen's aspect, from heights and widths of its ranks. */
export function columnHeight(heights: Float64Array, widths: Float64Array, aspect: number): number {
  const area = heights.reduce((sum, height, rank) => sum + height * widths[rank]!, 0);
  return Math.max(LEAST_HEIGHT, Math.sqrt(area / aspect));
}

/**
 * First ranks of the columns. Breaks are put where few wires cross, near multiples of the wanted height.
 *
 * @param heights of the ranks
 */
export function foldRanks(graph: ItemGraph, ranks: Int32Array, heights: Float64Array, wanted: number): number[] {
  const starts = [0];
  const tops = new Float64Array(heights.length + 1);
  heights.forEach((height, rank) => (tops[rank + 1] = tops[rank]! + height));
  const whole = tops[heights.length]!;
  const columns = Math.round(whole / wanted);
  if (columns < 2 || whole <= NOT_FOLDED) return starts;
  const target = whole / columns;
  const crossing = crossingWires(graph, ranks, heights.length);
  for (let start = 0; whole - tops[start]! > target * 1.35;) {
    start = bestBreak(start, target, crossing, tops);
    if (start >= heights.length) break;
    starts.push(start);
  }
  return starts;
}

function bestBreak(start: number, target: number, crossing: Int32Array, tops: Float64Array): number {
  const wanted = tops[start]! + target;
  let best = -1;
  let bestCost = Infinity;
  for (let rank = start + 1; rank < crossing.length; rank++) {
    const off = (tops[rank]! - wanted) / target;
    // Where one rank is as tall as a column, the first break behind it is taken.
    if (off > 0.3 && best >= 0) break;
    if (off < -0.35) continue;
    const cost = PER_WIRE * crossing[rank]! + Math.abs(off) * 10;
    if (cost < bestCost) {
      bestCost = cost;
      best = rank;
    }
  }
  return best < 0 ? crossing.length : best;
}

/** [ranks] wires that run from above each rank to it or beyond; those that are too long to be drawn are left out. */
function crossingWires({ items, to, outStarts, outLinks }: ItemGraph, ranks: Int32Array, count: number): Int32Array {
  const change = new Int32Array(count + 1);
  for (let item = 0; item < items; item++) {
    const top = ranks[item]!;
    let bottom = top;
    for (let i = outStarts[item]!; i < outStarts[item + 1]!; i++) {
      const rank = ranks[to[outLinks[i]!]!]!;
      if (rank - top <= LONGEST_ROUTE) bottom = Math.max(bottom, rank);
    }
    change[top + 1]!++;
    change[bottom + 1]!--;
  }
  for (let rank = 1; rank <= count; rank++) change[rank]! += change[rank - 1]!;
  return change.subarray(0, count);
}
