import type { GraphView } from '../ir/view.ts';
import { blocksOfRanks, foldRanks, meanRankHeight, ranksPerColumn } from './fold.ts';
import { framesOf, keptFrames } from './frames.ts';
import { findHangers } from './hangers.ts';
import type { Kept, Previous } from './keep.ts';
import { keepCells } from './keep.ts';
import { findLeaves } from './leaves.ts';
import type { Links } from './links.ts';
import { linksOf } from './links.ts';
import { ASPECT, COLUMN_WIDTH, TRACK_WIDTH } from './metrics.ts';
import { drawLinks } from './nets.ts';
import type { Cells } from './place.ts';
import { itemHeights, itemsByColumn, place } from './place.ts';
import type { Ranked } from './ranks.ts';
import { depthsBelow, rankItems } from './ranks.ts';
import { findBlocks } from './scopes.ts';
import { packColumn } from './tracks.ts';
import type { GraphLayout } from './types.ts';

const NONE: ReadonlySet<string> = new Set();
/** A block may be a little taller than a column is meant to be. */
const BLOCK_SLACK = 1.2;
/** Folding is tried again while the picture is this much too wide or too tall. */
const OFF_ASPECT = 1.3;
const FOLDINGS = 3;

/**
 * Places a graph: ranks from top to bottom, tracks from left to right, folded into columns of about a screen's aspect.
 * Near-linear in nodes and links, and the same for the same view.
 *
 * @param previous the picture of the revision before (for a stop of the recipe: of the stop before it, so that undo
 *   finds every node where it was). Nodes that are in both keep their place; the gaps of those that went are left.
 * @param toggled keys of the groups that are not folded, or not open, as they are at first; see `isFolded`
 */
export function layoutGraph(view: GraphView, previous?: Previous, _toggled: ReadonlySet<string> = NONE): GraphLayout {
  const links = linksOf(view);
  const kept = previous ? keepCells(view, links, previous) : null;
  return kept && previous ? layOutAgain(view, links, kept, previous) : layOutAnew(view, links);
}

function layOutAgain(view: GraphView, links: Links, kept: Kept, previous: Previous): GraphLayout {
  const { cells } = kept;
  const heights = new Map<number, number>();
  previous.view.nodeIds.forEach((id, row) => heights.set(id, previous.layout.heights[row]!));
  const starts = [0];
  for (const size of cells.sizes) starts.push(starts.at(-1)! + size.ranks);
  const places = cells.ranks.map((rank, item) => rank + starts[cells.columns[item]!]!);
  const drawn = drawLinks(links, cells.columns, places, cells.hosts);
  const hangers = findHangers(view, links, drawn, cells.hosts, kept.leaves);
  const { layout } = place({ view, links, drawn, cells, hangers, heights: itemHeights(view, links, heights) });
  return { ...layout, blocks: keptFrames(previous.layout.blocks, layout) };
}

function layOutAnew(view: GraphView, links: Links): GraphLayout {
  const hosts = findLeaves(view, links);
  const ranked = rankItems(links, hosts);
  const places = ranked.ranks;
  const own = places.filter((_, item) => hosts[item]! < 0);
  const blocks = findBlocks(view.nodeNames, places.subarray(0, links.rows), ranksPerColumn(own) * BLOCK_SLACK);
  hosts.subarray(0, links.rows).forEach((host, row) => {
    if (host >= 0) blocks.ofRow[row] = blocks.ofRow[host]!;
  });
  const count = own.reduce((most, rank) => Math.max(most, rank + 1), 0);
  const rankBlocks = blocksOfRanks(blocks.ofRow, places, count);
  const { cells, drawn } = foldToAspect(links, ranked, hosts, rankBlocks, own);
  const hangers = findHangers(view, links, drawn, hosts, new Map());
  const heights = itemHeights(view, links, new Map());
  const { layout, columns } = place({ view, links, drawn, cells, hangers, heights });
  return { ...layout, blocks: framesOf(cells, columns, blocks.ofRow, blocks.names) };
}

interface Folded {
  readonly cells: Cells;
  readonly drawn: Uint8Array;
}

/** Folds and packs; how wide the columns get is known only then, so it may be done again with other heights. */
function foldToAspect(
  links: Links,
  ranked: Ranked,
  hosts: Int32Array,
  rankBlocks: Int32Array,
  own: Int32Array,
): Folded {
  const rankHeight = meanRankHeight(rankBlocks);
  const depths = depthsBelow(links);
  let perColumn = ranksPerColumn(own, rankHeight);
  let folded = fold(links, ranked, hosts, rankBlocks, depths, perColumn);
  for (let i = 1; i < FOLDINGS; i++) {
    const off = aspectOf(folded.cells, rankHeight) / ASPECT;
    if (off < OFF_ASPECT && off > 1 / OFF_ASPECT) break;
    const next = Math.max(10, Math.round(perColumn * Math.sqrt(off)));
    if (next === perColumn || next >= 2 * rankBlocks.length) break;
    perColumn = next;
    folded = fold(links, ranked, hosts, rankBlocks, depths, perColumn);
  }
  return folded;
}

function fold(
  links: Links,
  ranked: Ranked,
  hosts: Int32Array,
  rankBlocks: Int32Array,
  depths: Int32Array,
  perColumn: number,
): Folded {
  const starts = foldRanks(links, ranked.ranks, rankBlocks, perColumn);
  const cells = foldedCells(ranked.ranks, starts, rankBlocks, hosts);
  const drawn = drawLinks(links, cells.columns, ranked.ranks, hosts);
  const input = { links, drawn, ranks: cells.ranks, depths, floating: ranked.floating };
  itemsByColumn(cells).forEach((items, index) => {
    const size = cells.sizes[index]!;
    size.tracks = packColumn({ items, ranks: size.ranks }, input, cells.tracks);
  });
  hosts.forEach((host, item) => {
    if (host >= 0) cells.tracks[item] = cells.tracks[host]!;
  });
  return { cells, drawn };
}

function aspectOf(cells: Cells, rankHeight: number): number {
  let width = 0;
  let height = 1;
  for (const size of cells.sizes) {
    width += COLUMN_WIDTH + TRACK_WIDTH * (size.tracks - 1);
    height = Math.max(height, size.ranks * rankHeight);
  }
  return width / height;
}

type OpenCells = Cells & { readonly sizes: { ranks: number; tracks: number }[] };

function foldedCells(places: Int32Array, starts: number[], rankBlocks: Int32Array, hosts: Int32Array): OpenCells {
  const count = rankBlocks.length;
  const columnOfRank = new Int32Array(count);
  starts.forEach((start, column) => columnOfRank.fill(column, start));
  const columns = places.map((place) => columnOfRank[place]!);
  return {
    columns,
    tracks: new Int32Array(places.length),
    ranks: places.map((place, item) => place - starts[columns[item]!]!),
    hosts,
    sizes: starts.map((start, column) => ({ ranks: (starts[column + 1] ?? count) - start, tracks: 1 })),
    rankBlocks: starts.map((start, column) => rankBlocks.slice(start, starts[column + 1] ?? count)),
    pinned: null,
  };
}
