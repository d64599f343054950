import type { TensorPicture } from '../../../engine/detail-types.ts';

/** A cell of a picture: which tile, which row and column in it. */
export interface Cell {
  readonly tile: number;
  readonly row: number;
  readonly column: number;
}

/** Where the cells of a picture lie on the page, px. */
export interface PictureGeometry {
  readonly width: number;
  readonly height: number;
  /** Tiles side by side; matrices and lines have one. */
  readonly across: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Between two tiles. */
  readonly gap: number;
  readonly rows: number;
  readonly columns: number;
  readonly tiles: number;
}

/** A matrix keeps its proportions between these heights, px. */
const LOWEST = 28;
const HIGHEST = 280;
const LINE_HEIGHT = 72;
/** A cell is not drawn larger than this, px. */
const LARGEST_CELL = 20;
/** A kernel's tile is about this wide, px: as many cells as fit it. */
const TILE = 20;

function kernelSheet({ tiles, height, width }: TensorPicture, room: number): PictureGeometry {
  const cell = Math.max(1, Math.min(LARGEST_CELL, Math.floor(TILE / width) || 1, Math.floor((room - 1) / width) || 1));
  // Few kernels use the room that there is.
  const gap = cell > 1 ? 2 : 1;
  const fitting = Math.floor((room + gap) / Math.ceil(Math.sqrt(tiles)) - gap);
  const grown = Math.max(cell, Math.min(LARGEST_CELL, Math.floor(fitting / width)));
  const [tileWidth, tileHeight] = [grown * width, grown * height];
  const across = Math.max(1, Math.min(tiles, Math.floor((room + gap) / (tileWidth + gap))));
  const down = Math.ceil(tiles / across);
  return {
    width: across * (tileWidth + gap) - gap,
    height: down * (tileHeight + gap) - gap,
    across,
    tileWidth,
    tileHeight,
    gap,
    rows: height,
    columns: width,
    tiles,
  };
}

/** Lays a picture out in `room` px. */
export function layOut(picture: TensorPicture, room: number): PictureGeometry {
  if (picture.kind === 'kernels') return kernelSheet(picture, room);
  const { height: rows, width: columns } = picture;
  const width = Math.min(room, columns * LARGEST_CELL);
  const inProportion = (width * picture.rows) / picture.columns;
  const height = picture.kind === 'line' ? LINE_HEIGHT : Math.round(Math.max(LOWEST, Math.min(HIGHEST, inProportion)));
  const one = { across: 1, gap: 0, tiles: 1, tileWidth: picture.kind === 'line' ? room : width, tileHeight: height };
  return { ...one, width: one.tileWidth, height, rows, columns };
}

/** Pixel box of a cell: [x, y, width, height]; neighbours share their edges. */
export function boxOf(
  geometry: PictureGeometry,
  { tile, row, column }: Cell,
): readonly [number, number, number, number] {
  const { across, tileWidth, tileHeight, gap, rows, columns } = geometry;
  const left = (tile % across) * (tileWidth + gap);
  const top = Math.floor(tile / across) * (tileHeight + gap);
  const [w, h] = [tileWidth / columns, tileHeight / rows];
  return [left + column * w, top + row * h, w, h];
}

/** The cell at a point; null: between tiles, or outside. */
export function cellAt(geometry: PictureGeometry, x: number, y: number): Cell | null {
  const { across, tileWidth, tileHeight, gap, rows, columns, tiles, width, height } = geometry;
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const [i, j] = [Math.floor(x / (tileWidth + gap)), Math.floor(y / (tileHeight + gap))];
  const tile = j * across + i;
  const [inX, inY] = [x - i * (tileWidth + gap), y - j * (tileHeight + gap)];
  if (tile >= tiles || inX >= tileWidth || inY >= tileHeight) return null;
  return { tile, row: Math.floor((inY / tileHeight) * rows), column: Math.floor((inX / tileWidth) * columns) };
}

const MOVES: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The cell that an arrow key leads to, over the edges of tiles; at the edge of the picture it stays. Null: no arrow. */
export function step(geometry: PictureGeometry, from: Cell | null, key: string): Cell | null {
  const move = MOVES[key];
  if (!move) return null;
  if (!from) return { tile: 0, row: 0, column: 0 };
  const { across, rows, columns, tiles } = geometry;
  const total = { rows: Math.ceil(tiles / across) * rows, columns: across * columns };
  const row = Math.floor(from.tile / across) * rows + from.row + move[0];
  const column = (from.tile % across) * columns + from.column + move[1];
  if (row < 0 || column < 0 || row >= total.rows || column >= total.columns) return from;
  const tile = Math.floor(row / rows) * across + Math.floor(column / columns);
  return tile < tiles ? { tile, row: row % rows, column: column % columns } : from;
}
