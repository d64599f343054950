import { getInt } from '../ir/attribute.ts';
import type { Dim, Shape } from '../ir/types.ts';
import { known, mapCoordinates, smallShape, stridesOf } from './contents.ts';
import { productDims } from './dim.ts';
import { axisOf, numbersOf, sameAsFirst, typed, unknownDims } from './shapes.ts';
import type { EvaluateRule, InferContext, OpRow, OpTable, WorkRule } from './types.ts';
import { free } from './work.ts';

/** data [.., axis, ..] and indices [I] → data's shape with the axis replaced by the shape of the indices. */
function gatherShape(c: InferContext): Shape {
  const data = c.shape(0);
  const indices = c.shape(1);
  if (!data || !indices) return null;
  const axis = axisOf(getInt(c.node, 'axis', 0), data.length);
  return axis === null ? null : [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}

const wrap = (index: number, size: number): number => (index < 0 ? index + size : index);

const gatherContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const data = known(c, 0);
  const indices = known(c, 1);
  const where = indices && numbersOf(indices.contents);
  const axis = data && axisOf(getInt(c.node, 'axis', 0), data.shape.length);
  if (!shape || !data || !indices || !where || axis === null) return [null];
  const strides = stridesOf(data.shape);
  const indexStrides = stridesOf(indices.shape);
  const inner = indices.shape.length;
  const size = data.shape[axis] ?? 0;
  return [
    mapCoordinates(shape, (at) => {
      const chosen = where[indexStrides.reduce((sum, stride, i) => sum + (at[axis + i] ?? 0) * stride, 0)] ?? 0;
      const from = data.shape.map((_, i) => (i < axis ? at[i] : i === axis ? wrap(chosen, size) : at[i + inner - 1]));
      return data.contents[from.reduce<number>((sum, each, i) => sum + (each ?? 0) * (strides[i] ?? 0), 0)] ?? null;
    }),
  ];
};

const gatherElementsContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const data = known(c, 0);
  const where = numbersOf(known(c, 1)?.contents ?? null);
  const axis = data && axisOf(getInt(c.node, 'axis', 0), data.shape.length);
  if (!shape || !data || !where || axis === null) return [null];
  const strides = stridesOf(data.shape);
  let next = 0;
  return [
    mapCoordinates(shape, (at) => {
      const chosen = wrap(where[next++] ?? 0, data.shape[axis] ?? 0);
      const index = at.reduce((sum, each, i) => sum + (i === axis ? chosen : each) * (strides[i] ?? 0), 0);
      return data.contents[index] ?? null;
    }),
  ];
};

/** data [..] and indices [b.., n.., k] → [b.., n.., rest of data after batch_dims + k]. */
function gatherNdShape(c: InferContext): Shape {
  const data = c.shape(0);
  const indices = c.shape(1);
  const depth = indices?.at(-1);
  if (!data || !indices || typeof depth !== 'number') return null;
  return [...indices.slice(0, -1), ...data.slice(getInt(c.node, 'batch_dims', 0) + depth)];
}

/** data [R], indices [.., k], updates: the rows that the indices name are replaced. Only whole elements (k = R). */
const scatterNdContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const data = known(c, 0);
  const indices = known(c, 1);
  const updates = c.contents(2);
  const where = indices && numbersOf(indices.contents);
  const plain = !c.node.attributes.has('reduction');
  if (!shape || !data || !where || !updates || !plain || indices.shape.at(-1) !== shape.length) return [null];
  const strides = stridesOf(shape);
  const result: Dim[] = [...data.contents];
  updates.forEach((update, n) => {
    const at = strides.reduce(
      (sum, stride, i) => sum + wrap(where[n * shape.length + i] ?? 0, shape[i] ?? 0) * stride,
      0,
    );
    result[at] = update;
  });
  return [result];
};

const scatterElementsContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const data = known(c, 0);
  const indices = known(c, 1);
  const updates = c.contents(2);
  const where = indices && numbersOf(indices.contents);
  const axis = shape && axisOf(getInt(c.node, 'axis', 0), shape.length);
  if (!shape || !data || !where || !updates || axis === null || c.node.attributes.has('reduction')) return [null];
  const strides = stridesOf(shape);
  const result: Dim[] = [...data.contents];
  let next = 0;
  mapCoordinates(indices.shape, (at) => {
    const chosen = wrap(where[next] ?? 0, shape[axis] ?? 0);
    result[at.reduce((sum, each, i) => sum + (i === axis ? chosen : each) * (strides[i] ?? 0), 0)] =
      updates[next] ?? null;
    next++;
  });
  return [result];
};

