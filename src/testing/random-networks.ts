import * as fc from 'fast-check';
import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { buildModel, type GraphBuilder } from './build.ts';

/** A feature map [1, channels, size, size] on its way through a random network. */
interface Flow {
  readonly value: ValueId;
  readonly channels: number;
  readonly size: number;
}
type Layer = (g: GraphBuilder, x: Flow, width: number) => Flow;

const conv = (g: GraphBuilder, x: Flow, out: number, kernel = 3, group = 1): Flow => {
  const w = g.weight('w', [out, x.channels / group, kernel, kernel], { scale: 0.4 });
  const pads = Array.from({ length: 4 }, () => (kernel - 1) / 2);
  const value = g.op('Conv', [x.value, w, g.weight('b', [out])], { kernel_shape: [kernel, kernel], pads, group });
  return { ...x, value, channels: out };
};
const flow = (x: Flow, value: ValueId, channels = x.channels): Flow => ({ ...x, value, channels });
const ints = (g: GraphBuilder, data: readonly number[]): ValueId => g.int64s('ints', data);

/** [1, C, H, W] → [1, H, W, C] and back around `inner`. */
const asRows = (g: GraphBuilder, x: Flow, inner: (rows: ValueId) => ValueId, channels = x.channels): Flow => {
  const rows = inner(g.op('Transpose', [x.value], { perm: [0, 2, 3, 1] }));
  return flow(x, g.op('Transpose', [rows], { perm: [0, 3, 1, 2] }), channels);
};

const LAYERS: Readonly<Record<string, Layer>> = {
  conv: (g, x, width) => conv(g, x, width),
  pointwise: (g, x, width) => flow(x, g.op('Relu', [conv(g, x, width, 1).value]), width),
  depthwise: (g, x) => conv(g, x, x.channels, 3, x.channels),
  multiplied: (g, x) => conv(g, x, x.channels * 2, 1, x.channels),
  grouped: (g, x, width) => conv(g, x, width, 1, 2),
  normed: (g, x) => {
    const [scale, bias, mean] = ['s', 'b', 'm'].map((name) => g.weight(name, [x.channels]));
    const variance = g.weight('v', [x.channels], { scale: 0.1, offset: 1 });
    return flow(x, g.op('BatchNormalization', [x.value, scale!, bias!, mean!, variance]));
  },
  residual: (g, x) => flow(x, g.op('Add', [conv(g, x, x.channels).value, x.value])),
  squeezed: (g, x) => {
    const pooled = flow(x, g.op('GlobalAveragePool', [x.value]));
    const gate = conv(g, flow(x, g.op('Relu', [conv(g, pooled, 4, 1).value]), 4), x.channels, 1);
    return flow(x, g.op('Mul', [x.value, g.op('Sigmoid', [gate.value])]));
  },
  dense: (g, x, width) => {
    const y = conv(g, x, width);
    return flow(x, g.op('Concat', [x.value, y.value], { axis: 1 }), x.channels + width);
  },
  split: (g, x) => {
    const half = x.channels / 2;
    const parts = g.node(
      'Split',
      [x.value, ints(g, [half, half])],
      { axis: 1 },
      { outputs: ['left', 'right'] },
    ).outputs;
    const left = conv(g, flow(x, parts[0] as ValueId, half), half);
    return flow(x, g.op('Concat', [parts[1] as ValueId, left.value], { axis: 1 }));
  },
  equalSplit: (g, x) => {
    const half = x.channels / 2;
    const parts = g.node('Split', [x.value], { axis: 1 }, { outputs: ['left', 'right'] }).outputs;
    const right = conv(g, flow(x, parts[1] as ValueId, half), half, 1);
    return flow(x, g.op('Concat', [parts[0] as ValueId, right.value], { axis: 1 }));
  },
  sliced: (g, x) => {
    const [from, to] = [2, x.channels - 1];
    return flow(x, g.op('Slice', [x.value, ints(g, [from]), ints(g, [to]), ints(g, [1])]), to - from);
  },
  picked: (g, x) => {
    const picked = Array.from({ length: x.channels }, (_, i) => (i * 5 + 1) % x.channels);
    return flow(x, g.op('Gather', [x.value, ints(g, picked)], { axis: 1 }));
  },
  pooled: (g, x) => {
    if (x.size < 2) return x;
    const value = g.op('MaxPool', [x.value], { kernel_shape: [2, 2], strides: [2, 2] });
    return { ...x, value, size: Math.floor(x.size / 2) };
  },
  channelsLast: (g, x) => asRows(g, x, (rows) => g.op('Add', [rows, g.weight('bias', [x.channels])])),
  rowsMatMul: (g, x, width) =>
    asRows(g, x, (rows) => g.op('MatMul', [rows, g.weight('m', [x.channels, width])]), width),
  reshapedMatMul: (g, x, width) => {
    const flat = g.op('Reshape', [x.value, ints(g, [x.channels, x.size * x.size])]);
    const mixed = g.op('MatMul', [g.weight('left', [width, x.channels]), flat]);
    return flow(x, g.op('Reshape', [mixed, ints(g, [1, width, x.size, x.size])]), width);
  },
  shuffled: (g, x) => {
    const half = x.channels / 2;
    const groups = g.op('Reshape', [x.value, ints(g, [1, 2, half, x.size, x.size])]);
    const swapped = g.op('Transpose', [groups], { perm: [0, 2, 1, 3, 4] });
    return flow(x, g.op('Reshape', [swapped, ints(g, [0, -1, x.size, x.size])]));
  },
  refolded: (g, x, width) => {
    const { channels: c, size: s } = x;
    const shapes = [[1, 2, c / 2, s, s], [c / 2, 2, s * s], [1, c * s, s], [c * s * s], [s, c * s], [2, 1, c / 2, -1]];
    const folded = g.op('Relu', [g.op('Reshape', [x.value, ints(g, shapes[width % shapes.length] ?? [])])]);
    return flow(x, g.op('Reshape', [folded, ints(g, [1, c, s, s])]));
  },
  padded: (g, x) => {
    const value = g.op('Pad', [x.value, ints(g, [0, 0, 1, 1, 0, 0, 0, 0])]);
    const back = g.op('Slice', [value, ints(g, [1, 1]), ints(g, [2 ** 31 - 1, 2 ** 31 - 1]), ints(g, [2, 3])]);
    return flow(x, back);
  },
  deeper: (g, x) => {
    const wide = conv(g, x, x.channels * 4, 1);
    const up = g.op('DepthToSpace', [wide.value], { blocksize: 2, mode: x.channels % 4 ? 'DCR' : 'CRD' });
    return flow(x, g.op('AveragePool', [up], { kernel_shape: [2, 2], strides: [2, 2] }));
  },
  transposed: (g, x, width) => {
    const w = g.weight('w', [x.channels, width, 1, 1]);
    return flow(x, g.op('ConvTranspose', [x.value, w, g.weight('b', [width])], { kernel_shape: [1, 1] }), width);
  },
  scaled: (g, x) => flow(x, g.op('Mul', [x.value, g.weight('c', [x.channels, 1, 1])])),
  instance: (g, x) =>
    flow(x, g.op('InstanceNormalization', [x.value, g.weight('s', [x.channels]), g.weight('b', [x.channels])])),
};

