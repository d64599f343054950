import { getInt, getInts } from '../ir/attribute.ts';
import type { DataType, Dim, Shape } from '../ir/types.ts';
import { mulDims } from './dim.ts';
import { typed, unknownDims } from './shapes.ts';
import type { CostContext, InferContext, OpTable } from './types.ts';
import { transposedOutput, windowOutput, windowsOf } from './windows.ts';
import { addCount, count, countAll, macs, mulCount } from './work.ts';

/** X [N, C, …] * W [M, C/g, …] → [N, M, …]; `x` and `w` are input slots. */
export function convShape(c: InferContext, x = 0, w = 1): Shape {
  const input = c.shape(x);
  const weight = c.shape(w);
  if (input === null || input.length < 3) return null;
  if (weight !== null && weight.length !== input.length) {
    c.warn(`input of rank ${input.length} against weights of rank ${weight.length}`);
    return null;
  }
  tellChannels(c, input, weight);
  const rank = input.length - 2;
  const windows = windowsOf(c.node, rank, weight?.slice(2) ?? null);
  const spatial = windows ? input.slice(2).map((dim, i) => windowOutput(windows, i, dim)) : unknownDims(rank);
  return [input[0] ?? null, weight?.[0] ?? null, ...spatial];
}

function tellChannels(c: InferContext, input: readonly Dim[], weight: Shape): void {
  const expected = mulDims(weight?.[1] ?? null, getInt(c.node, 'group', 1));
  const actual = input[1] ?? null;
  if (typeof expected === 'number' && typeof actual === 'number' && expected !== actual) {
    c.warn(`${actual} input channels against weights for ${expected}`);
  }
}

/** N·Cout·∏Out·(Cin/g)·∏K, W being [Cout, Cin/g, …]. */
export const convMacs =
  (w = 1) =>
  (c: CostContext): number | null =>
    mulCount(c.outputSize(0), countAll(c.shape(w)?.slice(1) ?? null));

const convTransposeShape = (c: InferContext): Shape => {
  const input = c.shape(0);
  const weight = c.shape(1);
  if (input === null || input.length < 3) return null;
  const rank = input.length - 2;
  const channels = mulDims(weight?.[1] ?? null, getInt(c.node, 'group', 1));
  const given = getInts(c.node, 'output_shape', null);
  if (given) return [input[0] ?? null, channels, ...given.slice(-rank)];
  const windows = windowsOf(c.node, rank, weight?.slice(2) ?? null);
  const padding = getInts(c.node, 'output_padding', null);
  const spatial = windows
    ? input.slice(2).map((dim, i) => transposedOutput(windows, i, dim, padding?.[i] ?? 0))
    : unknownDims(rank);
  return [input[0] ?? null, channels, ...spatial];
};

/** N·Cin·∏In·(Cout/g)·∏K, W being [Cin, Cout/g, …]. */
const convTransposeMacs = (c: CostContext): number | null =>
  mulCount(c.size(0), countAll(c.shape(1)?.slice(1) ?? null));

const conv = (signature: string, since: number[], dtype: (c: InferContext) => DataType, x = 0, w = 1) =>
  ({
    family: 'conv',
    signature,
    since,
    infer: (c) => [typed(dtype(c), convShape(c, x, w))],
    work: macs(convMacs(w)),
  }) satisfies OpTable[string];

const zeroPointDtype = (index: number) => (c: InferContext) => c.dtype(index);

/** Bilinear sampling of a deformed position: 4 taps, about 8 operations for each product. */
const deformWork = (c: CostContext): number | null => {
  const taps = countAll(c.shape(1)?.slice(1) ?? null);
  const out = c.outputShape(0);
  return mulCount(8, taps, count(out?.[0]), countAll(out?.slice(2) ?? null));
};

export const CONV: OpTable = {
  Conv: conv('X W B? → Y', [1, 11, 22], (c) => c.dtype(0)),
  ConvInteger: conv('x w x_zero_point? w_zero_point? → y', [10], () => 'int32'),
  QLinearConv: conv(
    'x x_scale x_zero_point w w_scale w_zero_point y_scale y_zero_point B? → y',
    [10],
    zeroPointDtype(7),
    0,
    3,
  ),
  ConvTranspose: {
    family: 'conv',
    signature: 'X W B? → Y',
    since: [1, 11, 22],
    infer: (c) => [typed(c.dtype(0), convTransposeShape(c))],
    work: macs(convTransposeMacs),
  },
  DeformConv: {
    family: 'conv',
    signature: 'X W offset B? mask? → Y',
    since: [19, 22],
    infer: (c) => [typed(c.dtype(0), convShape(c))],
    work: macs(convMacs(), deformWork),
  },
  'com.microsoft.FusedConv': {
    family: 'conv',
    signature: 'X W B? Z? → Y',
    since: [1],
    infer: (c) => [typed(c.dtype(0), convShape(c))],
    // The activation is one operation per element, the residual Z another.
    work: macs(convMacs(), (c) =>
      addCount(c.node.attributes.has('activation') ? c.outputSize(0) : 0, c.has(3) ? c.outputSize(0) : 0),
    ),
  },
};
