import type { GraphView } from '../ir/view.ts';
import { blocksOfRanks, foldRanks, meanRankHeight, ranksPerColumn } from './fold.ts';
import { framesOf, keptFrames } from './frames.ts';
import type { Previous } from './keep.ts';
import { keepCells } from './keep.ts';
import type { Links } from './links.ts';
import { linksOf } from './links.ts';
import { drawLinks } from './nets.ts';
import type { Cells } from './place.ts';
import { itemHeights, itemsByColumn, place } from './place.ts';
import { depthsBelow, rankItems } from './ranks.ts';
import { findBlocks } from './scopes.ts';
import { packColumn } from './tracks.ts';
import type { GraphLayout } from './types.ts';

/** A block may be a little taller than a column is meant to be. */
const BLOCK_SLACK = 1.2;

/**
 * Places a graph: ranks from top to bottom, tracks from left to right, folded into columns of about a screen's aspect.
 * Near-linear in nodes and links, and the same for the same view.
 *
 * @param previous the picture of the revision before (for a stop of the recipe: of the stop before it, so that undo
 *   finds every node where it was). Nodes that are in both keep their place; the gaps of those that went are left.
 */
export function layoutGraph(view: GraphView, previous?: Previous): GraphLayout {
  const links = linksOf(view);
  const kept = previous ? keepCells(view, links, previous) : null;
  return kept && previous ? layOutAgain(view, links, kept, previous) : layOutAnew(view, links);
}

function layOutAgain(view: GraphView, links: Links, cells: Cells, previous: Previous): GraphLayout {
  const heights = new Map<number, number>();
  previous.view.nodeIds.forEach((id, row) => heights.set(id, previous.layout.heights[row]!));
  const starts = [0];
  for (const size of cells.sizes) starts.push(starts.at(-1)! + size.ranks);
  const places = cells.ranks.map((rank, item) => rank + starts[cells.columns[item]!]!);
  const drawn = drawLinks(links, cells.columns, places);
  const { layout } = place(view, links, drawn, cells, itemHeights(view, links, heights));
  return { ...layout, blocks: keptFrames(previous.layout.blocks, layout) };
}

function layOutAnew(view: GraphView, links: Links): GraphLayout {
  const places = rankItems(links);
  const blocks = findBlocks(view.nodeNames, places.subarray(0, links.rows), ranksPerColumn(places) * BLOCK_SLACK);
  const count = places.reduce((most, rank) => Math.max(most, rank + 1), 0);
  const rankBlocks = blocksOfRanks(blocks.ofRow, places, count);
  const starts = foldRanks(links, places, rankBlocks, ranksPerColumn(places, meanRankHeight(rankBlocks)));
  const cells = foldedCells(places, starts, count, rankBlocks);
  const drawn = drawLinks(links, cells.columns, places);
  const depths = depthsBelow(links);
  itemsByColumn(cells).forEach((items, index) => {
    const size = cells.sizes[index]!;
    size.tracks = packColumn({ items, ranks: size.ranks }, links, drawn, cells.ranks, depths, cells.tracks);
  });
  const { layout, columns } = place(view, links, drawn, cells, itemHeights(view, links, new Map()));
  return { ...layout, blocks: framesOf(cells, columns, blocks.ofRow, blocks.names) };
}

type OpenCells = Cells & { readonly sizes: { ranks: number; tracks: number }[] };

function foldedCells(places: Int32Array, starts: number[], count: number, rankBlocks: Int32Array): OpenCells {
  const columnOfRank = new Int32Array(count);
  starts.forEach((start, column) => columnOfRank.fill(column, start));
  const columns = places.map((place) => columnOfRank[place]!);
  return {
    columns,
    tracks: new Int32Array(places.length),
    ranks: places.map((place, item) => place - starts[columns[item]!]!),
    sizes: starts.map((start, column) => ({ ranks: (starts[column + 1] ?? count) - start, tracks: 1 })),
    rankBlocks: starts.map((start, column) => rankBlocks.slice(start, starts[column + 1] ?? count)),
    pinned: null,
  };
}