/** What turns the last feature map into the output. */
const HEADS: Readonly<Record<string, (g: GraphBuilder, x: Flow) => ValueId>> = {
  flatten: (g, x) => {
    const inner = x.channels * x.size * x.size;
    return g.op('Gemm', [g.op('Flatten', [x.value]), g.weight('w', [5, inner]), g.weight('b', [5])], { transB: 1 });
  },
  reshape: (g, x) => {
    const inner = x.channels * x.size * x.size;
    return g.op('MatMul', [g.op('Reshape', [x.value, ints(g, [1, inner])]), g.weight('w', [inner, 5])]);
  },
  dynamicReshape: (g, x) => {
    const batch = g.op('Gather', [g.op('Shape', [x.value]), ints(g, [0])], { axis: 0 });
    const target = g.op('Concat', [batch, ints(g, [x.channels])], { axis: 0 });
    const mean = g.op('ReduceMean', [x.value], { axes: [2, 3], keepdims: 0 });
    return g.op('MatMul', [g.op('Reshape', [mean, target]), g.weight('w', [x.channels, 5])]);
  },
  weightReshape: (g, x) => {
    const inner = x.channels * x.size * x.size;
    const w = g.op('Reshape', [g.weight('w', [x.channels, x.size, x.size, 5]), ints(g, [inner, 5])]);
    return g.op('MatMul', [g.op('Reshape', [x.value, ints(g, [1, -1])]), w]);
  },
};

/** Names of the layers. */
export const LAYER_NAMES: readonly string[] = Object.keys(LAYERS);
export const HEAD_NAMES: readonly string[] = Object.keys(HEADS);

export interface RandomNetwork {
  readonly layers: readonly { readonly name: string; readonly width: number }[];
  readonly head: string;
  readonly seed: number;
}

/** A chain of two to seven layers and a head. */
export const randomNetwork: fc.Arbitrary<RandomNetwork & { readonly share: number }> = fc.record({
  layers: fc.array(fc.record({ name: fc.constantFrom(...LAYER_NAMES), width: fc.integer({ min: 2, max: 7 }) }), {
    minLength: 2,
    maxLength: 7,
  }),
  head: fc.constantFrom(...HEAD_NAMES),
  share: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

/** Widths are even, so that every layer fits; maps are 4 × 4. */
export function buildNetwork({ layers, head, seed }: RandomNetwork): Model {
  return buildModel({ opset: 17, seed }, (g) => {
    let x: Flow = conv(g, { value: g.input('x', [1, 3, 4, 4]), channels: 3, size: 4 }, 8);
    for (const { name, width } of layers) {
      const next = LAYERS[name]!(g, x, width * 2);
      x = next.channels % 2 === 0 && next.channels <= 48 ? next : conv(g, next, 8, 1);
    }
    g.output(HEADS[head]!(g, x), 'y', { shape: [1, 5] });
  });
}
