import type { PlacedColumn } from './geometry.ts';
import { FRAME_BOTTOM, FRAME_HEADER } from './metrics.ts';
import type { Cells } from './place.ts';
import type { GraphLayout, LayoutBlock } from './types.ts';

/** A frame around every run of ranks that one block fills alone, unless it holds a single row. */
export function framesOf(
  cells: Cells,
  columns: readonly PlacedColumn[],
  blockOfRow: Int32Array,
  names: readonly string[],
): LayoutBlock[] {
  const rowsAt = rowsByRank(cells, blockOfRow);
  const frames: LayoutBlock[] = [];
  columns.forEach(({ grid }, index) => {
    const blocks = cells.rankBlocks[index]!;
    for (let first = 0; first < blocks.length;) {
      let end = first + 1;
      while (end < blocks.length && blocks[end] === blocks[first]) end++;
      const block = blocks[first]!;
      const inside = block >= 0 ? rowsAt[index]!.slice(first, end).flat() : [];
      const rows = inside.filter((row) => blockOfRow[row] === block);
      if (rows.length > 1) {
        const y = grid.channelTops[first]! - FRAME_HEADER;
        const bottom = grid.rankTops[end - 1]! + grid.rankHeights[end - 1]! + FRAME_BOTTOM;
        const { x, width } = grid;
        frames.push({ group: -1, name: names[block]!, x, y, width, height: bottom - y, rows: Int32Array.from(rows) });
      }
      first = end;
    }
  });
  return frames;
}

function rowsByRank(cells: Cells, blockOfRow: Int32Array): number[][][] {
  const rows: number[][][] = cells.sizes.map((size) => Array.from({ length: size.ranks }, () => []));
  blockOfRow.forEach((_, row) => rows[cells.columns[row]!]![cells.ranks[row]!]!.push(row));
  return rows;
}

/** The frames of the layout before, as far as something is left in them. */
export function keptFrames(frames: readonly LayoutBlock[], layout: Pick<GraphLayout, 'x' | 'y'>): LayoutBlock[] {
  return frames.flatMap((frame) => {
    const rows: number[] = [];
    layout.x.forEach((x, row) => {
      const y = layout.y[row]!;
      if (x >= frame.x && x < frame.x + frame.width && y >= frame.y && y < frame.y + frame.height) rows.push(row);
    });
    return rows.length ? [{ ...frame, rows: Int32Array.from(rows) }] : [];
  });
}
