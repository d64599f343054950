import { describe, it } from 'vitest';
import { floatsAttribute } from '../../ir/attribute.ts';
import type { ValueId } from '../../ir/types.ts';
import type { GraphBuilder } from '../build.ts';
import { expectRuntimeAgrees, int32s, ints, node, type Build } from './against-runtime.ts';

const lstm = (directions: number) => [
  [4, 2, 3],
  [directions, 20, 3],
  [directions, 20, 5],
  [directions, 40],
];
const strings = (...values: string[]) => ({
  type: 'strings' as const,
  value: values.map((each) => new TextEncoder().encode(each)),
});
const IMAGE = [1, 2, 6, 5];
const list =
  (g: GraphBuilder) =>
  (...data: number[]): ValueId =>
    g.int64s('list', data);

/** Forms that ONNX's own cases leave out. */
const CASES: Readonly<Record<string, Build>> = {
  LSTM: node('LSTM', lstm(1), { hidden_size: 5 }, 3),
  'LSTM both ways, with sequence lengths, a start and peepholes': node(
    'LSTM',
    [...lstm(2), int32s([4, 2]), [2, 2, 5], [2, 2, 5], [2, 15]],
    { hidden_size: 5, direction: 'bidirectional' },
    3,
  ),
  'LSTM in reverse, clipped, with other activations': node(
    'LSTM',
    lstm(1),
    {
      hidden_size: 5,
      direction: 'reverse',
      clip: 0.8,
      activations: strings('HardSigmoid', 'Tanh', 'LeakyRelu'),
      activation_alpha: floatsAttribute([0.3, 0.1]),
      activation_beta: floatsAttribute([0.4]),
    },
    3,
  ),
  ...Object.fromEntries(
    [0, 1].map((linear) => [
      `GRU both ways with linear_before_reset ${linear}`,
      node(
        'GRU',
        [
          [4, 2, 3],
          [2, 15, 3],
          [2, 15, 5],
          [2, 30],
        ],
        { hidden_size: 5, direction: 'bidirectional', linear_before_reset: linear },
        2,
      ),
    ]),
  ),
  'RNN both ways, with sequence lengths': node(
    'RNN',
    [[4, 2, 3], [2, 5, 3], [2, 5, 5], [2, 10], int32s([3, 4])],
    { hidden_size: 5, direction: 'bidirectional' },
    2,
  ),

  'Conv with groups, uneven pads and dilations': node('Conv', [[2, 4, 7, 6], [6, 2, 3, 2], [6]], {
    group: 2,
    strides: [2, 1],
    dilations: [1, 2],
    pads: [0, 2, 1, 1],
  }),
  'Conv with a window that sees padding only': node('Conv', [IMAGE, [3, 2, 3, 2]], { pads: [2, 0, 1, 3] }),
  'Conv SAME_LOWER': node('Conv', [IMAGE, [3, 2, 2, 4]], { strides: [2, 1], auto_pad: 'SAME_LOWER' }),
  'ConvTranspose with output_shape': node('ConvTranspose', [IMAGE, [2, 3, 3, 3]], {
    strides: [2, 3],
    output_shape: [12, 14],
  }),
  'ConvTranspose SAME_LOWER': node('ConvTranspose', [IMAGE, [2, 3, 3, 3]], {
    strides: [2, 2],
    auto_pad: 'SAME_LOWER',
  }),
  'ConvTranspose with groups, pads, dilations and output_padding': node(
    'ConvTranspose',
    [[2, 4, 4, 5], [4, 2, 3, 2], [4]],
    { group: 2, strides: [3, 2], dilations: [2, 1], pads: [1, 0, 2, 1], output_padding: [1, 1] },
  ),
  'MaxPool with places, columns first': node('MaxPool', [IMAGE], { kernel_shape: [2, 3], storage_order: 1 }, 2),
  'MaxPool with places, padded and dilated, ceil_mode': node(
    'MaxPool',
    [IMAGE],
    { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 1, 0, 1], dilations: [1, 2], ceil_mode: 1 },
    2,
  ),
  ...Object.fromEntries(
    [0, 1].map((counts) => [
      `AveragePool, ceil_mode, count_include_pad ${counts}`,
      node('AveragePool', [IMAGE], {
        kernel_shape: [3, 2],
        strides: [2, 2],
        pads: [1, 0, 1, 1],
        ceil_mode: 1,
        count_include_pad: counts,
      }),
    ]),
  ),
  LpPool: node('LpPool', [IMAGE], { kernel_shape: [3, 2], strides: [2, 1], p: 3 }),
  GlobalLpPool: node('GlobalLpPool', [IMAGE], { p: 3 }),

  'GroupNormalization by channel': node('GroupNormalization', [[2, 6, 3, 3], [6], [6]], { num_groups: 3 }),
  LRN: node('LRN', [[1, 7, 3, 3]], { size: 5, alpha: 0.3, beta: 0.6, bias: 1.5 }),
  'BatchNormalization in training mode': node(
    'BatchNormalization',
    [[3, 4, 5, 2], [4], [4], [4], (g) => g.floats('variance', [4], [0.5, 1, 2, 3])],
    { training_mode: 1, momentum: 0.8 },
    3,
  ),

  'Einsum with ellipses': (g) => {
    const [a, b] = [g.input('a', [2, 1, 3, 4]), g.input('b', [1, 5, 4, 3])];
    g.output(g.op('Einsum', [a, b], { equation: '...ij,...ji->...i' }));
    g.output(g.op('Einsum', [a, b], { equation: '...ij, ...jk' }));
  },
  'Einsum of attention, a diagonal and an outer product': (g) => {
    const [q, k, m] = [g.input('q', [2, 3, 2, 4]), g.input('k', [2, 5, 2, 4]), g.input('m', [3, 3])];
    g.output(g.op('Einsum', [q, k], { equation: 'bqhd,bkhd->bhqk' }));
    g.output(g.op('Einsum', [m], { equation: 'ii->i' }));
    g.output(g.op('Einsum', [m, g.input('v', [2])], { equation: 'ij,k->kij' }));
  },

  Activations: (g) => {
    const x = g.input('x', [4, 8]);
    g.output(g.op('ThresholdedRelu', [x], { alpha: 0.4 }));
    g.output(g.op('Elu', [x], { alpha: 1.5 }));
    g.output(g.op('Celu', [x], { alpha: 0.7 }));
    for (const approximate of ['none', 'tanh']) g.output(g.op('Gelu', [x], { approximate }));
    g.output(g.op('HardSwish', [x]));
    g.output(g.op('PRelu', [x, g.input('slope', [8])]));
    g.output(g.op('Asin', [g.op('Tanh', [x])]));
  },
  'Round, halves to even': (g) => g.output(g.op('Round', [g.floats('x', [7], [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.7])])),

  'Pad by every mode, on chosen axes, and by less than nothing': (g) => {
    const x = g.input('x', [3, 4]);
    const of = list(g);
    for (const mode of ['reflect', 'edge', 'wrap', 'constant']) g.output(g.op('Pad', [x, of(1, 2, 2, 1)], { mode }));
    g.output(g.op('Pad', [x, of(-1, 1, 1, -2)]));
    g.output(g.op('Pad', [x, of(2, 1), g.floats('value', [], 0.5), of(-1)]));
  },
  'Slice backwards and beyond': (g) => {
    const x = g.input('x', [6, 7]);
    const of = list(g);
    g.output(g.op('Slice', [x, of(-1, 5), of(-7, -100), of(0, 1), of(-2, -1)]));
    g.output(g.op('Slice', [x, of(1), of(2 ** 62), of(-1), of(3)]));
  },
  'TopK, largest and smallest': (g) => {
    const x = g.input('x', [3, 6]);
    for (const largest of [0, 1]) {
      const made = g.node('TopK', [x, list(g)(4)], { largest }, { outputs: ['values', 'places'] });
      for (const each of made.outputs) if (each !== null) g.output(each);
    }
  },
  'CumSum, exclusive and reverse': node('CumSum', [[3, 4], ints([1], [])], { exclusive: 1, reverse: 1 }),
  'GatherND with batch_dims': node('GatherND', [[2, 3, 4], ints([1, -1, 0, 2], [2, 2, 1])], { batch_dims: 1 }),
  'ScatterElements and ScatterND that add and overwrite': (g) => {
    const [x, updates] = [g.input('x', [3, 4]), g.input('updates', [2, 4])];
    const places = g.int64s('places', [0, 2, 1, -1, 0, 1, 2, 2], [2, 4]);
    g.output(g.op('ScatterElements', [x, places, updates], { axis: 0, reduction: 'add' }));
    g.output(g.op('ScatterND', [x, g.int64s('rows', [2, 2], [2, 1]), updates], { reduction: 'add' }));
    g.output(g.op('ScatterND', [x, g.int64s('rows', [0, 2], [2, 1]), updates]));
  },
  'DepthToSpace and SpaceToDepth': (g) => {
    const x = g.input('x', [2, 8, 3, 2]);
    g.output(g.op('DepthToSpace', [x], { blocksize: 2, mode: 'CRD' }));
    g.output(g.op('SpaceToDepth', [g.op('DepthToSpace', [x], { blocksize: 2 })], { blocksize: 2 }));
  },
  'OneHot, EyeLike, Range and Trilu': (g) => {
    const values = g.floats('values', [2], [0.5, 2]);
    g.output(g.op('OneHot', [list(g)(0, 2, -1, 9), g.int64s('depth', [3], []), values], { axis: 0 }));
    g.output(g.op('EyeLike', [g.input('x', [3, 4])], { k: 1 }));
    const [from, to, by] = [5, -4, -3].map((each) => g.int64s('number', [each], []));
    g.output(g.op('Range', [from!, to!, by!]));
    g.output(g.op('Trilu', [g.input('m', [2, 3, 4]), g.int64s('k', [-1], [])], { upper: 0 }));
  },
  'If, whose branches read from outside': (g) => {
    const x = g.input('x', [3]);
    const sum = g.op('ReduceSum', [x], { keepdims: 0 });
    for (const opType of ['Greater', 'Less']) {
      g.output(
        g.op('If', [g.op(opType, [sum, g.floats('zero', [], 0)])], {
          then_branch: (inner) => inner.output(inner.op('Exp', [x])),
          else_branch: (inner) => inner.output(inner.op('Neg', [x])),
        }),
      );
    }
  },
};

