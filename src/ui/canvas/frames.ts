import type { LayoutBlock } from '../../layout/types.ts';
import type { Scene } from './scene.ts';

/** From a frame's left edge to its fold button, and to the name after it; height of the header. Graph units. */
export const FOLD_LEFT = 8;
export const FOLD_SIZE = 16;
export const HEADER_TEXT = 27;
const HEADER_HEIGHT = 26;

/** The innermost frame of an open group whose header lies under a point; null: none. */
export function headerAt({ picture }: Scene, x: number, y: number): LayoutBlock | null {
  return (
    picture.layout.blocks.findLast(
      (block) =>
        block.group >= 0 && x >= block.x && x <= block.x + block.width && y >= block.y && y <= block.y + HEADER_HEIGHT,
    ) ?? null
  );
}
