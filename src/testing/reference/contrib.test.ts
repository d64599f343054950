import { describe, it } from 'vitest';
import { float, floatsAttribute } from '../../ir/attribute.ts';
import type { ValueId } from '../../ir/types.ts';
import type { GraphBuilder } from '../build.ts';
import { expectRuntimeAgrees, int32s, ints, node, type Build } from './against-runtime.ts';

const CONV = [[1, 2, 5, 5], [3, 2, 3, 3], [3]];
const QKV = [
  [2, 3, 8],
  [2, 5, 8],
  [2, 5, 8],
];

/** Cosines or sines of 8 positions, by pair. */
const angles =
  (f: (x: number) => number, pairs: number) =>
  (g: GraphBuilder): ValueId =>
    g.floats(
      'angles',
      [8, pairs],
      Array.from({ length: 8 * pairs }, (_, i) => f(Math.floor(i / pairs) / (1 + (i % pairs)))),
    );
const ROTARY = [angles(Math.cos, 4), angles(Math.sin, 4)];
const ROTARY_OF_16 = [angles(Math.cos, 8), angles(Math.sin, 8)];

const CASES: Readonly<Record<string, Build>> = {
  Gelu: node('ms.Gelu', [[2, 7]]),
  BiasGelu: node('ms.BiasGelu', [[2, 7], [7]]),
  'FastGelu with a bias': node('ms.FastGelu', [[2, 7], [7]]),
  'FastGelu without one': node('ms.FastGelu', [[2, 7]]),
  QuickGelu: node('ms.QuickGelu', [[2, 7]], { alpha: 1.3 }),

  'FusedConv with Relu': node('ms.FusedConv', CONV, { activation: 'Relu' }),
  'FusedConv with a residual': node('ms.FusedConv', [...CONV, [1, 3, 5, 5]], {
    activation: 'Relu',
    pads: [1, 1, 1, 1],
  }),
  'FusedConv with LeakyRelu': node('ms.FusedConv', CONV, {
    activation: 'LeakyRelu',
    activation_params: floatsAttribute([0.2]),
  }),
  'FusedConv with Clip': node('ms.FusedConv', CONV, {
    activation: 'Clip',
    activation_params: floatsAttribute([-0.5, 1.5]),
  }),
  'FusedConv with HardSigmoid': node('ms.FusedConv', CONV, {
    activation: 'HardSigmoid',
    activation_params: floatsAttribute([0.3, 0.4]),
  }),
  'FusedGemm with LeakyRelu': node('ms.FusedGemm', [[3, 4], [5, 4], [5]], {
    activation: 'LeakyRelu',
    activation_alpha: 0.3,
    transB: 1,
    alpha: 0.5,
  }),
  FusedMatMul: node(
    'ms.FusedMatMul',
    [
      [2, 4, 3],
      [2, 5, 4],
    ],
    { transA: 1, transB: 1, alpha: 0.3 },
  ),
  'FusedMatMul with batches behind rows': node(
    'ms.FusedMatMul',
    [
      [3, 2, 4],
      [4, 2, 5],
    ],
    { transBatchA: 1, transBatchB: 1 },
  ),

  'SkipLayerNormalization, which tells its sum': node(
    'ms.SkipLayerNormalization',
    [[2, 3, 8], [2, 3, 8], [8], [8], [8]],
    { epsilon: 1e-5 },
    ['y', null, null, 'sum'],
  ),
  'SkipLayerNormalization without beta': node('ms.SkipLayerNormalization', [[2, 3, 8], [2, 3, 8], [8]], {
    epsilon: 0.01,
  }),
  SkipSimplifiedLayerNormalization: node(
    'ms.SkipSimplifiedLayerNormalization',
    [[2, 3, 8], [2, 3, 8], [8], [8]],
    { epsilon: 1e-5 },
    ['y', null, null, 'sum'],
  ),
  SimplifiedLayerNormalization: node('SimplifiedLayerNormalization', [[2, 3, 8], [8]], { axis: -1, epsilon: 0.01 }),

  'RotaryEmbedding of heads': node('ms.RotaryEmbedding', [[2, 2, 3, 8], ints([0, 1, 2, 3, 4, 5], [2, 3]), ...ROTARY]),
  'RotaryEmbedding, interleaved, from one position on': node('ms.RotaryEmbedding', [[2, 3, 16], ints([2]), ...ROTARY], {
    interleaved: 1,
  }),

  'MultiHeadAttention over other keys': node('ms.MultiHeadAttention', QKV, { num_heads: 2 }),
  'MultiHeadAttention with bias, padding mask, attention bias and scale': node(
    'ms.MultiHeadAttention',
    [...QKV, [24], int32s([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], [2, 5]), [2, 2, 3, 5]],
    { num_heads: 2, scale: 0.4 },
  ),
  'MultiHeadAttention that looks back': node(
    'ms.MultiHeadAttention',
    Array.from({ length: 3 }, () => [2, 3, 8]),
    {
      num_heads: 2,
      unidirectional: 1,
    },
  ),
  'MultiHeadAttention with a past': node(
    'ms.MultiHeadAttention',
    [[2, 3, 8], [2, 3, 8], [2, 3, 8], null, null, null, [2, 2, 4, 4], [2, 2, 4, 4]],
    { num_heads: 2 },
    3,
  ),
  'MultiHeadAttention over keys that are heads already': node(
    'ms.MultiHeadAttention',
    [
      [2, 3, 8],
      [2, 2, 5, 4],
      [2, 2, 5, 4],
    ],
    { num_heads: 2 },
  ),

  Attention: node('ms.Attention', [[2, 3, 8], [8, 24], [24]], { num_heads: 2 }),
  'Attention that looks back, with a mask': node(
    'ms.Attention',
    [[2, 3, 8], [8, 24], [24], int32s([1, 1, 1, 1, 1, 0], [2, 3])],
    { num_heads: 2, unidirectional: 1 },
  ),
  'Attention with a past': node('ms.Attention', [[2, 3, 8], [8, 24], [24], null, [2, 2, 2, 4, 4]], { num_heads: 2 }, 2),
  'Attention with value heads of another size': node('ms.Attention', [[2, 3, 8], [8, 28], [28]], {
    num_heads: 2,
    qkv_hidden_sizes: [8, 8, 12],
  }),

  'GroupQueryAttention of a prompt': node(
    'ms.GroupQueryAttention',
    [[2, 3, 32], [2, 3, 16], [2, 3, 16], [2, 2, 0, 8], [2, 2, 0, 8], int32s([2, 2]), int32s([3], [])],
    { num_heads: 4, kv_num_heads: 2 },
    3,
  ),
  'GroupQueryAttention, packed, with rotary positions': node(
    'ms.GroupQueryAttention',
    [[1, 3, 128], null, null, [1, 2, 0, 16], [1, 2, 0, 16], int32s([2]), int32s([3], []), ...ROTARY_OF_16],
    { num_heads: 4, kv_num_heads: 2, do_rotary: 1 },
    3,
  ),
  'GroupQueryAttention of one more token, in a window, with softcap': node(
    'ms.GroupQueryAttention',
    [[1, 1, 32], [1, 1, 16], [1, 1, 16], [1, 2, 4, 8], [1, 2, 4, 8], int32s([4]), int32s([5], [])],
    { num_heads: 4, kv_num_heads: 2, local_window_size: 3, softcap: float(2) },
    3,
  ),
};

describe('the reference evaluator, on operators of ONNX Runtime', () => {
  for (const [name, build] of Object.entries(CASES)) {
    it(`agrees with the runtime: ${name}`, async () => {
      await expectRuntimeAgrees(build);
    });
  }
});
