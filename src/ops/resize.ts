import { getFloat, getFloats, getInts, getString } from '../ir/attribute.ts';
import type { Dim, Shape } from '../ir/types.ts';
import { floorDivDims, mulDims } from './dim.ts';
import { axesOf, numbersOf, typed, unknownDims } from './shapes.ts';
import type { CostContext, InferContext, OpTable, Work } from './types.ts';
import { mulCount } from './work.ts';

/** ⌊size · scale⌋ in float32, as runtimes compute it. Symbols only by whole factors and their reciprocals. */
function scaleDim(size: Dim, scale: Dim): Dim {
  if (typeof scale !== 'number') return null;
  if (typeof size === 'number') return Math.floor(Math.fround(size * Math.fround(scale)));
  if (Number.isInteger(scale)) return mulDims(size, scale);
  const inverse = 1 / scale;
  // A reciprocal that is not a power of two is rounded, so its floor may fall short by one.
  return Number.isInteger(Math.log2(inverse)) ? floorDivDims(size, inverse) : null;
}

interface ResizeInputs {
  readonly scales: readonly Dim[] | null;
  readonly sizes: readonly Dim[] | null;
}

/** Opset 10 has (X, scales); opset 11 put `roi` before them and `sizes` behind. */
function resizeInputs(c: InferContext): ResizeInputs {
  const scalesAt = c.version === 10 ? 1 : 2;
  return {
    scales: c.has(scalesAt) ? c.contents(scalesAt) : null,
    sizes: c.has(3) ? c.contents(3) : null,
  };
}

function resizeShape(c: InferContext): Shape {
  const input = c.shape(0);
  if (input === null) return null;
  const axes = axesOf(getInts(c.node, 'axes', [...input.keys()]), input.length);
  const { scales, sizes } = resizeInputs(c);
  if (!axes) return unknownDims(input.length);
  if (sizes?.length === axes.length) return sizedShape(c, input, axes, sizes);
  if (scales?.length === axes.length) {
    return input.map((dim, i) => (axes.includes(i) ? scaleDim(dim, scales[axes.indexOf(i)] ?? null) : dim));
  }
  return input.map((dim, i) => (axes.includes(i) ? null : dim));
}

function sizedShape(c: InferContext, input: readonly Dim[], axes: readonly number[], sizes: readonly Dim[]): Shape {
  const policy = getString(c.node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') return input.map((dim, i) => (axes.includes(i) ? (sizes[axes.indexOf(i)] ?? null) : dim));
  const old = numbersOf(axes.map((axis) => input[axis] ?? null));
  const wanted = numbersOf(sizes);
  if (!old || !wanted) return input.map((dim, i) => (axes.includes(i) ? null : dim));
  const ratios = wanted.map((size, i) => size / (old[i] ?? 1));
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return input.map((dim, i) => (axes.includes(i) ? Math.floor(scale * (dim as number) + 0.5) : dim));
}

/** Taps per output element: 1 copy (free) for nearest, 2 or 4 per resized axis for linear and cubic. */
function resizeWork(c: CostContext): Work {
  const mode = getString(c.node, 'mode', 'nearest');
  if (mode === 'nearest') return { macs: 0, elementwise: 0 };
  const input = c.shape(0);
  const output = c.outputShape(0);
  if (!input || !output) return { macs: 0, elementwise: null };
  const resized = output.filter((dim, i) => dim !== input[i]).length;
  return { macs: 0, elementwise: mulCount(c.outputSize(0), (mode === 'cubic' ? 4 : 2) ** resized) };
}

/** Opset 9: scales as an input; 7: as an attribute; 1: height_scale and width_scale. */
function upsampleShape(c: InferContext): Shape {
  const input = c.shape(0);
  const sides = [getFloat(c.node, 'height_scale', null), getFloat(c.node, 'width_scale', null)];
  const scales: readonly Dim[] | null = c.has(1) ? c.contents(1) : getFloats(c.node, 'scales', null);
  const all = scales ?? (sides[0] === null ? null : [1, 1, ...sides]);
  return input && input.map((dim, i) => scaleDim(dim, all?.[i] ?? null));
}

/** X [N, C, H, W], grid [N, Ho, Wo, 2] → [N, C, Ho, Wo], and the same with three spatial axes. */
function gridSampleShape(c: InferContext): Shape {
  const input = c.shape(0);
  const grid = c.shape(1);
  return input && grid ? [input[0] ?? null, input[1] ?? null, ...grid.slice(1, -1)] : null;
}

/** theta [N, 2, 3] or [N, 3, 4] and size [N, C, (D,) H, W] → [N, (D,) H, W, 2 or 3] */
function affineGridShape(c: InferContext): Shape {
  const size = c.contents(1);
  return size && [size[0] ?? null, ...size.slice(2), size.length - 2];
}

export const RESIZE: OpTable = {
  Resize: {
    family: 'shape',
    signature: 'X roi? scales? sizes? → Y',
    since: [10, 11, 13, 18, 19],
    infer: (c) => [typed(c.dtype(0), resizeShape(c))],
    work: resizeWork,
  },
  Upsample: {
    family: 'shape',
    signature: 'X scales? → Y',
    since: [1, 7, 9, 10],
    infer: (c) => [typed(c.dtype(0), upsampleShape(c))],
    work: resizeWork,
  },
  GridSample: {
    family: 'shape',
    signature: 'X grid → Y',
    since: [16, 20, 22],
    infer: (c) => [typed(c.dtype(0), gridSampleShape(c))],
    work: (c) => ({ macs: 0, elementwise: mulCount(c.outputSize(0), 2 ** ((c.shape(0)?.length ?? 4) - 2)) }),
  },
  AffineGrid: {
    family: 'shape',
    signature: 'theta size → grid',
    since: [20],
    infer: (c) => [typed(c.dtype(0), affineGridShape(c))],
    work: (c) => ({ macs: 0, elementwise: mulCount(c.outputSize(0), 4) }),
  },
};
