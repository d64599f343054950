import type { Box } from './types.ts';

/** From graph units to the screen: `screen = unit * zoom + (x, y)`. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export const SMALLEST_ZOOM = 0.01;
export const LARGEST_ZOOM = 2;

export type Detail = 'far' | 'middle' | 'near';
const NEAR = 0.7;
const MIDDLE = 0.25;
export const detailAt = (zoom: number): Detail => (zoom >= NEAR ? 'near' : zoom >= MIDDLE ? 'middle' : 'far');

const MOST_COVERED = 0.6;

/**
 * What is in view. It follows React Flow's store and tells whoever draws by hand, outside of React, so that a pan
 * renders no component.
 */
export class Camera {
  viewport: Viewport = { x: 0, y: 0, zoom: 1 };
  width = 0;
  height = 0;
  /** Width at the right that a card covers, px. */
  private hidden = 0;
  /** When the view last moved, ms of `performance.now()`. */
  movedAt = -Infinity;
  private readonly listeners = new Set<() => void>();
  private frame = 0;

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Told at once, not in the next frame: what is drawn by hand must be in step with React Flow's own layer. */
  move(viewport: Viewport, width: number, height: number): void {
    const before = this.viewport;
    const still = before.x === viewport.x && before.y === viewport.y && before.zoom === viewport.zoom;
    if (still && width === this.width && height === this.height) return;
    if (!still) this.movedAt = performance.now();
    this.viewport = viewport;
    this.width = width;
    this.height = height;
    this.tell();
  }

  /** Draws once in the next frame, however often it is asked for. */
  request(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.tell();
    });
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  /** At most a part of the canvas counts: what is brought into view needs room. */
  get covered(): number {
    return Math.min(this.hidden, MOST_COVERED * this.width);
  }

  /** A card covers so much at the right from now on; true when there was none before. */
  cover(width: number): boolean {
    const opens = this.hidden === 0 && width > 0;
    this.hidden = width;
    return opens;
  }

  /** The part of the graph in view, widened by `margin` screen px. */
  visible(margin = 0): Box {
    const { x, y, zoom } = this.viewport;
    return {
      left: (-x - margin) / zoom,
      top: (-y - margin) / zoom,
      right: (this.width - x + margin) / zoom,
      bottom: (this.height - y + margin) / zoom,
    };
  }
}

/** Free room around what is brought into view: floating bars stand there. */
const ROOM = { left: 28, right: 28, top: 64, bottom: 60 };

/** The viewport that shows a box whole, no larger than `largest`. */
export function fitBox(box: Box, width: number, height: number, largest = 1): Viewport {
  const across = Math.max(1, width - ROOM.left - ROOM.right);
  const down = Math.max(1, height - ROOM.top - ROOM.bottom);
  const zoom = Math.min(largest, across / Math.max(1, box.right - box.left), down / Math.max(1, box.bottom - box.top));
  return {
    zoom,
    x: ROOM.left + (across - (box.right - box.left) * zoom) / 2 - box.left * zoom,
    y: ROOM.top + (down - (box.bottom - box.top) * zoom) / 2 - box.top * zoom,
  };
}

/** The viewport at `zoom` with a point in its middle. */
export const centreOn = (x: number, y: number, zoom: number, width: number, height: number): Viewport => ({
  zoom,
  x: width / 2 - x * zoom,
  y: height / 2 - y * zoom,
});
