import { CodedError } from '../base/error.ts';
import { MOST_PIXELS } from './refuse.ts';
import type { Image } from './types.ts';

export type ResizeFilter = 'bilinear' | 'nearest';

/**
 * Resizes to exactly `width` × `height`. `bilinear` is Pillow's: a triangle filter that widens when shrinking
 * (antialias), in 8-bit fixed point, rows first; `nearest` takes the pixel under the centre. Throws
 * `bad-request` beyond 50 million pixels.
 */
export function resizeImage(image: Image, width: number, height: number, filter: ResizeFilter): Image {
  if (!(width >= 1 && height >= 1 && width * height <= MOST_PIXELS)) {
    throw new CodedError(
      'bad-request',
      `An image cannot be resized to ${width} × ${height}: 1 to ${MOST_PIXELS} pixels are possible. Choose another size.`,
    );
  }
  if (filter === 'nearest') return nearest(image, width, height);
  const rows = width === image.width ? image : resample(image, 'x', width);
  return height === image.height ? rows : resample(rows, 'y', height);
}

function nearest({ width: inWidth, height: inHeight, channels, data }: Image, width: number, height: number): Image {
  const out = new Uint8Array(width * height * channels);
  const [columns, rows] = [centres(inWidth, width), centres(inHeight, height)];
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * inWidth + column) * channels;
      for (let channel = 0; channel < channels; channel++) out[to++] = data[from + channel] ?? 0;
    }
  }
  return { width, height, channels, data: out };
}

/** The input under the centre of each output, by adding up steps as Pillow does: its roundings decide ties. */
function centres(inSize: number, outSize: number): Int32Array {
  const step = inSize / outSize;
  let place = step * 0.5;
  return Int32Array.from({ length: outSize }, () => {
    const at = Math.min(inSize - 1, Math.floor(place));
    place += step;
    return at;
  });
}

/** Pillow's `PRECISION_BITS`: weights in units of 2⁻²². */
const PRECISION = 22;

interface Weights {
  /** First input of each output. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `reach` weights for each output. */
  readonly values: Int32Array;
  readonly reach: number;
}

/** Pillow's `precompute_coeffs` (Resample.c) for the triangle filter. */
function weightsOf(inSize: number, outSize: number): Weights {
  const scale = inSize / outSize;
  const stretch = Math.max(1, scale);
  const reach = Math.ceil(stretch) * 2 + 1;
  const [first, count] = [new Int32Array(outSize), new Int32Array(outSize)];
  const values = new Int32Array(outSize * reach);
  for (let out = 0; out < outSize; out++) {
    const center = (out + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - stretch + 0.5));
    const to = Math.min(inSize, Math.trunc(center + stretch + 0.5));
    const raw = Array.from({ length: to - from }, (_, i) =>
      Math.max(0, 1 - Math.abs((i + from - center + 0.5) / stretch)),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    raw.forEach((weight, i) => (values[out * reach + i] = Math.trunc(0.5 + (weight / sum) * 2 ** PRECISION)));
    first[out] = from;
    count[out] = to - from;
  }
  return { first, count, values, reach };
}

/** Resamples one axis. Sums stay below 2³¹: weights add up to 2²², pixels end at 255. */
function resample(image: Image, axis: 'x' | 'y', size: number): Image {
  const { channels, data } = image;
  const [width, height] = axis === 'x' ? [size, image.height] : [image.width, size];
  const { first, count, values, reach } = weightsOf(axis === 'x' ? image.width : image.height, size);
  const step = axis === 'x' ? channels : image.width * channels;
  const out = new Uint8Array(width * height * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = axis === 'x' ? x : y;
      const start = axis === 'x' ? y * image.width * channels : x * channels;
      const from = start + (first[place] ?? 0) * step;
      const taps = count[place] ?? 0;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 1 << (PRECISION - 1);
        for (let i = 0; i < taps; i++) sum += (data[from + channel + i * step] ?? 0) * (values[place * reach + i] ?? 0);
        out[to++] = Math.min(255, sum >> PRECISION);
      }
    }
  }
  return { width, height, channels, data: out };
}

/** The middle `width` × `height`; an odd rest is split half to even, as torchvision's CenterCrop does. */
export function centerCrop(image: Image, width: number, height: number): Image {
  const { channels, data } = image;
  const [left, top] = [halfEven(image.width - width), halfEven(image.height - height)];
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    out.set(data.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, data: out };
}

function halfEven(rest: number): number {
  const half = Math.floor(rest / 2);
  return rest % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}
