import { sizeOf } from '../../ir/types.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { mean, most, reduceAlong, sum } from './reduce.ts';
import { eachIndex, refTensor, type RefTensor } from './tensor.ts';
import { PADDING, tapsOf, windowsOf } from './windows.ts';

/**
 * One result for every plane and place of the window.
 *
 * @param fold sees the elements of x that the window covers, and how much padding it covers besides
 * @returns with the place among all elements of x that each result was found at, where it is one of them
 */
function pool(
  c: Call,
  fold: (values: readonly number[], padding: number) => number,
): { y: RefTensor; chosen: Float64Array } {
  const x = c.input(0);
  const image = x.shape.slice(2);
  const windows = windowsOf(c, image, c.ints('kernel_shape') ?? []);
  const taps = tapsOf(windows, image);
  const [pixels, kernel, places] = [sizeOf(image), sizeOf(windows.kernel), sizeOf(windows.out)];
  const planes = x.shape[0]! * x.shape[1]!;
  const y = new Float64Array(planes * places);
  const chosen = new Float64Array(planes * places);
  for (let o = 0; o < places; o++) {
    const all = Array.from(taps.subarray(o * kernel, (o + 1) * kernel));
    const covered = all.filter((tap) => tap >= 0);
    const padding = all.filter((tap) => tap === PADDING).length;
    for (let plane = 0; plane < planes; plane++) {
      const values = covered.map((tap) => x.data[plane * pixels + tap]!);
      const at = plane * places + o;
      y[at] = fold(values, padding);
      chosen[at] = plane * pixels + (covered[values.indexOf(y[at])] ?? 0);
    }
  }
  return { y: refTensor(x.dtype, [...x.shape.slice(0, 2), ...windows.out], y), chosen };
}

/** The second output tells where each maximum lies among all elements; `storage_order` 1 counts columns first. */
const maxPool: RefOp = (c) => {
  const { y, chosen } = pool(c, (values) => most(values));
  const image = c.input(0).shape.slice(2);
  if (c.int('storage_order', 0) === 0) return [y, refTensor('int64', y.shape, chosen)];
  const pixels = sizeOf(image);
  const columnFirst = new Float64Array(pixels);
  eachIndex(image, (index, at) => {
    columnFirst[at] = index.reduceRight((offset, each, axis) => offset * image[axis]! + each, 0);
  });
  const places = chosen.map((at) => at - (at % pixels) + columnFirst[at % pixels]!);
  return [y, refTensor('int64', y.shape, places)];
};

const averagePool: RefOp = (c) => {
  const counts = c.int('count_include_pad', 0) === 1;
  return pool(c, (values, padding) => sum(values) / (values.length + (counts ? padding : 0))).y;
};

const norm = (values: readonly number[], p: number): number =>
  sum(values.map((each) => Math.abs(each) ** p)) ** (1 / p);

const overAll =
  (fold: (c: Call) => (values: readonly number[]) => number): RefOp =>
  (c) =>
    reduceAlong(
      c.input(0),
      c.input(0).shape.flatMap((_, axis) => (axis < 2 ? [] : [axis])),
      true,
      fold(c),
    );

export const POOL: RefTable = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: (c) => pool(c, (values) => norm(values, c.int('p', 2))).y,
  GlobalAveragePool: overAll(() => mean),
  GlobalMaxPool: overAll(() => most),
  GlobalLpPool: overAll((c) => (values) => norm(values, c.int('p', 2))),
};
