import { decode } from 'jpeg-js';
import { MOST_PIXELS, refuse } from './refuse.ts';
import type { Image } from './types.ts';

/** Every scan of a progressive image walks all its pixels again: what a file may ask for, in pixels times scans. */
const MOST_WORK = 1_000_000_000;
const MOST_DECODER_MB = 1024;

export const isJpeg = (head: Uint8Array): boolean => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;

/** ITU-T T.81, table B.1: the kinds that are not read. */
const KINDS: Readonly<Record<number, string>> = {
  0xc3: 'lossless',
  0xc5: 'hierarchical',
  0xc6: 'hierarchical',
  0xc7: 'hierarchical',
  0xc9: 'arithmetic-coded',
  0xca: 'arithmetic-coded',
  0xcb: 'arithmetic-coded',
  0xcd: 'hierarchical',
  0xce: 'hierarchical',
  0xcf: 'hierarchical',
};

/**
 * JPEG, baseline or progressive, 8 bits, gray or YCbCr. The orientation that EXIF may ask for is not applied. Throws
 * `bad-file`, and `unsupported` for other kinds and for more than 50 million pixels.
 */
export function decodeJpeg(file: string, bytes: Uint8Array): Image {
  const { components } = inspect(file, bytes);
  const decoded = guarded(file, bytes);
  const { width, height, data } = decoded;
  if (components === 3) return { width, height, channels: 3, data };
  return { width, height, channels: 1, data: data.filter((_, i) => i % 3 === 0) };
}

function guarded(file: string, bytes: Uint8Array) {
  try {
    return decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MOST_PIXELS / 1e6,
      maxMemoryUsageInMB: MOST_DECODER_MB,
    });
  } catch (error) {
    throw refuse('bad-file', file, `the JPEG cannot be decoded (${(error as Error).message}). Get it again.`);
  }
}

interface Frame {
  readonly pixels: number;
  readonly components: number;
}

/** Walks the markers (section B.1.1.2) without decoding: what cannot be read is refused before anything is allocated. */
function inspect(file: string, bytes: Uint8Array): Frame {
  if (!isJpeg(bytes)) throw refuse('bad-file', file, 'it does not begin as a JPEG does. Give a JPEG file.');
  let frame: Frame | null = null;
  let scans = 0;
  for (let at = nextMarker(bytes, 2); at < bytes.byteLength; at = nextMarker(bytes, at)) {
    const marker = bytes[at - 1] ?? 0;
    if (marker === 0xd9) {
      if (frame && scans > 0) return frame;
      break;
    }
    if (isAlone(marker)) continue;
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (marker === 0xda && frame && ++scans * frame.pixels > MOST_WORK) {
      throw refuse('unsupported', file, `${scans} scans of ${frame.pixels} pixels are too much work. Save it anew.`);
    }
    if (isFrame(marker)) frame = readFrame(file, marker, bytes.subarray(at, at + length));
    at += Math.max(2, length);
  }
  if (frame && scans > 0 && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9) return frame;
  throw refuse('bad-file', file, 'it ends before its end marker: it is cut short. Get it again.');
}

/** The place behind the next marker; in compressed data, FF 00 and restarts are none. */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0) {
    const code = bytes[at + 1] ?? 0;
    if (code !== 0 && code !== 0xff && !(code >= 0xd0 && code <= 0xd7)) return at + 2;
    at = bytes.indexOf(0xff, at + 1);
  }
  return bytes.byteLength + 1;
}

const isAlone = (marker: number): boolean => marker === 0x01 || marker === 0xd8;
const isFrame = (marker: number): boolean => (marker >= 0xc0 && marker <= 0xc2) || KINDS[marker] !== undefined;

function readFrame(file: string, marker: number, segment: Uint8Array): Frame {
  const kind = KINDS[marker];
  if (kind)
    throw refuse('unsupported', file, `it is a ${kind} JPEG; baseline and progressive ones are read. Convert it.`);
  if (segment.byteLength < 8) throw refuse('bad-file', file, 'its frame header is cut short. Get it again.');
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const [precision, height, width] = [view.getUint8(2), view.getUint16(3), view.getUint16(5)];
  const components = view.getUint8(7);
  if (precision !== 8)
    throw refuse('unsupported', file, `it has ${precision} bits a sample; JPEG of 8 bits is read. Convert it.`);
  if (components !== 1 && components !== 3) {
    const what = components === 4 ? 'CMYK' : `${components} colour components`;
    throw refuse('unsupported', file, `it has ${what}; gray and YCbCr are read. Convert it to RGB.`);
  }
  if (width * height === 0)
    throw refuse('bad-file', file, `its frame header says ${width} × ${height} pixels. Get it again.`);
  if (width * height > MOST_PIXELS) {
    throw refuse('unsupported', file, `${width} × ${height} pixels are more than ${MOST_PIXELS}. Scale it down.`);
  }
  return { pixels: width * height, components };
}
