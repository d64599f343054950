import { formatInteger } from '../../../base/format.ts';
import type { Viewport } from '../camera.ts';
import type { Scene } from '../scene.ts';

export interface PictureWish {
  readonly area: 'view' | 'graph';
  readonly format: 'png' | 'svg';
  /** Device px of a PNG for each px. */
  readonly scale: 1 | 2 | 4;
  /** In the colours of the page, or in light ones, as for print. */
  readonly theme: 'page' | 'light';
}

/** What a picture shows. Sizes are px before scaling; the legend stands below the graph. */
export interface PictureArea {
  readonly viewport: Viewport;
  readonly width: number;
  readonly height: number;
}

export const LEGEND_HEIGHT = 40;
const MARGIN = 40;

/** The view as it is, or the whole graph at 100 %. */
export function areaOf(
  wish: PictureWish,
  scene: Scene,
  view: { readonly viewport: Viewport; readonly width: number; readonly height: number },
): PictureArea {
  if (wish.area === 'view') {
    const { viewport, width, height } = view;
    return { viewport, width: Math.round(width), height: Math.round(height) + LEGEND_HEIGHT };
  }
  const { layout } = scene.picture;
  return {
    viewport: { x: MARGIN, y: MARGIN, zoom: 1 },
    width: Math.ceil(layout.width) + 2 * MARGIN,
    height: Math.ceil(layout.height) + 2 * MARGIN + LEGEND_HEIGHT,
  };
}

/** What browsers draw into one canvas: Chromium's limit of a side, and an area that memory allows (4 bytes a px). */
const LARGEST_SIDE = 16_384;
const LARGEST_AREA = 64e6;
const TILE_SIDE = 4096;

export const fitsCanvas = (width: number, height: number): boolean =>
  width <= LARGEST_SIDE && height <= LARGEST_SIDE && width * height <= LARGEST_AREA;

/** A part of a picture, px before scaling. */
export interface PictureTile {
  readonly column: number;
  readonly row: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture as one part, or as many as its size asks for. */
export function tilesOf({ width, height }: PictureArea, scale: number): PictureTile[] {
  if (fitsCanvas(width * scale, height * scale)) return [{ column: 0, row: 0, x: 0, y: 0, width, height }];
  const side = Math.floor(TILE_SIDE / scale);
  const tiles: PictureTile[] = [];
  for (let y = 0, row = 0; y < height; y += side, row++) {
    for (let x = 0, column = 0; x < width; x += side, column++) {
      tiles.push({ column, row, x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) });
    }
  }
  return tiles;
}

/** What will be saved, and what a person should know of it. */
export interface PictureSize {
  /** "1 440 × 900 px" */
  readonly text: string;
  /** Parts of a PNG; 1: one file. */
  readonly parts: number;
}

export function sizeOf(wish: PictureWish, area: PictureArea): PictureSize {
  const scale = wish.format === 'svg' ? 1 : wish.scale;
  const [width, height] = [area.width * scale, area.height * scale];
  return {
    text: `${formatInteger(width)} × ${formatInteger(height)} px`,
    parts: wish.format === 'svg' ? 1 : tilesOf(area, scale).length,
  };
}
