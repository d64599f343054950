import { decode } from 'jpeg-js';
import { toRgbInPlace, type Colour } from './jpeg-colour.ts';
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
  const frame = inspect(file, bytes);
  const { width, height, data } = guarded(file, withoutAdobe(bytes, frame.adobeAt));
  if (frame.components === 1) return { width, height, channels: 1, data: data.filter((_, i) => i % 3 === 0) };
  toRgbInPlace(data, width, height, frame.colour);
  return { width, height, channels: 3, data };
}

/** The decoder would convert colours by itself where Adobe's marker asks for it, and rounds them down: see `toRgbInPlace`. */
function withoutAdobe(bytes: Uint8Array, at: number): Uint8Array {
  if (at < 0) return bytes;
  const copy = bytes.slice();
  copy[at + ADOBE_TRANSFORM] = 0;
  return copy;
}

function guarded(file: string, bytes: Uint8Array) {
  try {
    return decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      colorTransform: false,
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
  readonly colour: Colour;
  /** Where Adobe's APP14 segment begins, with its length; −1 where there is none. */
  readonly adobeAt: number;
}

/** Place of the colour transform from there: 0 is none, so three components are RGB (Adobe TN 5116). */
const ADOBE_TRANSFORM = 13;

/** Walks the markers (section B.1.1.2) without decoding: what cannot be read is refused before anything is allocated. */
function inspect(file: string, bytes: Uint8Array): Frame {
  if (!isJpeg(bytes)) throw refuse('bad-file', file, 'it does not begin as a JPEG does. Give a JPEG file.');
  let frame: Frame | null = null;
  let [scans, adobeAt] = [0, -1];
  const done = (found: Frame): Frame => {
    const isRgb = found.colour.isRgb || (adobeAt >= 0 && bytes[adobeAt + ADOBE_TRANSFORM] === 0);
    return { ...found, adobeAt, colour: { ...found.colour, isRgb } };
  };
  for (let at = nextMarker(bytes, 2); at < bytes.byteLength; at = nextMarker(bytes, at)) {
    const marker = bytes[at - 1] ?? 0;
    if (marker === 0xd9) {
      if (frame && scans > 0) return done(frame);
      break;
    }
    if (isAlone(marker)) continue;
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (marker === 0xda && frame && ++scans * frame.pixels > MOST_WORK) {
      throw refuse('unsupported', file, `${scans} scans of ${frame.pixels} pixels are too much work. Save it anew.`);
    }
    if (marker === 0xee && isAdobe(bytes.subarray(at + 2, at + length))) adobeAt = at;
    if (isFrame(marker)) frame = readFrame(file, marker, bytes.subarray(at, at + length));
    at += Math.max(2, length);
  }
  if (frame && scans > 0 && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9) return done(frame);
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

const isAdobe = (content: Uint8Array): boolean =>
  content.length >= 12 && String.fromCharCode(...content.subarray(0, 5)) === 'Adobe';
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
  return { pixels: width * height, components, colour: colourOf(segment, components), adobeAt: -1 };
}

/** Component ids and sampling factors (section B.2.2): three bytes for each component. */
function colourOf(segment: Uint8Array, components: number): Colour {
  const own = (index: number) => segment.subarray(8 + 3 * index, 11 + 3 * index);
  const factors = (index: number): readonly [number, number] => {
    const sampling = own(index)[1] ?? 0x11;
    return [sampling >> 4, sampling & 15];
  };
  const names = Array.from({ length: components }, (_, index) => own(index)[0] ?? 0);
  const [luma, blue, red] = [factors(0), factors(1), factors(2)];
  const same = blue[0] === red[0] && blue[1] === red[1];
  return {
    isRgb: String.fromCharCode(...names) === 'RGB',
    across: same ? luma[0] / blue[0] : 0,
    down: same ? luma[1] / blue[1] : 0,
  };
}
