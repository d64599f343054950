import { invariant } from '../../base/assert.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { clamp } from './functions.ts';
import { axisOf, reader, tabulate, type RefTensor } from './tensor.ts';

/** What one place of the result reads along an axis: places of the input, each with its weight; null: extrapolated. */
type Reads = readonly (readonly [place: number, weight: number])[] | null;

interface Axis {
  readonly size: number;
  readonly out: number;
  readonly scale: number;
  /** Start and end of the region of interest, as parts of the axis. */
  readonly roi: readonly [number, number];
}

/** Where a place of the result lies in the input (operator specification of Resize, coordinate_transformation_mode). */
function coordinate(mode: string, place: number, { size, out, scale, roi }: Axis): number {
  const halfPixel = (place + 0.5) / scale - 0.5;
  switch (mode) {
    case 'half_pixel':
      return halfPixel;
    case 'half_pixel_symmetric': {
      const adjustment = out / (scale * size);
      return (size / 2) * (1 - adjustment) + halfPixel;
    }
    case 'pytorch_half_pixel':
      return out > 1 ? halfPixel : 0;
    case 'align_corners':
      return out > 1 ? (place * (size - 1)) / (out - 1) : 0;
    case 'asymmetric':
      return place / scale;
    case 'tf_half_pixel_for_nn':
      return (place + 0.5) / scale;
    case 'tf_crop_and_resize': {
      const [start, end] = roi;
      const along = out > 1 ? (place * (end - start) * (size - 1)) / (out - 1) : 0.5 * (end - start) * (size - 1);
      return out > 1 ? start * (size - 1) + along : 0.5 * (start + end) * (size - 1);
    }
    default:
      throw new Error(`no coordinate_transformation_mode ${mode}`);
  }
}

function nearest(mode: string, x: number): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    default:
      throw new Error(`no nearest_mode ${mode}`);
  }
}

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981. */
const cubic =
  (a: number) =>
  (x: number): number => {
    const d = Math.abs(x);
    if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
  };

/** A kernel around x; with `antialias` it is as wide as the pixels of the result. What is outside repeats the edge. */
function weighted(c: Call, x: number, { size, scale }: Axis): Reads {
  const linear = c.string('mode', 'nearest') === 'linear';
  const kernel = linear ? triangle : cubic(c.float('cubic_coeff_a', -0.75));
  const stretch = c.int('antialias', 0) === 1 ? Math.min(scale, 1) : 1;
  const reach = (linear ? 1 : 2) / stretch;
  const places: [number, number][] = [];
  for (let i = Math.floor(x - reach) + 1; i < x + reach; i++) places.push([i, kernel((i - x) * stretch)]);
  const counted = c.int('exclude_outside', 0) === 1 ? places.filter(([place]) => place >= 0 && place < size) : places;
  const total = counted.reduce((sum, [, weight]) => sum + weight, 0);
  return counted.map(([place, weight]) => [clamp(place, 0, size - 1), weight / total]);
}

function readsOf(c: Call, axis: Axis): Reads[] {
  const mode = c.string('coordinate_transformation_mode', 'half_pixel');
  return Array.from({ length: axis.out }, (_, place) => {
    const x = coordinate(mode, place, axis);
    if (mode === 'tf_crop_and_resize' && (x < 0 || x > axis.size - 1)) return null;
    if (c.string('mode', 'nearest') !== 'nearest') return weighted(c, x, axis);
    return [[clamp(nearest(c.string('nearest_mode', 'round_prefer_floor'), x), 0, axis.size - 1), 1]];
  });
}

/** One axis after the other: the kernels are products. */
function along(x: RefTensor, axis: number, reads: readonly Reads[]): RefTensor {
  const read = reader(x);
  const shape = x.shape.map((size, i) => (i === axis ? reads.length : size));
  return tabulate(x.dtype, shape, (index) =>
    (reads[index[axis]!] ?? []).reduce(
      (sum, [place, weight]) => sum + weight * read(index.map((each, i) => (i === axis ? place : each))),
      0,
    ),
  );
}

const numbersOf = (c: Call, index: number): number[] | null => {
  const numbers = c.numbers(index);
  return numbers && numbers.length > 0 ? numbers : null;
};

/** Sizes as they are asked for, or the nearest that keep the aspect ratio. */
function fitted(
  policy: string,
  sizes: readonly number[],
  image: readonly number[],
): { out: number[]; scales: number[] } {
  const ratios = sizes.map((size, i) => size / image[i]!);
  if (policy === 'stretch') return { out: [...sizes], scales: ratios };
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return { out: image.map((size) => Math.floor(scale * size + 0.5)), scales: image.map(() => scale) };
}

/** X, roi?, scales?, sizes? (since version 11; before, X and scales). */
const resize: RefOp = (c) => {
  const x = c.input(0);
  const rank = x.shape.length;
  const axes = (c.ints('axes') ?? x.shape.map((_, i) => i)).map((axis) => axisOf(axis, rank));
  const image = axes.map((axis) => x.shape[axis]!);
  const sizes = numbersOf(c, 3);
  const scales = numbersOf(c, c.version >= 11 ? 2 : 1);
  const given = sizes
    ? fitted(c.string('keep_aspect_ratio_policy', 'stretch'), sizes, image)
    : { out: image.map((size, i) => Math.floor(size * (scales?.[i] ?? 1))), scales: scales ?? [] };
  const roi = c.version >= 11 ? numbersOf(c, 1) : null;
  const reads = axes.map((_, i) =>
    readsOf(c, {
      size: image[i]!,
      out: given.out[i]!,
      scale: given.scales[i]!,
      roi: [roi?.[i] ?? 0, roi?.[i + axes.length] ?? 1],
    }),
  );
  const y = axes.reduce((so, axis, i) => along(so, axis, reads[i]!), x);
  const extrapolated = c.float('extrapolation_value', 0);
  return tabulate(y.dtype, y.shape, (index, at) =>
    axes.some((axis, i) => reads[i]![index[axis]!] === null) ? extrapolated : y.data[at]!,
  );
};

/** The operator before Resize: nearest or linear, from the corner, rounding down. */
const upsample: RefOp = (c) => {
  const x = c.input(0);
  invariant(c.string('mode', 'nearest') === 'nearest', 'Upsample is known for nearest only');
  const scales = c.numbers(1) ?? c.floats('scales') ?? [];
  const read = reader(x);
  const shape = x.shape.map((size, i) => Math.floor(size * scales[i]!));
  return tabulate(x.dtype, shape, (index) => read(index.map((each, i) => Math.floor(each / scales[i]!))));
};

export const RESIZE: RefTable = { Resize: resize, Upsample: upsample };
