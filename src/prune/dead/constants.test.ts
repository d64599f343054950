import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import { float } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { normalFeeds, run } from '../../testing/prune-oracle.ts';
import { channelGraph } from '../plan.ts';
import { channelConstants } from './constants.ts';

/** Not known. */
const U = NaN;

/** Filters of a 1×1 convolution of 2 channels: 0, 0 + 1.5, 0 - 2, and one that does something. */
function made(g: GraphBuilder): ValueId {
  const w = g.floats('made.weight', [4, 2, 1, 1], [0, 0, 0, 0, 0, 0, 0.5, -1]);
  return g.op('Conv', [g.input('x', [1, 2, 4, 4]), w, g.floats('made.bias', [4], [0, 1.5, -2, 0.25])]);
}

type Middle = (g: GraphBuilder, x: ValueId) => ValueId;
type Row = readonly [middle: Middle, constants: readonly number[], axis?: number, options?: BuildOptions];

const op =
  (name: string, attributes: Parameters<GraphBuilder['op']>[2] = {}, domain = ''): Middle =>
  (g, x) =>
    g.op(name, [x], attributes, { domain });
const ints = (g: GraphBuilder, ...data: readonly number[]): ValueId => g.int64s('ints', data);
const ms: BuildOptions = { domains: { 'com.microsoft': 1 } };

