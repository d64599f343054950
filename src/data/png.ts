import { inflate } from './inflate.ts';
import { MOST_PIXELS, refuse } from './refuse.ts';
import type { Image } from './types.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Samples per pixel by colour type: gray, RGB, palette, gray with alpha, RGBA. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export const isPng = (head: Uint8Array): boolean => SIGNATURE.every((byte, i) => head[i] === byte);

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

/** The pixels of one pass: every `dx`th of every `dy`th row, from (x, y). */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}
const WHOLE: readonly Pass[] = [{ x: 0, y: 0, dx: 1, dy: 1 }];
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

/**
 * PNG (W3C, third edition) of at most 8 bits a sample: gray, RGB, palette, with or without alpha, which is dropped.
 * Throws `bad-file`, and `unsupported` for 16 bits and for more than 50 million pixels.
 */
export async function decodePng(file: string, bytes: Uint8Array): Promise<Image> {
  const { header, palette, data } = readChunks(file, bytes);
  const { width, height, depth, colour } = header;
  const samples = SAMPLES[colour] ?? 1;
  const sizes = (header.interlaced ? ADAM7 : WHOLE).map((pass) => {
    const columns = Math.ceil((width - pass.x) / pass.dx);
    const rows = Math.ceil((height - pass.y) / pass.dy);
    return {
      pass,
      columns,
      rows: columns > 0 ? Math.max(0, rows) : 0,
      line: Math.ceil((columns * samples * depth) / 8),
    };
  });
  const want = sizes.reduce((sum, { rows, line }) => sum + rows * (line + 1), 0);
  const raw = await inflate(file, data, 'deflate', want, 'refuse');
  if (raw.byteLength < want) {
    throw refuse(
      'bad-file',
      file,
      `${width} × ${height} pixels want ${want} bytes, ${raw.byteLength} are there. Get it again.`,
    );
  }
  const channels = colour === 0 || colour === 4 ? 1 : 3;
  const image = { width, height, channels, data: new Uint8Array(width * height * channels) } as const;
  const store = storing(file, header, palette, image.data);
  let at = 0;
  for (const { pass, columns, rows, line } of sizes) {
    const unit = Math.max(1, (samples * depth) / 8);
    unfilter(file, raw.subarray(at, at + rows * (line + 1)), rows, line, unit);
    for (let row = 0; row < rows; row++) {
      const start = at + row * (line + 1) + 1;
      for (let column = 0; column < columns; column++) {
        store(raw, start, column, (pass.y + row * pass.dy) * width + pass.x + column * pass.dx);
      }
    }
    at += rows * (line + 1);
  }
  return image;
}

interface Chunks {
  readonly header: Header;
  readonly palette: Uint8Array | null;
  /** The zlib stream that the IDAT chunks make. */
  readonly data: Uint8Array;
}

function readChunks(file: string, bytes: Uint8Array): Chunks {
  if (!isPng(bytes)) throw refuse('bad-file', file, 'it does not begin as a PNG does. Give a PNG file.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | null = null;
  let palette: Uint8Array | null = null;
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.byteLength;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (content.byteLength < length) break;
    if (!header && type !== 'IHDR') break;
    if (type === 'IHDR') header = readHeader(file, content);
    else if (type === 'PLTE') palette = content;
    else if (type === 'IDAT') parts.push(content);
    else if (type === 'IEND' && header) return { header, palette, data: concat(parts) };
    at += 12 + length;
  }
  throw refuse('bad-file', file, 'its chunks end before the closing IEND: it is cut short. Get it again.');
}

function readHeader(file: string, content: Uint8Array): Header {
  if (content.byteLength !== 13) throw refuse('bad-file', file, 'its header has the wrong length. Get it again.');
  const view = new DataView(content.buffer, content.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, interlace] = [view.getUint8(8), view.getUint8(9), view.getUint8(12)];
  if (width * height === 0 || SAMPLES[colour] === undefined || ![1, 2, 4, 8, 16].includes(depth) || interlace > 1) {
    throw refuse(
      'bad-file',
      file,
      `its header is impossible: ${width} × ${height}, depth ${depth}, colour type ${colour}. Get it again.`,
    );
  }
  if (depth === 16)
    throw refuse('unsupported', file, 'it has 16 bits a sample; images of 8 bits are read. Convert it.');
  if (depth < 8 && colour !== 0 && colour !== 3) {
    throw refuse('bad-file', file, `colour type ${colour} has no depth ${depth}. Get it again.`);
  }
  if (width * height > MOST_PIXELS) {
    throw refuse('unsupported', file, `${width} × ${height} pixels are more than ${MOST_PIXELS}. Scale it down.`);
  }
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

/** Undoes the row filters in place (section 9.2); `unit` is the distance, in bytes, to the sample on the left. */
function unfilter(file: string, raw: Uint8Array, rows: number, line: number, unit: number): void {
  for (let row = 0; row < rows; row++) {
    const start = row * (line + 1);
    const filter = raw[start] ?? 0;
    if (filter > 4) throw refuse('bad-file', file, `row ${row} has the unknown filter ${filter}. Get it again.`);
    if (filter === 0) continue;
    for (let i = start + 1; i <= start + line; i++) {
      const left = i - unit > start ? (raw[i - unit] ?? 0) : 0;
      const up = row > 0 ? (raw[i - line - 1] ?? 0) : 0;
      const corner = row > 0 && i - unit > start ? (raw[i - line - 1 - unit] ?? 0) : 0;
      raw[i] = (raw[i] ?? 0) + predict(filter, left, up, corner);
    }
  }
}

function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** Writes the pixel that stands at `column` of the row from `start`. */
type Store = (raw: Uint8Array, start: number, column: number, pixel: number) => void;

function storing(file: string, { depth, colour }: Header, palette: Uint8Array | null, out: Uint8Array): Store {
  const sample = (raw: Uint8Array, start: number, index: number): number => {
    if (depth === 8) return raw[start + index] ?? 0;
    const bit = index * depth;
    return ((raw[start + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  };
  const samples = SAMPLES[colour] ?? 1;
  const most = 2 ** depth - 1;
  if (colour === 0 || colour === 4) {
    return (raw, start, column, pixel) => (out[pixel] = (sample(raw, start, column * samples) * 255) / most);
  }
  if (colour !== 3) {
    return (raw, start, column, pixel) => {
      for (let i = 0; i < 3; i++) out[pixel * 3 + i] = raw[start + column * samples + i] ?? 0;
    };
  }
  if (!palette) throw refuse('bad-file', file, 'it is a palette image without a palette. Get it again.');
  return (raw, start, column, pixel) => {
    const index = sample(raw, start, column);
    if (index * 3 >= palette.length)
      throw refuse('bad-file', file, `colour ${index} is not in its palette. Get it again.`);
    for (let i = 0; i < 3; i++) out[pixel * 3 + i] = palette[index * 3 + i] ?? 0;
  };
}
