import type { Builder } from './build.ts';
import { columnHeight, foldRanks, LEAST_HEIGHT } from './fold.ts';
import { itemGraph } from './links.ts';
import { COLUMN_WIDTH, GAP, NODE_WIDTH } from './metrics.ts';
import { packTracks, type PackInput } from './tracks.ts';

/** Folding is tried again while the picture is this much too wide or too tall. */
const OFF_ASPECT = 1.3;
const FOLDINGS = 3;
/** Items beside each other that count for the width of a rank. */
const COUNTED = 4;
/** What a column is wider than its tracks. */
const BESIDE = COLUMN_WIDTH - NODE_WIDTH - GAP;

/** Columns of the items that lie in no box. */
export interface Columns {
  /** [columns] number of ranks. */
  readonly sizes: readonly number[];
  /** [members of the graph's own pane] column, and rank in it. */
  readonly columns: Int32Array;
  readonly ranks: Int32Array;
}

/**
 * Folds a graph to columns of about a screen's aspect. How wide they get is known only once they are packed, so it may
 * be done again with other heights.
 *
 * @param builder with a single column, whose boxes are built
 */
export function foldColumns(builder: Builder, aspect: number): Columns {
  const input = builder.packInput(0);
  const { lefts, rights, heights } = builder.sizesOf(0);
  const widths = lefts.map((left, item) => left + rights[item]! + GAP);
  const rankHeights = new Float64Array(input.rankCount);
  const rankWidths: number[][] = Array.from({ length: input.rankCount }, () => []);
  input.ranks.forEach((rank, item) => {
    rankHeights[rank] = Math.max(rankHeights[rank]!, heights[item]! + GAP);
    rankWidths[rank]!.push(widths[item]!);
  });
  const sums = Float64Array.from(rankWidths, (list) =>
    list
      .sort((a, b) => b - a)
      .slice(0, COUNTED)
      .reduce((sum, width) => sum + width, BESIDE),
  );
  let wanted = columnHeight(rankHeights, sums, aspect);
  let starts = foldRanks(input.graph, input.ranks, rankHeights, wanted);
  for (let i = 1; i < FOLDINGS; i++) {
    const off = aspectOf(input, starts, rankHeights, widths) / aspect;
    if (off < OFF_ASPECT && off > 1 / OFF_ASPECT) break;
    wanted = Math.max(LEAST_HEIGHT, wanted * Math.sqrt(off));
    const next = foldRanks(input.graph, input.ranks, rankHeights, wanted);
    if (next.join() === starts.join()) break;
    starts = next;
  }
  const columnOfRank = columnsOfRanks(starts, input.rankCount);
  const columns = input.ranks.map((rank) => columnOfRank[rank]!);
  const sizes = starts.map((start, column) => (starts[column + 1] ?? input.rankCount) - start);
  return { sizes, columns, ranks: input.ranks.map((rank, item) => rank - starts[columns[item]!]!) };
}

function columnsOfRanks(starts: readonly number[], count: number): Int32Array {
  const columns = new Int32Array(count);
  starts.forEach((start, column) => columns.fill(column, start));
  return columns;
}

/** Width to height of the picture that a folding comes to. */
function aspectOf(input: PackInput, starts: readonly number[], heights: Float64Array, widths: Float32Array): number {
  let width = 0;
  let highest = 1;
  starts.forEach((start, column) => {
    const end = starts[column + 1] ?? input.rankCount;
    const { items, packInput } = partOf(input, start, end);
    const { tracks, count } = packTracks(packInput, false);
    const trackWidths = new Float64Array(count);
    items.forEach((item, index) => {
      trackWidths[tracks[index]!] = Math.max(trackWidths[tracks[index]!]!, widths[item]!);
    });
    width += trackWidths.reduce((sum, each) => sum + each, BESIDE);
    highest = Math.max(
      highest,
      heights.subarray(start, end).reduce((sum, each) => sum + each, 0),
    );
  });
  return width / highest;
}

/** The items of some ranks, with the links among them. */
function partOf(input: PackInput, start: number, end: number): { items: number[]; packInput: PackInput } {
  const local = new Int32Array(input.ranks.length).fill(-1);
  const items: number[] = [];
  input.ranks.forEach((rank, item) => {
    if (rank >= start && rank < end) local[item] = items.push(item) - 1;
  });
  const from: number[] = [];
  const to: number[] = [];
  const leaving = new Uint8Array(items.length);
  for (const item of items) {
    const { graph } = input;
    for (let i = graph.outStarts[item]!; i < graph.outStarts[item + 1]!; i++) {
      const sink = local[graph.to[graph.outLinks[i]!]!]!;
      if (sink < 0) leaving[local[item]!] = 1;
      else {
        from.push(local[item]!);
        to.push(sink);
      }
    }
  }
  const packInput = {
    graph: itemGraph(items.length, Int32Array.from(from), Int32Array.from(to)),
    ranks: Int32Array.from(items, (item) => input.ranks[item]! - start),
    rankCount: end - start,
    depths: Int32Array.from(items, (item) => input.depths[item]!),
    floating: Uint8Array.from(items, (item) => input.floating[item]!),
    leaving,
    entering: [],
  };
  return { items, packInput };
}
