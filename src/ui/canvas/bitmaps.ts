import type { Viewport } from './camera.ts';

/** Device px of a bitmap's side. */
export const SIDE = 256;
/** Beyond this factor between its own zoom and that of the view, a sheet is painted anew even while the view zooms. */
const STALE = 1.6;
/** Bitmaps that are kept beside those in view, around them. */
const MOST_SPARE = 80;

/** What is to be shown. Sizes are CSS px, `ratio` device px for each. */
export interface BitmapView {
  readonly viewport: Viewport;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
  /** Whether the view stands still: then it is worth painting it crisp. */
  readonly resting: boolean;
}

/** A square of the drawing to be painted: its viewport and its side in CSS px. */
export interface Square {
  readonly viewport: Viewport;
  readonly side: number;
}

interface Sheet<Image> {
  readonly zoom: number;
  readonly ratio: number;
  readonly images: Map<string, { readonly column: number; readonly row: number; readonly image: Image }>;
}

/** Where an image goes on the screen, device px. */
export interface Placed<Image> {
  readonly image: Image;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface BitmapPainter<Image> {
  readonly paint: (square: Square, ratio: number) => Image;
  readonly close: (image: Image) => void;
  readonly now: () => number;
}

/**
 * The drawing as squares that are painted once and moved about while the view pans, and stretched while it zooms. When
 * the view rests, or has gone too far from the zoom they were painted at, new ones take their place, a few a frame;
 * until they are there, the old ones stand in.
 */
export class Bitmaps<Image> {
  private readonly painter: BitmapPainter<Image>;
  private current: Sheet<Image> | null = null;
  private behind: Sheet<Image> | null = null;
  /** Nothing has been shown whole yet: there is nothing to stand in. */
  opening = true;

  constructor(painter: BitmapPainter<Image>) {
    this.painter = painter;
  }

  /** What is painted no longer holds: it stands in until it is painted anew. */
  renew(): void {
    this.retire(this.current);
    this.current = null;
  }

  /** Forgets everything: another graph. */
  drop(): void {
    this.empty(this.current);
    this.empty(this.behind);
    this.current = null;
    this.behind = null;
    this.opening = true;
  }

  /**
   * Paints what is missing for as long as `budget` ms, one square at least, and says where every image goes.
   *
   * @returns images from back to front, and whether the view is complete and crisp
   */
  frame(view: BitmapView, budget: number): { readonly images: readonly Placed<Image>[]; readonly complete: boolean } {
    const sheet = this.sheetFor(view);
    const complete = this.paintMissing(sheet, view, budget);
    if (complete) {
      this.empty(this.behind);
      this.behind = null;
      this.opening = false;
    }
    this.evict(sheet, view);
    const images = [...placedOf(this.behind, view), ...placedOf(sheet, view)];
    return { images, complete: complete && sheet.zoom === view.viewport.zoom };
  }

  private sheetFor({ viewport, ratio, resting }: BitmapView): Sheet<Image> {
    const { current } = this;
    if (current && current.ratio === ratio) {
      const factor = viewport.zoom / current.zoom;
      if (factor === 1 || (!resting && factor < STALE && factor > 1 / STALE)) return current;
    }
    this.retire(current);
    return (this.current = { zoom: viewport.zoom, ratio, images: new Map() });
  }

  private retire(sheet: Sheet<Image> | null): void {
    if (!sheet || sheet.images.size === 0) return;
    this.empty(this.behind);
    this.behind = sheet;
  }

  private paintMissing(sheet: Sheet<Image>, view: BitmapView, budget: number): boolean {
    const start = this.painter.now();
    const missing = squaresIn(sheet, view, 0).filter(({ key }) => !sheet.images.has(key));
    const spare = missing.length > 0 || !view.resting ? [] : squaresIn(sheet, view, 1);
    let left = missing.length;
    for (const { key, column, row } of [...missing, ...spare.filter((each) => !sheet.images.has(each.key))]) {
      const side = SIDE / sheet.ratio;
      const viewport = { x: -column * side, y: -row * side, zoom: sheet.zoom };
      sheet.images.set(key, { column, row, image: this.painter.paint({ viewport, side }, sheet.ratio) });
      left -= 1;
      if (this.painter.now() - start >= budget) break;
    }
    return left <= 0;
  }

  /** Squares far outside of the view go, so that a long walk through a large graph does not fill the memory. */
  private evict(sheet: Sheet<Image>, view: BitmapView): void {
    const near = new Set(squaresIn(sheet, view, 1).map(({ key }) => key));
    if (sheet.images.size <= near.size + MOST_SPARE) return;
    for (const [key, { image }] of sheet.images) {
      if (near.has(key)) continue;
      this.painter.close(image);
      sheet.images.delete(key);
    }
  }

  private empty(sheet: Sheet<Image> | null): void {
    if (!sheet) return;
    for (const { image } of sheet.images.values()) this.painter.close(image);
    sheet.images.clear();
  }
}

/** Squares of a sheet that meet the view, widened by `ring` squares; those in the middle first. */
function squaresIn<Image>(
  { zoom, ratio }: Sheet<Image>,
  { viewport, width, height }: BitmapView,
  ring: number,
): { readonly key: string; readonly column: number; readonly row: number }[] {
  const side = (SIDE / ratio) * (viewport.zoom / zoom);
  const left = Math.floor(-viewport.x / side) - ring;
  const right = Math.floor((width - viewport.x - 1e-6) / side) + ring;
  const top = Math.floor(-viewport.y / side) - ring;
  const bottom = Math.floor((height - viewport.y - 1e-6) / side) + ring;
  const squares = [];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) squares.push({ key: `${column} ${row}`, column, row });
  }
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const away = (each: { column: number; row: number }): number => Math.hypot(each.column - x, each.row - y);
  return squares.sort((a, b) => away(a) - away(b));
}

/** Edges are rounded to whole device px, so that squares neither overlap nor leave a seam, and rest crisp. */
function placedOf<Image>(sheet: Sheet<Image> | null, { viewport, width, height, ratio }: BitmapView): Placed<Image>[] {
  if (!sheet) return [];
  const side = SIDE * (viewport.zoom / sheet.zoom) * (ratio / sheet.ratio);
  const [left, top] = [Math.round(viewport.x * ratio), Math.round(viewport.y * ratio)];
  const placed: Placed<Image>[] = [];
  for (const { column, row, image } of sheet.images.values()) {
    const x = Math.round(column * side) + left;
    const y = Math.round(row * side) + top;
    const right = Math.round((column + 1) * side) + left;
    const bottom = Math.round((row + 1) * side) + top;
    if (right <= 0 || bottom <= 0 || x >= width * ratio || y >= height * ratio) continue;
    placed.push({ image, x, y, width: right - x, height: bottom - y });
  }
  return placed;
}
