import type { Detail, Viewport } from '../camera.ts';
import type { Items } from '../items.ts';
import type { Look } from '../look.ts';
import type { Lit } from '../path.ts';
import type { Scene } from '../scene.ts';
import type { CanvasTheme } from '../theme.ts';
import type { Finder } from '../tiles.ts';
import type { Box } from '../types.ts';

/** The part of a 2D context that the painter works with, so that it can draw into other things than a canvas. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'lineCap'
  | 'lineJoin'
  | 'globalAlpha'
  | 'font'
  | 'textBaseline'
  | 'setLineDash'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'arcTo'
  | 'roundRect'
  | 'fill'
  | 'stroke'
  | 'clip'
  | 'fillRect'
  | 'fillText'
  | 'measureText'
  | 'save'
  | 'restore'
  | 'translate'
  | 'scale'
> & {
  /** Fills or strokes SVG path data. */
  figure(path: string, how: 'fill' | 'stroke'): void;
};

/** One frame to paint: where, what, and in which state. Coordinates of the pen are CSS px. */
export interface Frame {
  readonly pen: Pen;
  readonly scene: Scene;
  readonly look: Look;
  readonly theme: CanvasTheme;
  readonly viewport: Viewport;
  readonly width: number;
  readonly height: number;
  readonly detail: Detail;
  /** Graph units in view. */
  readonly visible: Box;
  /** Where the items are: those of the scene, or on their way there. */
  readonly items: Items;
  readonly tiles: Finder;
  readonly routes: Finder;
  readonly stubs: Finder;
  /** Items; -1: none. */
  readonly selected: number;
  readonly hovered: number;
  /** Frame of the open group that is selected. */
  readonly frame: Box | null;
  /** What stays bright while the rest is dimmed; null: nothing is dimmed. */
  readonly lit: Lit | null;
  /** Whether near nodes are painted; the page has them in its DOM. */
  readonly wholeNodes: boolean;
  /** 0 to 1: items that come or go are see-through. */
  readonly alphaOf: (item: number) => number;
  readonly wireAlpha: number;
  /** How far what is under the pointer is lit, 0 to 1. */
  readonly hoverShare: number;
}

/** What is not lit shows through this much. */
export const DIMMED = 0.22;

/** Text is never smaller than this on the screen. */
const SMALLEST = 9;

export const fontSize = (frame: Frame, size: number): number =>
  Math.max(SMALLEST, size * Math.min(1, frame.viewport.zoom));

/** A box in px. */
export interface ScreenBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function screenBox({ viewport }: Frame, box: Box): ScreenBox {
  return {
    x: box.left * viewport.zoom + viewport.x,
    y: box.top * viewport.zoom + viewport.y,
    width: (box.right - box.left) * viewport.zoom,
    height: (box.bottom - box.top) * viewport.zoom,
  };
}

export function itemBox({ items, viewport: { x, y, zoom } }: Frame, item: number): ScreenBox {
  return {
    x: items.x[item]! * zoom + x,
    y: items.y[item]! * zoom + y,
    width: items.widths[item]! * zoom,
    height: items.heights[item]! * zoom,
  };
}

export const meets = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Widths by font, then by text. */
const widths = new Map<string, Map<string, number>>();
const MOST_WIDTHS = 20_000;

/** Width of a text in the pen's font, remembered. */
export function textWidth(pen: Pen, text: string): number {
  let known = widths.get(pen.font);
  if (!known || known.size > MOST_WIDTHS) widths.set(pen.font, (known = new Map<string, number>()));
  let width = known.get(text);
  if (width === undefined) known.set(text, (width = pen.measureText(text).width));
  return width;
}

/** Texts are measured again: the page's fonts have come. */
export const forgetWidths = (): void => widths.clear();

/** A text, cut with an ellipsis to what fits. */
export function textThatFits(pen: Pen, text: string, room: number): string {
  if (textWidth(pen, text) <= room) return text;
  const letters = Math.floor((text.length * room) / textWidth(pen, text)) - 1;
  return letters < 1 ? '' : `${text.slice(0, letters)}…`;
}

export function roundedBox(pen: Pen, box: ScreenBox, radius: number): void {
  pen.beginPath();
  pen.roundRect(box.x, box.y, box.width, box.height, Math.max(0, Math.min(radius, box.width / 2, box.height / 2)));
}

export const grown = (at: ScreenBox, by: number): ScreenBox => ({
  x: at.x - by,
  y: at.y - by,
  width: at.width + 2 * by,
  height: at.height + 2 * by,
});
