import type { Detail, Viewport } from '../camera.ts';
import type { Look } from '../look.ts';
import type { Scene } from '../scene.ts';
import type { CanvasTheme } from '../theme.ts';
import type { Box } from '../types.ts';

/** One frame to paint: where, what, and in which state. Coordinates on the context are CSS px. */
export interface Frame {
  readonly context: CanvasRenderingContext2D;
  readonly scene: Scene;
  readonly look: Look;
  readonly theme: CanvasTheme;
  readonly viewport: Viewport;
  readonly width: number;
  readonly height: number;
  readonly detail: Detail;
  /** Graph units in view. */
  readonly visible: Box;
  readonly selected: number;
  readonly hovered: number;
  /** Rows that grow into their place just now. */
  readonly fresh: ReadonlySet<number>;
}

/** Text is never smaller than this on the screen. */
const SMALLEST = 9;

export const fontSize = (frame: Frame, size: number): number =>
  Math.max(SMALLEST, size * Math.min(1, frame.viewport.zoom));

export function screenBox({ viewport }: Frame, box: Box): { x: number; y: number; width: number; height: number } {
  return {
    x: box.left * viewport.zoom + viewport.x,
    y: box.top * viewport.zoom + viewport.y,
    width: (box.right - box.left) * viewport.zoom,
    height: (box.bottom - box.top) * viewport.zoom,
  };
}

export const meets = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const widths = new Map<string, number>();
/** Width of a text in the context's font, remembered. */
export function textWidth(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 20_000) widths.clear();
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

export function roundedBox(context: CanvasRenderingContext2D, box: ReturnType<typeof screenBox>, radius: number): void {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, Math.min(radius, box.width / 2, box.height / 2));
}
