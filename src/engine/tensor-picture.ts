import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/types.ts';
import type { PictureRequest, TensorPicture } from './detail-types.ts';
import { Elements, isOrdered } from './tensor-elements.ts';

/** Cells along a side of a matrix, and of a line: more than a panel has pixels for are pooled. */
const MATRIX_SIDE = 256;
const LINE_CELLS = 512;
/** Kernels on one sheet. */
const TILES = 1024;
/** Rows are decoded together up to this many elements. */
const CHUNK = 1 << 18;

/** Largest finite magnitude; 1 where all is 0, so that 0 stays in the middle of the ramp. */
function limitOf(data: Float32Array): number {
  let limit = 0;
  for (const value of data) if (Number.isFinite(value)) limit = Math.max(limit, Math.abs(value));
  return limit || 1;
}

/** Collects elements into cells: their mean, or the one of largest magnitude. A cell that holds a NaN is NaN. */
class Pool {
  private readonly data: Float64Array;
  private readonly counts: Uint32Array;
  private readonly extreme: boolean;

  constructor(cells: number, pooling: PictureRequest['pooling']) {
    this.data = new Float64Array(cells);
    this.counts = new Uint32Array(cells);
    this.extreme = pooling === 'extreme';
  }

  add(cell: number, value: number): void {
    const held = this.data[cell] ?? 0;
    this.counts[cell] = (this.counts[cell] ?? 0) + 1;
    if (!this.extreme) this.data[cell] = held + value;
    else if (!(Math.abs(value) <= Math.abs(held))) this.data[cell] = Number.isNaN(held) ? held : value;
  }

  result(): Float32Array {
    const divide = !this.extreme;
    return Float32Array.from(this.data, (value, cell) => (divide ? value / (this.counts[cell] || 1) : value));
  }
}

async function drawMatrix(elements: Elements, request: PictureRequest, job: Job): Promise<TensorPicture> {
  const wide = elements.tensor.shape.filter((size) => size !== 1);
  const [rows = 1, columns = 1] = wide.slice(-2);
  const count = sizeOf(wide.slice(0, -2));
  const from = Math.max(0, Math.min(count - 1, request.from));
  const [rowStep, columnStep] = [Math.ceil(rows / MATRIX_SIDE), Math.ceil(columns / MATRIX_SIDE)];
  const [height, width] = [Math.ceil(rows / rowStep), Math.ceil(columns / columnStep)];
  const pool = new Pool(height * width, request.pooling);
  const cells = Int32Array.from({ length: columns }, (_, column) => Math.floor(column / columnStep));
  const together = Math.max(1, Math.floor(CHUNK / columns));
  const start = from * rows * columns;
  for (let row = 0; row < rows; row += together) {
    job.progress({ stage: 'Drawing', done: row, total: rows });
    await job.checkpoint();
    const end = Math.min(rows, row + together);
    const values = elements.numbers(start + row * columns, start + end * columns);
    for (let r = row; r < end; r++) {
      const line = Math.floor(r / rowStep) * width;
      const offset = (r - row) * columns;
      for (let c = 0; c < columns; c++) pool.add(line + (cells[c] ?? 0), values[offset + c] ?? NaN);
    }
  }
  const data = pool.result();
  const sizes = { tiles: 1, height, width, colors: 1, rows, columns, rowStep, columnStep } as const;
  return { kind: 'matrix', data, ...sizes, limit: limitOf(data), from, count, channels: 0 };
}

async function drawLine(elements: Elements, job: Job): Promise<TensorPicture> {
  const columns = elements.tensor.size;
  const columnStep = Math.ceil(columns / LINE_CELLS);
  const width = Math.ceil(columns / columnStep);
  const data = new Float32Array(2 * width);
  data.fill(Infinity, 0, width).fill(-Infinity, width);
  for (let from = 0; from < columns; from += CHUNK) {
    job.progress({ stage: 'Drawing', done: from, total: columns });
    await job.checkpoint();
    const values = elements.numbers(from, Math.min(columns, from + CHUNK));
    for (let i = 0; i < values.length; i++) {
      const cell = Math.floor((from + i) / columnStep);
      data[cell] = Math.min(data[cell] ?? NaN, values[i] ?? NaN);
      data[width + cell] = Math.max(data[width + cell] ?? NaN, values[i] ?? NaN);
    }
  }
  const sizes = { tiles: 2, height: 1, width, colors: 1, rows: 1, columns, rowStep: 1, columnStep } as const;
  return { kind: 'line', data, ...sizes, limit: limitOf(data), from: 0, count: 1, channels: 0 };
}