/** Resize by scales up, by sizes down, of images of 4 × 5. */
const resize =
  (attributes: Readonly<Record<string, string | number>>): Build =>
  (g) => {
    const x = g.input('x', [1, 2, 4, 5]);
    g.output(g.op('Resize', [x, null, g.floats('scales', [4], [1, 1, 1.7, 2])], attributes));
    g.output(g.op('Resize', [x, null, null, list(g)(1, 2, 3, 4)], attributes));
  };

for (const coordinates of ['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel', 'half_pixel_symmetric']) {
  for (const mode of ['linear', 'cubic']) {
    it(`Resize: ${mode}, ${coordinates}`, async () => {
      await expectRuntimeAgrees(resize({ mode, coordinate_transformation_mode: coordinates }));
    });
  }
  for (const nearest of ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']) {
    it(`Resize: nearest, ${nearest}, ${coordinates}`, async () => {
      await expectRuntimeAgrees(
        resize({ mode: 'nearest', nearest_mode: nearest, coordinate_transformation_mode: coordinates }),
      );
    });
  }
}

describe('the reference evaluator, on operators of ONNX', () => {
  for (const [name, build] of Object.entries(CASES)) {
    it(`agrees with the runtime: ${name}`, async () => {
      await expectRuntimeAgrees(build);
    });
  }
});