/** What each operator makes of 0, 1.5, -2 and something unknown, along the axis (default 1). */
const ROWS: Readonly<Record<string, Row>> = {
  'Conv: a zero filter gives its bias': [(_, x) => x, [0, 1.5, -2, U]],
  Relu: [op('Relu'), [0, 1.5, 0, U]],
  LeakyRelu: [op('LeakyRelu', { alpha: 0.1 }), [0, 1.5, -0.2, U]],
  Sigmoid: [op('Sigmoid'), [0.5, 0.8175745, 0.1192029, U]],
  Tanh: [op('Tanh'), [0, 0.9051483, -0.9640276, U]],
  HardSigmoid: [op('HardSigmoid'), [0.5, 0.8, 0.1, U]],
  HardSwish: [op('HardSwish'), [0, 1.125, -1 / 3, U]],
  Gelu: [op('Gelu', {}, 'com.microsoft'), [0, 1.3997892, -0.0455003, U], 1, ms],
  QuickGelu: [op('QuickGelu', { alpha: 1.702 }, 'com.microsoft'), [0, 1.3916622, -0.0643414, U], 1, ms],
  Erf: [op('Erf'), [0, 0.9661051, -0.9953223, U]],
  Elu: [op('Elu'), [0, 1.5, -0.8646647, U]],
  Selu: [op('Selu'), [0, 1.5760515, -1.5201665, U]],
  Softplus: [op('Softplus'), [Math.LN2, 1.7014133, 0.126928, U]],
  Softsign: [op('Softsign'), [0, 0.6, -2 / 3, U]],
  ThresholdedRelu: [op('ThresholdedRelu'), [0, 1.5, 0, U]],
  'Neg and Abs': [(g, x) => g.op('Abs', [g.op('Neg', [x])]), [0, 1.5, 2, U]],
  Exp: [op('Exp'), [1, 4.481689, 0.1353353, U]],
  'Sqrt: of a negative number nothing is known': [op('Sqrt'), [0, 1.2247449, U, U]],
  'Reciprocal: of 0 nothing is known': [op('Reciprocal'), [U, 2 / 3, -0.5, U]],
  'Round to even, Floor, Ceil': [(g, x) => g.op('Floor', [g.op('Ceil', [g.op('Round', [x])])]), [0, 2, -2, U]],
  'Identity and Dropout pass': [(g, x) => g.op('Dropout', [g.op('Identity', [x])]), [0, 1.5, -2, U]],
  'Clip: bounds are inputs': [
    (g, x) => g.op('Clip', [x, g.floats('low', [], [-1]), g.floats('high', [], [1])]),
    [0, 1, -1, U],
  ],
  'Clip: no lower bound': [(g, x) => g.op('Clip', [x, null, g.floats('high', [], [1])]), [0, 1, -2, U]],
  'Clip: attributes before opset 11': [op('Clip', { min: float(0), max: float(6) }), [0, 1.5, 0, U], 1, { opset: 10 }],
  'Add: per channel': [(g, x) => g.op('Add', [x, g.floats('c', [4, 1, 1], [1, 2, 3, 4])]), [1, 3.5, 1, U]],
  'Add: a constant that differs by position leaves nothing': [
    (g, x) => g.op('Add', [x, g.floats('c', [4], [1, 2, 3, 4])]),
    [U, U, U, U],
  ],
  'Add: of something unknown': [
    (g, x) => g.op('Add', [x, g.op('Conv', [x, g.floats('w', [4, 4, 1, 1], 1)])]),
    [U, U, U, U],
  ],
  'Sub: from a scalar': [(g, x) => g.op('Sub', [g.floats('c', [], [1]), x]), [1, -0.5, 3, U]],
  'Mul: 0 times anything is 0': [
    (g, x) => g.op('Mul', [x, g.op('Conv', [x, g.floats('w', [4, 4, 1, 1], 1)])]),
    [0, U, U, U],
  ],
  'Mul: by 0, whatever comes': [(g, x) => g.op('Mul', [x, g.floats('c', [4, 1, 1], [1, 2, 3, 0])]), [0, 3, -6, 0]],
  'Div: by 0 nothing is known': [(g, x) => g.op('Div', [x, g.floats('c', [4, 1, 1], [1, 2, 0, 4])]), [0, 0.75, U, U]],
  'Max and Min': [
    (g, x) => g.op('Max', [g.op('Min', [x, g.floats('a', [1], [1])]), g.floats('b', [1], [-1])]),
    [0, 1, -1, U],
  ],
  PRelu: [(g, x) => g.op('PRelu', [x, g.floats('s', [4, 1, 1], [1, 2, 3, 4])]), [0, 1.5, -6, U]],
  Pow: [(g, x) => g.op('Pow', [x, g.floats('two', [], [2])]), [0, 2.25, 4, U]],
  'BatchNormalization: of constants, and of scale 0': [
    (g, x) => {
      const [scale, bias] = [g.floats('s', [4], [1, 2, 1, 0]), g.floats('b', [4], [0.5, 0, 1, -3])];
      const [mean, variance] = [g.floats('m', [4], [1, 1, 0, 0]), g.floats('v', [4], [1, 4, 1, 1])];
      return g.op('BatchNormalization', [x, scale, bias, mean, variance], { epsilon: float(0) });
    },
    [-0.5, 0.5, -1, -3],
  ],
  'InstanceNormalization: of scale 0 only': [
    (g, x) => g.op('InstanceNormalization', [x, g.floats('s', [4], [1, 1, 0, 0]), g.floats('b', [4], [1, 2, 3, 4])]),
    [U, U, 3, 4],
  ],
  'depthwise Conv without padding: the sum of its taps': [
    (g, x) => g.op('Conv', [x, g.floats('w', [4, 1, 3, 3], 0.5), g.floats('b', [4], 1)], { group: 4 }),
    [1, 7.75, -8, U],
  ],
  'depthwise Conv with padding: of 0 only': [
    (g, x) =>
      g.op('Conv', [x, g.floats('w', [4, 1, 3, 3], 0.5), g.floats('b', [4], 1)], { group: 4, pads: [1, 1, 1, 1] }),
    [1, U, U, U],
  ],
  'depthwise Conv, padded by auto_pad: of 0 only': [
    (g, x) => g.op('Conv', [x, g.floats('w', [4, 1, 3, 3], 0.5)], { group: 4, auto_pad: 'SAME_UPPER' }),
    [0, U, U, U],
  ],
  'Conv of what is known, past what is not by zeros': [
    (g, x) => g.op('Conv', [x, g.floats('w', [2, 4, 1, 1], [9, 1, 1, 0, 1, 1, 1, 1]), g.floats('b', [2], [1, 1])]),
    [0.5, U],
  ],
  'FusedConv: with Z and an activation': [
    (g, x) => {
      const [w, b] = [g.floats('w', [4, 4, 1, 1], 0), g.floats('b', [4], [-1, -1, 1, 1])];
      return g.op('FusedConv', [x, w, b, x], { activation: 'Relu' }, { domain: 'com.microsoft' });
    },
    [0, 0.5, 0, U],
    1,
    ms,
  ],
  'ConvTranspose: of 0 or of zero filters only': [
    (g, x) => {
      const w = g.floats(
        'w',
        [4, 3, 2, 2],
        Array.from({ length: 48 }, (_, i) => (i < 12 ? 5 : i % 12 < 4 ? 1 : 0)),
      );
      return g.op('ConvTranspose', [x, w, g.floats('b', [3], [1, 2, 3])]);
    },
    [U, 2, 3],
  ],
  'grouped Conv: each group by itself': [
    (g, x) => g.op('Conv', [x, g.floats('w', [2, 2, 1, 1], 1)], { group: 2 }),
    [1.5, U],
  ],
  'Gemm: α, β and C': [
    (g, x) => {
      const rows = g.op('GlobalMaxPool', [x]);
      const w = g.floats('w', [4, 2], [7, 1, 1, 1, 1, 0, 0, 1]);
      const c = g.floats('c', [2], [1, 1]);
      return g.op('Gemm', [g.op('Flatten', [rows]), w, c], { alpha: float(2), beta: float(3) });
    },
    [2, U],
  ],
  'Gemm: transposed, a zero filter': [
    (g, x) =>
      g.op('Gemm', [g.op('Flatten', [x]), g.floats('w', [3, 64], 0), g.floats('c', [3], [1, 2, 3])], { transB: 1 }),
    [1, 2, 3],
  ],
  'MatMul: rows of channels': [
    (g, x) =>
      g.op('MatMul', [g.op('Transpose', [x], { perm: [0, 2, 3, 1] }), g.floats('w', [4, 2], [7, 1, 1, 1, 1, 1, 0, 1])]),
    [-0.5, U],
    3,
  ],
  'MatMul: weights on the left': [
    (g, x) => g.op('MatMul', [g.floats('w', [2, 4], [7, 1, 1, 0, 1, 1, 1, 1]), g.op('Reshape', [x, ints(g, 4, 16)])]),
    [-0.5, U],
    0,
  ],
  'MaxPool: padding never wins': [op('MaxPool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }), [0, 1.5, -2, U]],
  'AveragePool: padding is left out': [
    op('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    [0, 1.5, -2, U],
  ],
  'AveragePool: padding is counted, so only 0 stays': [
    op('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
    [0, U, U, U],
  ],
  'GlobalAveragePool and GlobalMaxPool': [
    (g, x) => g.op('GlobalMaxPool', [g.op('GlobalAveragePool', [x])]),
    [0, 1.5, -2, U],
  ],
  'ReduceMean: axes go': [op('ReduceMean', { axes: [2, 3], keepdims: 0 }), [0, 1.5, -2, U]],
  'ReduceMax over channels: they differ': [op('ReduceMax', { axes: [1] }), [U]],
  'Resize: linear': [
    (g, x) => g.op('Resize', [x, null, g.floats('s', [4], [1, 1, 2, 2])], { mode: 'linear' }),
    [0, 1.5, -2, U],
  ],
  'Resize: what it crops is not followed': [
    (g, x) =>
      g.op('Resize', [x, g.floats('roi', [8], [0, 0, 0, 0, 1, 1, 2, 2]), g.floats('s', [4], [1, 1, 2, 2])], {
        mode: 'linear',
        coordinate_transformation_mode: 'tf_crop_and_resize',
      }),
    [U, U, U, U],
  ],
  'Pad: by 0, so only 0 stays': [(g, x) => g.op('Pad', [x, ints(g, 0, 0, 1, 1, 0, 0, 1, 1)]), [0, U, U, U]],
  'Pad: by the edge': [(g, x) => g.op('Pad', [x, ints(g, 0, 0, 1, 1, 0, 0, 1, 1)], { mode: 'edge' }), [0, 1.5, -2, U]],
  'Pad: by its own number': [
    (g, x) => g.op('Pad', [x, ints(g, 0, 0, 1, 1, 0, 0, 1, 1), g.floats('v', [], [1.5])]),
    [U, 1.5, U, U],
  ],
  'Transpose: the axis moves': [op('Transpose', { perm: [0, 2, 3, 1] }), [0, 1.5, -2, U], 3],
  'Flatten: a channel is a block': [
    (g, x) => g.op('Flatten', [g.op('MaxPool', [x], { kernel_shape: [3, 3] })]),
    [0, 1.5, -2, U].flatMap((each) => [each, each, each, each]),
  ],
  'Reshape and back: groups of channels are shuffled': [
    (g, x) => {
      const groups = g.op('Reshape', [x, ints(g, 1, 2, 2, 4, 4)]);
      return g.op('Reshape', [g.op('Transpose', [groups], { perm: [0, 2, 1, 3, 4] }), ints(g, 0, -1, 4, 4)]);
    },
    [0, -2, 1.5, U],
  ],
  'Reshape across positions, and back: channels are flat again': [
    (g, x) => g.op('Reshape', [g.op('Relu', [g.op('Reshape', [x, ints(g, 8, 8)])]), ints(g, 1, 4, 4, 4)]),
    [0, 1.5, 0, U],
  ],
  'Squeeze and Unsqueeze': [
    (g, x) => g.op('Unsqueeze', [g.op('Squeeze', [x, ints(g, 0)]), ints(g, 1)]),
    [0, 1.5, -2, U],
    0,
  ],
  'Concat: side by side, unknown beside known': [
    (g, x) => g.op('Concat', [g.op('Conv', [x, g.floats('w', [1, 4, 1, 1], 1)]), x], { axis: 1 }),
    [U, 0, 1.5, -2, U],
  ],
  'Concat: along a place, which must agree': [
    (g, x) => g.op('Concat', [x, g.op('Relu', [x])], { axis: 2 }),
    [0, 1.5, U, U],
  ],
  'Split: the second part': [
    (g, x) => g.node('Split', [x, ints(g, 1, 3)], { axis: 1 }, { outputs: ['l', 'r'] }).outputs[1] as ValueId,
    [1.5, -2, U],
  ],
  'Slice: backwards': [(g, x) => g.op('Slice', [x, ints(g, -1), ints(g, 0), ints(g, 1), ints(g, -2)]), [U, 1.5]],
  'Slice: places only': [(g, x) => g.op('Slice', [x, ints(g, 1), ints(g, 3), ints(g, 2)]), [0, 1.5, -2, U]],
  'Gather: picked by index': [(g, x) => g.op('Gather', [x, ints(g, 2, 2, -1, 0)], { axis: 1 }), [-2, -2, U, 0]],
  Expand: [(g, x) => g.op('Expand', [g.op('GlobalMaxPool', [x]), ints(g, 1, 4, 3, 3)]), [0, 1.5, -2, U]],
  'DepthToSpace: only what a block agrees on': [
    (g, x) =>
      g.op('DepthToSpace', [g.op('Gather', [x, ints(g, 1, 0, 1, 2, 1, 2, 1, 2)], { axis: 1 })], { blocksize: 2 }),
    [1.5, U],
  ],
  SpaceToDepth: [
    (g, x) => g.op('SpaceToDepth', [g.op('Gather', [x, ints(g, 1, 3)], { axis: 1 })], { blocksize: 2 }),
    [1.5, U, 1.5, U, 1.5, U, 1.5, U],
  ],
  'Softmax: nothing is known behind it': [op('Softmax', { axis: 1 }), [U, U, U, U]],
  'LayerNormalization: nothing is known behind it': [
    (g, x) => {
      const rows = g.op('Transpose', [x], { perm: [0, 2, 3, 1] });
      return g.op('LayerNormalization', [rows, g.floats('s', [4], 1), g.floats('b', [4], 0)]);
    },
    [U, U, U, U],
    3,
  ],
  'LRN, which is not in the table: nothing is known behind it': [op('LRN', { size: 3 }), [U, U, U, U]],
};

function build([middle, , , options = {}]: Row): Model {
  return buildModel({ opset: 17, ...options }, (g) => g.output(middle(g, made(g)), 'y'));
}

function knownOf(model: Model, axis: number): number[] | null {
  const analysis = analyze(model);
  const found = channelConstants(channelGraph(model, analysis).space)(model.graph.outputs[0] as ValueId, axis);
  return found && [...found];
}

describe('channels that are constant by the weights', () => {
  it.each(Object.entries(ROWS))('%s', async (_, row) => {
    const [, wanted, axis = 1] = row;
    const model = build(row);
    const known = knownOf(model, axis) ?? wanted.map(() => U);
    expect(known.map(Number.isNaN)).toEqual(wanted.map(Number.isNaN));
    known.forEach((each, channel) => {
      if (!Number.isNaN(each)) expect(each, `channel ${channel}`).toBeCloseTo(wanted[channel] ?? U, 6);
    });
    await expectRuntime(model, known, axis);
  });

  it('are none behind a node that lacks what it sums up', () => {
    const model = build([(g) => g.op('Sum', []), []]);
    expect(knownOf(model, 1)).toBeNull();
  });

  it('are none where the weights are an input with a default', () => {
    const model = build(ROWS['Relu'] as Row);
    const weights = [...model.graph.initializers.keys()].find((id) => model.getValue(id).name === 'made.weight');
    model.graph.inputs.push(weights as ValueId);
    expect(knownOf(model, 1)).toBeNull();
  });
});

/** The runtime's own channels are these numbers at every position, to 2e-6 of 1 or of themselves. */
async function expectRuntime(model: Model, known: readonly number[], axis: number): Promise<void> {
  const { y } = await run(model, normalFeeds(model, 4));
  const { shape = [], data } = y ?? {};
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  expect(shape[axis]).toBe(known.length);
  (data as Float32Array).forEach((value, i) => {
    const constant = known[Math.floor(i / inner) % known.length] ?? U;
    if (!Number.isNaN(constant))
      expect(Math.abs(value - constant)).toBeLessThan(2e-6 * Math.max(1, Math.abs(constant)));
  });
}
