import type { PruneMark } from './types.ts';

/** The attributes do not name the width that pruning changes. */
export const NOT_NAMED = -2;

/** Where the attributes name the old width; -1: there are none, the widths stand alone. */
export function widthAt(detail: string, { before }: PruneMark): number {
  if (detail === '') return -1;
  const at = detail.search(new RegExp(`(?<!\\d)${before}(?!\\d)`));
  return at < 0 ? NOT_NAMED : at;
}

const MOST_CELLS = 48;

/** Channels in file order as cells, true: kept. Many channels share a cell, which is kept when most of them are. */
export function cellsOfCut(cut: Uint8Array): boolean[] {
  const cells = Math.min(MOST_CELLS, cut.length);
  return Array.from({ length: cells }, (_, cell) => {
    const channels = cut.subarray((cell * cut.length) / cells, ((cell + 1) * cut.length) / cells);
    const gone = channels.reduce((sum, each) => sum + each, 0);
    return 2 * gone < channels.length;
  });
}
