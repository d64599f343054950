import type { TensorPicture } from '../../../engine/detail-types.ts';
import type { CanvasTheme } from '../../canvas/theme.ts';
import { boxOf, type Cell, type PictureGeometry } from './picture-geometry.ts';
import { colorOf, shadeOf, type Ramp } from './ramp.ts';

/** Value of a cell; of a coloured one, of its first colour. */
export function valueAt(
  { data, height, width, colors }: TensorPicture,
  { tile, row, column }: Cell,
  color = 0,
): number {
  return data[((tile * height + row) * width + column) * colors + color] ?? NaN;
}

function wordAt(picture: TensorPicture, cell: Cell, ramp: Ramp): number {
  const { colors, limit } = picture;
  if (colors === 3) return colorOf(valueAt(picture, cell), valueAt(picture, cell, 1), valueAt(picture, cell, 2), limit);
  return ramp[shadeOf(valueAt(picture, cell), limit)] ?? 0;
}

/** Fills the pixels of a tile: each takes the cell that it lies in. */
function fillTile(
  image: ImageData,
  picture: TensorPicture,
  geometry: PictureGeometry,
  tile: number,
  ramp: Ramp,
  dpr: number,
): void {
  const words = new Uint32Array(image.data.buffer);
  const { tileWidth, tileHeight, rows, columns } = geometry;
  const [left, top] = boxOf(geometry, { tile, row: 0, column: 0 });
  const [x0, y0] = [Math.round(left * dpr), Math.round(top * dpr)];
  const [w, h] = [Math.round(tileWidth * dpr), Math.round(tileHeight * dpr)];
  for (let y = 0; y < h && y0 + y < image.height; y++) {
    const row = Math.min(rows - 1, Math.floor((y / h) * rows));
    for (let x = 0; x < w && x0 + x < image.width; x++) {
      const column = Math.min(columns - 1, Math.floor((x / w) * columns));
      words[(y0 + y) * image.width + x0 + x] = wordAt(picture, { tile, row, column }, ramp);
    }
  }
}

/** A vector as bars from zero; where a cell pools several elements, from the least to the greatest. */
function paintLine(
  context: CanvasRenderingContext2D,
  picture: TensorPicture,
  { width, height }: PictureGeometry,
  theme: CanvasTheme,
  family: string,
): void {
  const { data, width: cells, limit, columnStep } = picture;
  const middle = height / 2;
  const y = (value: number): number => middle - (value / limit) * (middle - 2);
  context.fillStyle = theme.lineStrong;
  context.fillRect(0, Math.round(middle), width, 1);
  context.fillStyle = family;
  for (let cell = 0; cell < cells; cell++) {
    const [low, high] = [data[cell] ?? NaN, data[cells + cell] ?? NaN];
    if (!Number.isFinite(low) || !Number.isFinite(high)) continue;
    const [from, to] = columnStep === 1 ? [Math.min(0, low), Math.max(0, high)] : [low, high];
    const x = (cell / cells) * width;
    const bar = Math.max(0.75, width / cells - (width / cells > 3 ? 1 : 0));
    context.fillRect(x, y(to), bar, Math.max(0.75, y(from) - y(to)));
  }
}

export interface Paint {
  readonly picture: TensorPicture;
  readonly geometry: PictureGeometry;
  readonly theme: CanvasTheme;
  readonly ramp: Ramp;
  /** Colour of the operator's family, for lines. */
  readonly family: string;
}

/** Paints a picture on a canvas whose size is given in px of the page; sharp at any pixel ratio. */
export function paintPicture(canvas: HTMLCanvasElement, { picture, geometry, theme, ramp, family }: Paint): void {
  const dpr = Math.max(1, devicePixelRatio);
  canvas.width = Math.max(1, Math.round(geometry.width * dpr));
  canvas.height = Math.max(1, Math.round(geometry.height * dpr));
  const context = canvas.getContext('2d');
  if (!context) return;
  if (picture.kind === 'line') {
    context.scale(dpr, dpr);
    paintLine(context, picture, geometry, theme, family);
    return;
  }
  const image = context.createImageData(canvas.width, canvas.height);
  for (let tile = 0; tile < geometry.tiles; tile++) fillTile(image, picture, geometry, tile, ramp, dpr);
  context.putImageData(image, 0, 0);
}

/** Cells to each side of the one that the lens is over. */
const AROUND = 4;

/** Cells in the lens: a whole kernel, or the neighbourhood in a matrix. */
function lensWindow(picture: TensorPicture, { row, column }: Cell) {
  if (picture.kind === 'kernels' && Math.max(picture.height, picture.width) <= 2 * AROUND + 3) {
    return { top: 0, left: 0, rows: picture.height, columns: picture.width };
  }
  return { top: row - AROUND, left: column - AROUND, rows: 2 * AROUND + 1, columns: 2 * AROUND + 1 };
}

/** The cells about one cell, enlarged, with that cell framed. */
export function paintLens(canvas: HTMLCanvasElement, size: number, { picture, ramp, theme }: Paint, cell: Cell): void {
  const dpr = Math.max(1, devicePixelRatio);
  canvas.width = canvas.height = Math.round(size * dpr);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(dpr, dpr);
  const { top, left, rows, columns } = lensWindow(picture, cell);
  const side = size / Math.max(rows, columns);
  const [dx, dy] = [(size - side * columns) / 2, (size - side * rows) / 2];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const at = { tile: cell.tile, row: top + r, column: left + c };
      if (at.row < 0 || at.column < 0 || at.row >= picture.height || at.column >= picture.width) continue;
      const word = wordAt(picture, at, ramp);
      context.fillStyle = `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
      context.fillRect(dx + c * side, dy + r * side, side - 0.5, side - 0.5);
    }
  }
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.strokeRect(dx + (cell.column - left) * side, dy + (cell.row - top) * side, side - 0.5, side - 0.5);
}
