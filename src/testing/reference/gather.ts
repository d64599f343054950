import type { Call, RefOp, RefTable } from './call.ts';
import { axisOf, eachIndex, offsetOf, reader, refTensor, stridesOf, tabulate, type RefTensor } from './tensor.ts';

/** Each index of `axis` in turn, by `indices` of any shape. */
export function gathered(x: RefTensor, indices: RefTensor, axis: number): RefTensor {
  const read = reader(x);
  const width = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const strides = stridesOf(indices.shape);
  return tabulate(x.dtype, shape, (index) => {
    const at = axisOf(indices.data[offsetOf(index.slice(axis, axis + width), strides)]!, x.shape[axis]!);
    return read([...index.slice(0, axis), at, ...index.slice(axis + width)]);
  });
}

const axisIn = (c: Call): number => axisOf(c.int('axis', 0), c.input(0).shape.length);

/** Element by element: `indices` tell the place along the axis. */
const gatherElements: RefOp = (c) => {
  const [x, indices, axis] = [c.input(0), c.input(1), axisIn(c)];
  const read = reader(x);
  return tabulate(x.dtype, indices.shape, (index, at) =>
    read(index.map((each, i) => (i === axis ? axisOf(indices.data[at]!, x.shape[axis]!) : each))),
  );
};

/** The last axis of `indices` holds the first indices of what is taken, behind `batch_dims`. */
const gatherNd: RefOp = (c) => {
  const [x, indices] = [c.input(0), c.input(1)];
  const batch = c.int('batch_dims', 0);
  const [read, place] = [reader(x), reader(indices)];
  const width = indices.shape.at(-1)!;
  const outer = indices.shape.slice(0, -1);
  return tabulate(x.dtype, [...outer, ...x.shape.slice(batch + width)], (index) => {
    const at = index.slice(0, outer.length);
    const taken = Array.from({ length: width }, (_, i) => axisOf(place([...at, i]), x.shape[batch + i]!));
    return read([...index.slice(0, batch), ...taken, ...index.slice(outer.length)]);
  });
};

const REDUCTIONS: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: Math.max,
  min: Math.min,
};

const reductionOf = (c: Call) => {
  const name = c.string('reduction', 'none');
  const found = REDUCTIONS[name];
  if (!found) throw new Error(`no reduction ${name}`);
  return found;
};

const scatterElements: RefOp = (c) => {
  const [x, indices, updates, axis] = [c.input(0), c.input(1), c.input(2), axisIn(c)];
  const reduce = reductionOf(c);
  const strides = stridesOf(x.shape);
  const data = x.data.slice();
  eachIndex(indices.shape, (index, at) => {
    const place = index.map((each, i) => (i === axis ? axisOf(indices.data[at]!, x.shape[axis]!) : each));
    const to = offsetOf(place, strides);
    data[to] = reduce(data[to]!, updates.data[at]!);
  });
  return refTensor(x.dtype, x.shape, data);
};

const scatterNd: RefOp = (c) => {
  const [x, indices, updates] = [c.input(0), c.input(1), c.input(2)];
  const reduce = reductionOf(c);
  const place = reader(indices);
  const strides = stridesOf(x.shape);
  const width = indices.shape.at(-1)!;
  const outer = indices.shape.length - 1;
  const data = x.data.slice();
  eachIndex(updates.shape, (index, at) => {
    const row = index.slice(0, outer);
    const taken = Array.from({ length: width }, (_, i) => axisOf(place([...row, i]), x.shape[i]!));
    const to = offsetOf([...taken, ...index.slice(outer)], strides);
    data[to] = reduce(data[to]!, updates.data[at]!);
  });
  return refTensor(x.dtype, x.shape, data);
};

/** `values` are [off, on]; an index beyond the depth is off everywhere. */
const oneHot: RefOp = (c) => {
  const [indices, depth, values] = [c.input(0), c.number(1, 0), c.input(2)];
  const rank = indices.shape.length + 1;
  const axis = axisOf(c.int('axis', -1), rank);
  const read = reader(indices);
  return tabulate(values.dtype, [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)], (index) => {
    const hot = axisOf(Math.trunc(read([...index.slice(0, axis), ...index.slice(axis + 1)])), depth);
    return values.data[Number(index[axis] === hot)]!;
  });
};

export const GATHER: RefTable = {
  Gather: (c) => gathered(c.input(0), c.input(1), axisIn(c)),
  GatherElements: gatherElements,
  GatherND: gatherNd,
  ScatterElements: scatterElements,
  Scatter: scatterElements,
  ScatterND: scatterNd,
  OneHot: oneHot,
};
