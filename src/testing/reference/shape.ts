import { invariant } from '../../base/assert.ts';
import { sizeOf } from '../../ir/types.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import {
  axisOf,
  broadcastShape,
  broadcastStrides,
  offsetOf,
  reader,
  refTensor,
  reshaped,
  tabulate,
  type RefTensor,
} from './tensor.ts';

export function transposed(x: RefTensor, perm: readonly number[]): RefTensor {
  const read = reader(x);
  const from = x.shape.map(() => 0);
  const shape = perm.map((axis) => x.shape[axis]!);
  return tabulate(x.dtype, shape, (index) => {
    perm.forEach((axis, i) => (from[axis] = index[i]!));
    return read(from);
  });
}

export function expanded(x: RefTensor, shape: readonly number[]): RefTensor {
  const strides = broadcastStrides(x.shape, shape.length);
  return tabulate(x.dtype, shape, (index) => x.data[offsetOf(index, strides)]!);
}

const reshape: RefOp = (c) => {
  const x = c.input(0);
  const wish = c.numbers(1) ?? c.ints('shape') ?? [];
  const given = wish.map((size, i) => (size === 0 && c.int('allowzero', 0) === 0 ? x.shape[i]! : size));
  const rest = given.reduce((product, size) => (size === -1 ? product : product * size), 1);
  return reshaped(
    x,
    given.map((size) => (size === -1 ? x.data.length / rest : size)),
  );
};

const axesOf = (c: Call, rank: number): number[] | null =>
  (c.numbers(1) ?? c.ints('axes'))?.map((axis) => axisOf(axis, rank)) ?? null;

const squeeze: RefOp = (c) => {
  const x = c.input(0);
  const axes = axesOf(c, x.shape.length);
  return reshaped(
    x,
    x.shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1)),
  );
};

const unsqueeze: RefOp = (c) => {
  const x = c.input(0);
  const count = (c.numbers(1) ?? c.ints('axes') ?? []).length;
  const rank = x.shape.length + count;
  const axes = axesOf(c, rank) ?? [];
  const sizes = [...x.shape];
  return reshaped(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : sizes.shift()!)),
  );
};

const flatten: RefOp = (c) => {
  const { shape } = c.input(0);
  const axis = axisOf(c.int('axis', 1), shape.length);
  return reshaped(c.input(0), [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))]);
};

const tile: RefOp = (c) => {
  const x = c.input(0);
  const read = reader(x);
  const repeats = c.numbers(1) ?? [];
  return tabulate(
    x.dtype,
    x.shape.map((size, i) => size * repeats[i]!),
    (index) => read(index.map((each, i) => each % x.shape[i]!)),
  );
};

export function concatenated(parts: readonly RefTensor[], axis: number): RefTensor {
  const [first] = parts;
  invariant(first, 'parts to concatenate');
  const readers = parts.map(reader);
  // For every place along the axis, the part that it comes from and its place there.
  const places = parts.flatMap((part, i) => Array.from({ length: part.shape[axis]! }, (_, at) => [i, at] as const));
  const shape = first.shape.map((size, i) => (i === axis ? places.length : size));
  return tabulate(first.dtype, shape, (index) => {
    const [part, at] = places[index[axis]!]!;
    return readers[part]!(index.map((each, i) => (i === axis ? at : each)));
  });
}

/** `from` to `to` along one axis. */
export function cut(x: RefTensor, axis: number, from: number, to: number): RefTensor {
  const read = reader(x);
  const shape = x.shape.map((size, i) => (i === axis ? to - from : size));
  return tabulate(x.dtype, shape, (index) => read(index.map((each, i) => (i === axis ? each + from : each))));
}

/** Sizes are an input, an attribute before 13, or follow from the number of parts, the last being smaller. */
const split: RefOp = (c) => {
  const x = c.input(0);
  const axis = axisOf(c.int('axis', 0), x.shape.length);
  const count = c.node.outputs.length;
  const length = x.shape[axis]!;
  const chunk = Math.ceil(length / count);
  const equal = Array.from({ length: count }, (_, i) => Math.min(chunk, Math.max(0, length - i * chunk)));
  const sizes = c.numbers(1) ?? c.ints('split') ?? equal;
  return sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((sum, each) => sum + each, 0);
    return cut(x, axis, from, from + size);
  });
};

const shapeOf: RefOp = (c) => {
  const { shape } = c.input(0);
  const kept = shape.slice(c.int('start', 0), c.int('end', shape.length));
  return refTensor('int64', [kept.length], kept);
};

/** Channels to blocks of pixels: `DCR` takes them apart as [b, b, C′], `CRD` as [C′, b, b]. */
const depthToSpace: RefOp = (c) => {
  const [n, channels, h, w] = c.input(0).shape as [number, number, number, number];
  const b = c.int('blocksize', 1);
  const depth = channels / (b * b);
  const columnFirst = c.string('mode', 'DCR') === 'CRD';
  const apart = columnFirst ? [n, depth, b, b, h, w] : [n, b, b, depth, h, w];
  const perm = columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  return reshaped(transposed(reshaped(c.input(0), apart), perm), [n, depth, h * b, w * b]);
};

const spaceToDepth: RefOp = (c) => {
  const [n, channels, h, w] = c.input(0).shape as [number, number, number, number];
  const b = c.int('blocksize', 1);
  const apart = reshaped(c.input(0), [n, channels, h / b, b, w / b, b]);
  return reshaped(transposed(apart, [0, 3, 5, 1, 2, 4]), [n, channels * b * b, h / b, w / b]);
};

export const SHAPE: RefTable = {
  Transpose: (c) => {
    const x = c.input(0);
    return transposed(x, c.ints('perm') ?? x.shape.map((_, i) => x.shape.length - 1 - i));
  },
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: (c) => expanded(c.input(0), broadcastShape(c.input(0).shape, c.numbers(1) ?? [])),
  Tile: tile,
  Concat: (c) => concatenated(c.all(), axisOf(c.int('axis', 0), c.input(0).shape.length)),
  Split: split,
  Shape: shapeOf,
  Size: (c) => refTensor('int64', [], [c.input(0).data.length]),
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
