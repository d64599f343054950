import { clamp } from './functions.ts';
import type { RefOp, RefTable } from './call.ts';
import { axisOf, reader, tabulate } from './tensor.ts';

/** `starts` to `ends` along axes, by steps that may go backwards; attributes before version 10. */
const slice: RefOp = (c) => {
  const x = c.input(0);
  const rank = x.shape.length;
  const starts = c.numbers(1) ?? c.ints('starts') ?? [];
  const ends = c.numbers(2) ?? c.ints('ends') ?? [];
  const axes = (c.numbers(3) ?? c.ints('axes') ?? starts.map((_, i) => i)).map((axis) => axisOf(axis, rank));
  const [from, step, shape] = [x.shape.map(() => 0), x.shape.map(() => 1), [...x.shape]];
  axes.forEach((axis, i) => {
    const size = x.shape[axis]!;
    const by = c.numbers(4)?.[i] ?? 1;
    const [first, last] = [axisOf(starts[i]!, size), axisOf(ends[i]!, size)];
    const start = by > 0 ? clamp(first, 0, size) : clamp(first, 0, size - 1);
    const end = by > 0 ? clamp(last, 0, size) : clamp(last, -1, size);
    from[axis] = start;
    step[axis] = by;
    shape[axis] = Math.max(0, Math.ceil((end - start) / by));
  });
  const read = reader(x);
  return tabulate(x.dtype, shape, (index) => read(index.map((each, i) => from[i]! + each * step[i]!)));
};

/** A place outside of [0, size) by mode; null: the constant. Reflection may go back and forth. */
function inside(place: number, size: number, mode: string): number | null {
  if (place >= 0 && place < size) return place;
  if (mode === 'edge') return clamp(place, 0, size - 1);
  if (mode === 'wrap') return ((place % size) + size) % size;
  if (mode !== 'reflect') return null;
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const so = ((place % period) + period) % period;
  return so < size ? so : period - so;
}

const pad: RefOp = (c) => {
  const x = c.input(0);
  const rank = x.shape.length;
  const pads = c.numbers(1) ?? c.ints('pads') ?? [];
  const axes = (c.numbers(3) ?? x.shape.map((_, i) => i)).map((axis) => axisOf(axis, rank));
  const [begins, ends] = [x.shape.map(() => 0), x.shape.map(() => 0)];
  axes.forEach((axis, i) => {
    begins[axis] = pads[i]!;
    ends[axis] = pads[i + axes.length]!;
  });
  const value = c.number(2, c.float('value', 0));
  const mode = c.string('mode', 'constant');
  const read = reader(x);
  const shape = x.shape.map((size, i) => size + begins[i]! + ends[i]!);
  return tabulate(x.dtype, shape, (index) => {
    const places = index.map((each, i) => inside(each - begins[i]!, x.shape[i]!, mode));
    return places.every((place) => place !== null) ? read(places) : value;
  });
};

/** The upper or lower triangle of matrices, from diagonal k on. */
const trilu: RefOp = (c) => {
  const x = c.input(0);
  const k = c.number(1, 0);
  const upper = c.int('upper', 1) === 1;
  return tabulate(x.dtype, x.shape, (index, at) => {
    const right = index.at(-1)! - index.at(-2)!;
    return (upper ? right >= k : right <= k) ? x.data[at]! : 0;
  });
};

export const SLICING: RefTable = { Slice: slice, Pad: pad, Trilu: trilu };
