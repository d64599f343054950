import type { LayoutBlock } from '../../layout/types.ts';
import type { Scene } from './scene.ts';

/** From a frame's corner to its fold button, and the button's side, which is never less on the screen. Graph units. */
export const FOLD_LEFT = 8;
export const FOLD_TOP = 7;
export const FOLD_SIZE = 16;
const HEADER_HEIGHT = 26;
/** From the top of a frame to its first node: what the layout keeps free (`layout/metrics.ts`). */
export const HEADER_ROOM = 34;
/** From this zoom on the fold button has room in the header. */
export const FOLDS_FROM = 0.6;

/** From a frame's left edge to its name, px: behind the fold button, where there is one. */
export const nameInset = ({ group }: LayoutBlock, zoom: number): number =>
  group < 0 || zoom < FOLDS_FROM ? 12 * zoom : FOLD_LEFT * zoom + FOLD_SIZE * Math.max(1, zoom) + 3;

/** A frame that stands in no other, and whether it is the first of its column. */
export interface OuterFrame {
  readonly block: LayoutBlock;
  readonly head: boolean;
}

const known = new WeakMap<readonly LayoutBlock[], OuterFrame[]>();

/** Frames that stand in no other. */
export function outerFrames({ picture: { view, layout } }: Scene): readonly OuterFrame[] {
  const { blocks, columns } = layout;
  const found = known.get(blocks);
  if (found) return found;
  const framed = new Set(blocks.map(({ group }) => group));
  const { parents } = view.groups;
  const isInner = ({ group }: LayoutBlock): boolean => {
    for (let outer = parents[group] ?? -1; outer >= 0; outer = parents[outer]!) if (framed.has(outer)) return true;
    return false;
  };
  const outer = blocks.filter((block) => !isInner(block));
  const columnOf = ({ rows }: LayoutBlock): number => columns[rows[0] ?? 0] ?? 0;
  const tops = new Map<number, number>();
  for (const block of outer) tops.set(columnOf(block), Math.min(tops.get(columnOf(block)) ?? Infinity, block.y));
  const frames = outer.map((block) => ({ block, head: block.y <= tops.get(columnOf(block))! + 1 }));
  known.set(blocks, frames);
  return frames;
}

/** The innermost frame of an open group whose header lies under a point; null: none. */
export function headerAt({ picture }: Scene, x: number, y: number): LayoutBlock | null {
  return (
    picture.layout.blocks.findLast(
      (block) =>
        block.group >= 0 && x >= block.x && x <= block.x + block.width && y >= block.y && y <= block.y + HEADER_HEIGHT,
    ) ?? null
  );
}
