import { getInt, getInts } from '../ir/attribute.ts';
import type { Shape } from '../ir/types.ts';
import { numbersOf, typed, unknownDims } from './shapes.ts';
import type { CostContext, InferContext, OpRow, OpTable, Work } from './types.ts';
import { transposedOutput, windowOutput, windowsOf } from './windows.ts';
import { countAll, mulCount, perInput } from './work.ts';

function poolShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null || input.length < 3) return null;
  const windows = windowsOf(c.node, input.length - 2, null);
  const spatial = windows
    ? input.slice(2).map((dim, i) => windowOutput(windows, i, dim))
    : unknownDims(input.length - 2);
  return [...input.slice(0, 2), ...spatial];
}

/** One operation for each element under each window. */
function poolWork(c: CostContext): Work {
  const rank = (c.shape(0)?.length ?? 2) - 2;
  return { macs: 0, elementwise: mulCount(c.outputSize(0), countAll(windowsOf(c.node, rank, null)?.kernel ?? null)) };
}

const pool = (signature: string, since: number[]): OpRow => ({
  family: 'pool',
  signature,
  since,
  infer: (c) => {
    const shape = poolShape(c);
    return [typed(c.dtype(0), shape), typed('int64', shape)].slice(0, c.node.outputs.length);
  },
  work: poolWork,
});

const globalPool = (since: number[]): OpRow => ({
  family: 'pool',
  signature: 'X → Y',
  since,
  infer: (c) => {
    const input = c.shape(0);
    return [typed(c.dtype(0), input && [...input.slice(0, 2), ...input.slice(2).map(() => 1)])];
  },
  work: perInput(1),
});

function unpoolShape(c: InferContext): Shape {
  const given = c.has(2) ? numbersOf(c.contents(2)) : null;
  const input = c.shape(0);
  if (given || input === null) return given;
  if (c.has(2)) return unknownDims(input.length);
  const windows = windowsOf(c.node, input.length - 2, null);
  if (!windows) return unknownDims(input.length);
  return [...input.slice(0, 2), ...input.slice(2).map((dim, i) => transposedOutput(windows, i, dim, 0))];
}

/** X [N, C, H, W], rois [n, 4] → [n, C, h, w] */
function roiShape(c: InferContext, height: string, width: string): Shape {
  const input = c.shape(0);
  const rois = c.shape(1);
  return [rois?.[0] ?? null, input?.[1] ?? null, getInt(c.node, height, 1), getInt(c.node, width, 1)];
}

/** Bilinear samples: 4 taps each. `sampling_ratio` 0 chooses by the region's size, which is unknown here. */
function roiWork(c: CostContext): Work {
  const ratio = getInt(c.node, 'sampling_ratio', 0);
  return { macs: 0, elementwise: ratio > 0 ? mulCount(c.outputSize(0), ratio * ratio * 4) : null };
}

export const POOL: OpTable = {
  AveragePool: pool('X → Y', [1, 7, 10, 11, 19, 22]),
  MaxPool: pool('X → Y Indices?', [1, 8, 10, 11, 12, 22]),
  LpPool: pool('X → Y', [1, 2, 11, 18, 22]),
  GlobalAveragePool: globalPool([1, 22]),
  GlobalMaxPool: globalPool([1, 22]),
  GlobalLpPool: globalPool([1, 2, 22]),
  MaxUnpool: {
    family: 'pool',
    signature: 'X I output_shape? → output',
    since: [9, 11, 22],
    infer: (c) => [typed(c.dtype(0), unpoolShape(c))],
    work: () => ({ macs: 0, elementwise: 0 }),
  },
  RoiAlign: {
    family: 'pool',
    signature: 'X rois batch_indices → Y',
    since: [10, 16, 22],
    infer: (c) => [typed(c.dtype(0), roiShape(c, 'output_height', 'output_width'))],
    work: roiWork,
  },
  MaxRoiPool: {
    family: 'pool',
    signature: 'X rois → Y',
    since: [1, 22],
    infer: (c) => {
      const pooled = getInts(c.node, 'pooled_shape', null);
      return [typed(c.dtype(0), [c.shape(1)?.[0] ?? null, c.shape(0)?.[1] ?? null, ...(pooled ?? unknownDims(2))])];
    },
    work: () => ({ macs: 0, elementwise: null }),
  },
  'com.microsoft.QLinearAveragePool': pool('X x_scale x_zero_point? y_scale y_zero_point? → Y', [1]),
  'com.microsoft.QLinearGlobalAveragePool': globalPool([1]),
};
