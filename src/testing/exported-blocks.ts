import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { attentionOf, linear, merge, number, split, type AttentionSizes } from './attention.ts';
import { buildModel, type GraphBuilder } from './build.ts';

/** One block each of the families of real models, as exporters write it out; tiny, for a software WebGPU adapter. */

const SIZES: AttentionSizes = { batch: 1, queries: 4, heads: 2, width: 8 };
const D = SIZES.heads * SIZES.width;
const END = 2 ** 31;

const conv = (g: GraphBuilder, x: ValueId, ins: number, outs: number, kernel: number, pad: number): ValueId =>
  g.op('Conv', [x, g.weight('w', [outs, ins, kernel, kernel], { scale: 0.3 })], { pads: [pad, pad, pad, pad] });

const batchNorm = (g: GraphBuilder, x: ValueId, channels: number): ValueId =>
  g.op('BatchNormalization', [
    x,
    g.weight('scale', [channels], { offset: 1, scale: 0.1 }),
    g.weight('bias', [channels]),
    g.weight('mean', [channels], { scale: 0.1 }),
    g.floats('variance', [channels], 1),
  ]);

/** Pad, Conv, batch norm, Relu; a residual; hard swish in its parts; pooling and a classifier. */
export const tinyCnn = (): Model =>
  buildModel({ seed: 11 }, (g) => {
    const pads = g.int64s('pads', [0, 0, 1, 1, 0, 0, 1, 1]);
    const padded = g.op('Pad', [g.input('image', [1, 3, 8, 8]), pads]);
    const stem = g.op('Relu', [batchNorm(g, conv(g, padded, 3, 4, 3, 0), 4)]);
    const branch = batchNorm(g, conv(g, stem, 4, 4, 3, 1), 4);
    const sum = g.op('Relu', [g.op('Add', [branch, stem])]);
    const mixed = conv(g, sum, 4, 6, 1, 0);
    const limited = g.op('Clip', [g.op('Add', [mixed, number(g, 3)]), number(g, 0), number(g, 6)]);
    const swished = g.op('Div', [g.op('Mul', [mixed, limited]), number(g, 6)]);
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [swished])]);
    g.output(g.op('Gemm', [pooled, g.weight('fc.w', [6, 5]), g.weight('fc.b', [5])]), 'logits');
  });

const square = (g: GraphBuilder, x: ValueId): ValueId => g.op('Pow', [x, number(g, 2)]);
const mean = (g: GraphBuilder, x: ValueId): ValueId => g.op('ReduceMean', [x], { axes: [-1] });
const root = (g: GraphBuilder, x: ValueId): ValueId => g.op('Sqrt', [g.op('Add', [x, number(g, 1e-5)])]);

function layerNorm(g: GraphBuilder, x: ValueId): ValueId {
  const centred = g.op('Sub', [x, mean(g, x)]);
  const normed = g.op('Div', [centred, root(g, mean(g, square(g, centred)))]);
  const scaled = g.op('Mul', [normed, g.weight('gamma', [D], { scale: 0.1, offset: 1 })]);
  return g.op('Add', [scaled, g.weight('beta', [D], { scale: 0.1 })]);
}

function gelu(g: GraphBuilder, x: ValueId): ValueId {
  const erf = g.op('Erf', [g.op('Div', [x, number(g, Math.SQRT2)])]);
  return g.op('Mul', [g.op('Mul', [x, g.op('Add', [erf, number(g, 1)])]), number(g, 0.5)]);
}

const projections = (g: GraphBuilder, x: ValueId): [ValueId, ValueId, ValueId] => [
  linear(g, x, D, D),
  linear(g, x, D, D),
  linear(g, x, D, D),
];

/** As BERT: attention, residual and layer norm, a feed-forward with GELU, residual and layer norm. */
export const tinyEncoder = (): Model =>
  buildModel({ seed: 12 }, (g) => {
    const x = g.input('tokens', [1, 4, D]);
    const attended = attentionOf(g, projections(g, x), SIZES);
    const y = layerNorm(g, g.op('Add', [linear(g, attended, D, D), x]));
    const z = linear(g, gelu(g, linear(g, y, D, 2 * D)), 2 * D, D);
    g.output(layerNorm(g, g.op('Add', [z, y])), 'hidden');
  });

function rmsNorm(g: GraphBuilder, x: ValueId): ValueId {
  const normed = g.op('Mul', [x, g.op('Reciprocal', [root(g, mean(g, square(g, x)))])]);
  return g.op('Mul', [g.weight('gamma', [D], { scale: 0.1, offset: 1 }), normed]);
}

function cut(g: GraphBuilder, x: ValueId, from: number, to: number): ValueId {
  return g.op('Slice', [x, g.int64s('from', [from]), g.int64s('to', [to]), g.int64s('axis', [-1])]);
}

/** x·cos + (−x₂, x₁)·sin, with x [1, heads, positions, width]. */
function rotate(g: GraphBuilder, x: ValueId, cos: ValueId, sin: ValueId): ValueId {
  const half = SIZES.width / 2;
  const turned = g.op('Concat', [g.op('Neg', [cut(g, x, half, END)]), cut(g, x, 0, half)], { axis: -1 });
  return g.op('Add', [g.op('Mul', [x, cos]), g.op('Mul', [turned, sin])]);
}

/** cos and sin [1, 1, positions, width] of angles that the graph computes from positions. */
function tables(g: GraphBuilder): [ValueId, ValueId] {
  const ids = g.op('Cast', [g.input('position_ids', [1, 4], 'int64')], { to: 1 });
  const angles = g.op('Mul', [g.op('Unsqueeze', [ids, g.int64s('last', [-1])]), g.weight('freq', [SIZES.width / 2])]);
  const twice = g.op('Concat', [angles, angles], { axis: -1 });
  const heads = g.int64s('heads', [1]);
  return [g.op('Unsqueeze', [g.op('Cos', [twice]), heads]), g.op('Unsqueeze', [g.op('Sin', [twice]), heads])];
}

/** As Llama: RMS norm, rotary attention, residual, RMS norm, a gated feed-forward, residual. */
export const tinyDecoder = (): Model =>
  buildModel({ seed: 13 }, (g) => {
    const x = g.input('tokens', [1, 4, D]);
    const [cos, sin] = tables(g);
    const [q, k, v] = projections(g, rmsNorm(g, x)).map((each) => split(g, each, SIZES)) as [ValueId, ValueId, ValueId];
    const turnedKey = g.op('Transpose', [rotate(g, k, cos, sin)], { perm: [0, 1, 3, 2] });
    const product = g.op('MatMul', [rotate(g, q, cos, sin), turnedKey]);
    const scores = g.op('Div', [product, number(g, Math.sqrt(SIZES.width))]);
    const attended = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), v]);
    const y = g.op('Add', [x, linear(g, merge(g, attended, SIZES), D, D)]);
    const normed = rmsNorm(g, y);
    const gate = linear(g, normed, D, 2 * D);
    const silu = g.op('Mul', [gate, g.op('Sigmoid', [gate])]);
    const fed = linear(g, g.op('Mul', [silu, linear(g, normed, D, 2 * D)]), 2 * D, D);
    g.output(g.op('Add', [y, fed]), 'hidden');
  });