/** Scattering moves; with a reduction it also combines, once per update. */
const scatterWork: WorkRule = (c) => ({ macs: 0, elementwise: c.node.attributes.has('reduction') ? c.size(2) : 0 });

const scatter = (since: number[], evaluate: EvaluateRule): OpRow => ({
  family: 'shape',
  signature: 'data indices updates → output',
  since,
  inPlace: true,
  infer: sameAsFirst,
  evaluate,
  work: scatterWork,
});

/** One-hot of `depth` on a new axis. */
function oneHotShape(c: InferContext): Shape {
  const indices = c.shape(0);
  if (!indices) return null;
  const axis = axisOf(getInt(c.node, 'axis', -1), indices.length + 1);
  return axis === null ? null : indices.toSpliced(axis, 0, c.contents(1)?.[0] ?? null);
}

/** Positions of non-zero elements, [rank, n]: n is known only where the contents are. */
function nonZeroShape(c: InferContext): Shape {
  const rank = c.shape(0)?.length ?? null;
  const contents = numbersOf(known(c, 0)?.contents ?? null);
  return [rank, contents ? contents.filter((each) => each !== 0).length : null];
}

const nonZeroContents: EvaluateRule = (c, outputs) => {
  const shape = smallShape(outputs);
  const input = known(c, 0);
  const numbers = input && numbersOf(input.contents);
  if (!shape || !input || !numbers) return [null];
  const found: number[][] = input.shape.map(() => []);
  let next = 0;
  mapCoordinates(input.shape, (at) => {
    if (numbers[next++] !== 0) at.forEach((each, axis) => found[axis]?.push(each));
  });
  return [found.flat()];
};

function compressShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (!c.node.attributes.has('axis')) return [null];
  const axis = input && axisOf(getInt(c.node, 'axis', 0), input.length);
  return input && axis !== null ? input.with(axis, null) : null;
}

export const GATHER: OpTable = {
  Gather: {
    family: 'shape',
    signature: 'data indices → output',
    since: [1, 11, 13],
    infer: (c) => [typed(c.dtype(0), gatherShape(c))],
    evaluate: gatherContents,
    work: free,
  },
  GatherElements: {
    family: 'shape',
    signature: 'data indices → output',
    since: [11, 13],
    infer: (c) => [typed(c.dtype(0), c.shape(1))],
    evaluate: gatherElementsContents,
    work: free,
  },
  GatherND: {
    family: 'shape',
    signature: 'data indices → output',
    since: [11, 12, 13],
    infer: (c) => [typed(c.dtype(0), gatherNdShape(c))],
    work: free,
  },
  ScatterND: scatter([11, 13, 16, 18], scatterNdContents),
  ScatterElements: scatter([11, 13, 16, 18], scatterElementsContents),
  Scatter: scatter([9, 11], scatterElementsContents),
  TensorScatter: {
    family: 'shape',
    signature: 'past_cache update write_indices? → present_cache',
    since: [24],
    inPlace: true,
    infer: sameAsFirst,
    work: free,
  },
  OneHot: {
    family: 'shape',
    signature: 'indices depth values → output',
    since: [9, 11],
    infer: (c) => [typed(c.dtype(2), oneHotShape(c))],
    work: free,
  },
  NonZero: {
    family: 'shape',
    signature: 'X → Y',
    since: [9, 13],
    infer: (c) => [typed('int64', nonZeroShape(c))],
    evaluate: nonZeroContents,
    work: (c) => ({ macs: 0, elementwise: c.size(0) }),
  },
  Compress: {
    family: 'shape',
    signature: 'input condition → output',
    since: [9, 11],
    infer: (c) => [typed(c.dtype(0), compressShape(c))],
    work: free,
  },
  Unique: {
    family: 'shape',
    signature: 'X → Y indices? inverse_indices? counts?',
    since: [11],
    infer: (c) => {
      const first = c.node.attributes.has('axis') ? compressShape(c) : [null];
      const inverse = c.node.attributes.has('axis') ? null : productDims(c.shape(0) ?? [null]);
      return [typed(c.dtype(0), first), typed('int64', [null]), typed('int64', [inverse]), typed('int64', [null])];
    },
    work: () => ({ macs: 0, elementwise: null }),
  },
  NonMaxSuppression: {
    family: 'shape',
    signature: 'boxes scores max_output_boxes_per_class? iou_threshold? score_threshold? → selected_indices',
    since: [10, 11],
    infer: () => [typed('int64', unknownDims(2).with(1, 3))],
    work: () => ({ macs: 0, elementwise: null }),
  },
};
