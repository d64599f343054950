import { detailAt, type Viewport } from '../camera.ts';
import type { Box } from '../types.ts';
import type { Frame, Pen } from './frame.ts';

/** What is shown, and in which state. */
export type Shown = Pick<Frame, 'scene' | 'look' | 'theme' | 'selected' | 'hovered' | 'lit' | 'frame'>;

/** Strokes and rings reach this far beyond what they belong to, px. */
const REACH = 8;

const opaque = (): number => 1;

/** One frame of a scene in its own places. Sizes are px. */
export function frameOf(
  pen: Pen,
  shown: Shown,
  viewport: Viewport,
  width: number,
  height: number,
  hoverShare = 1,
): Frame {
  const { scene } = shown;
  return {
    pen,
    ...shown,
    viewport,
    width,
    height,
    detail: detailAt(viewport.zoom),
    visible: partIn(viewport, width, height),
    items: scene.items,
    tiles: scene.tiles,
    // Asked for when wires or stubs are painted: a far view does without their indices.
    get routes() {
      return scene.routes;
    },
    get stubs() {
      return scene.stubs;
    },
    wholeNodes: false,
    alphaOf: opaque,
    wireAlpha: 1,
    hoverShare,
  };
}

const partIn = ({ x, y, zoom }: Viewport, width: number, height: number): Box => ({
  left: (-x - REACH) / zoom,
  top: (-y - REACH) / zoom,
  right: (width - x + REACH) / zoom,
  bottom: (height - y + REACH) / zoom,
});