/** Which output channels (tiles) and input channels of a weight are drawn: [first, end). */
interface KernelChoice {
  readonly tiles: readonly [number, number];
  readonly channels: readonly [number, number];
  readonly colors: 1 | 3;
}

function chooseKernels(count: number, channels: number, { from, channel }: PictureRequest): KernelChoice {
  const first = Math.max(0, Math.min(count - 1, from));
  const tiles = [first, Math.min(count, first + TILES)] as const;
  if (typeof channel !== 'number') {
    return { tiles, channels: [0, channels], colors: channel === 'color' && channels === 3 ? 3 : 1 };
  }
  const chosen = Math.max(0, Math.min(channels - 1, channel));
  return { tiles, channels: [chosen, chosen + 1], colors: 1 };
}

/** A convolution's weight is [M, C, …kernel], that of a transposed one [C, M, …kernel]; M are the output channels. */
async function drawKernels(elements: Elements, request: PictureRequest, job: Job): Promise<TensorPicture> {
  const { shape } = elements.tensor;
  const [outer = 1, inner = 1] = shape;
  const isOuter = request.channelAxis === 0;
  const [count, channels] = isOuter ? [outer, inner] : [inner, outer];
  const [height, width] = [sizeOf(shape.slice(2, -1)), shape.at(-1) ?? 1];
  const window = height * width;
  const choice = chooseKernels(count, channels, request);
  const [from, end] = choice.tiles;
  const { colors } = choice;
  const pool = new Pool((end - from) * window * colors, request.pooling);
  const [rows, columns] = isOuter ? [choice.tiles, choice.channels] : [choice.channels, choice.tiles];
  for (let row = rows[0]; row < rows[1]; row++) {
    job.progress({ stage: 'Drawing', done: row - rows[0], total: rows[1] - rows[0] });
    await job.checkpoint();
    // What lies under one place of the first axis is decoded together.
    const values = elements.numbers((row * inner + columns[0]) * window, (row * inner + columns[1]) * window);
    for (let column = columns[0]; column < columns[1]; column++) {
      const [tile, channel] = isOuter ? [row, column] : [column, row];
      const cell = (tile - from) * window;
      const color = colors === 3 ? channel : 0;
      const offset = (column - columns[0]) * window;
      for (let i = 0; i < window; i++) pool.add((cell + i) * colors + color, values[offset + i] ?? NaN);
    }
  }
  const data = pool.result();
  const sizes = { tiles: end - from, height, width, colors, rows: height, columns: width } as const;
  return { kind: 'kernels', data, ...sizes, rowStep: 1, columnStep: 1, limit: limitOf(data), from, count, channels };
}

/**
 * A constant as a picture: the kernels of a convolution side by side, a matrix pooled to at most 256 × 256 cells, a
 * vector as a line.
 *
 * @throws CodedError `bad-request` where the elements have no order; `cancelled`
 */
export async function tensorPicture(tensor: Tensor, request: PictureRequest, job: Job): Promise<TensorPicture> {
  if (!isOrdered(tensor.dtype) || tensor.size === 0) {
    throw new CodedError('bad-request', `A ${tensor.dtype} tensor of ${tensor.size} elements cannot be drawn.`);
  }
  await job.checkpoint();
  const elements = new Elements(tensor);
  switch (request.kind) {
    case 'kernels':
      return drawKernels(elements, request, job);
    case 'matrix':
      return drawMatrix(elements, request, job);
    case 'line':
      return drawLine(elements, job);
    default:
      return request.kind satisfies never;
  }
}
