import { describe, expect, it } from 'vitest';
import { float, floatsAttribute } from '../../ir/attribute.ts';
import { floats, tensorOf } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../testing/build.ts';
import { checkGradients } from '../../testing/gradient-check.ts';
import { floatTargets } from '../../testing/gradient-model.ts';
import { decompose } from './decompose.ts';

const [B, S, C, N] = [2, 3, 8, 2];

/** The first output of an operator of com.microsoft. */
const ms = (
  g: GraphBuilder,
  opType: string,
  inputs: readonly (ValueId | null)[],
  attributes: Record<string, AttributeInit> = {},
): ValueId => g.op(opType, inputs, attributes, { domain: 'com.microsoft' });

const int32s = (g: GraphBuilder, shape: readonly number[], data: readonly number[]): ValueId =>
  g.tensor('numbers', tensorOf('int32', shape, Int32Array.from(data)));

const table = (g: GraphBuilder, of: (angle: number) => number, half: number): ValueId =>
  g.tensor(
    'table',
    floats(
      [S, half],
      Array.from({ length: S * half }, (_, i) => of(i / 5)),
    ),
  );

const rows = (g: GraphBuilder, name: string, width = C): ValueId => g.input(name, [B, S, width]);

type Build = (g: GraphBuilder) => ValueId;

const MODELS: Readonly<Record<string, Build>> = {
  BiasGelu: (g) => ms(g, 'BiasGelu', [rows(g, 'x'), g.weight('b', [C])]),
  FastGelu: (g) => ms(g, 'FastGelu', [rows(g, 'x'), g.weight('b', [C])]),
  QuickGelu: (g) => ms(g, 'QuickGelu', [rows(g, 'x')]),
  SkipLayerNormalization: (g) =>
    ms(g, 'SkipLayerNormalization', [
      rows(g, 'x'),
      rows(g, 'skip'),
      ...['a', 'b', 'c'].map((name) => g.weight(name, [C])),
    ]),
  SkipSimplifiedLayerNormalization: (g) =>
    ms(g, 'SkipSimplifiedLayerNormalization', [rows(g, 'x'), rows(g, 'skip'), g.weight('a', [C]), g.weight('b', [C])]),
  EmbedLayerNormalization: (g) => {
    const ids = int32s(g, [B, S], [3, 0, 4, 1, 1, 3]);
    const segments = int32s(g, [B, S], [0, 0, 1, 1, 1, 0]);
    const tables = [g.weight('words', [5, C]), g.weight('positions', [4, C]), g.weight('segments', [2, C])];
    const attributes = { epsilon: float(0.1) };
    return ms(
      g,
      'EmbedLayerNormalization',
      [ids, segments, ...tables, g.weight('a', [C]), g.weight('b', [C])],
      attributes,
    );
  },
  GroupNormalization: (g) =>
    g.op('GroupNormalization', [g.input('x', [2, 4, 3]), g.weight('a', [4]), g.weight('b', [4])], { num_groups: 2 }),
  InstanceNormalization: (g) =>
    g.op('InstanceNormalization', [g.input('x', [2, 3, 5]), g.weight('a', [3]), g.weight('b', [3])]),
  MeanVarianceNormalization: (g) => g.op('MeanVarianceNormalization', [rows(g, 'x')], { axes: [1, 2] }),
  LpNormalization: (g) => g.op('LpNormalization', [rows(g, 'x')], { p: 2, axis: 1 }),
  RMSNormalization: (g) => g.op('RMSNormalization', [rows(g, 'x'), g.weight('a', [C])]),
  LogSoftmax: (g) => g.op('LogSoftmax', [rows(g, 'x')], { axis: 1 }),
  FusedConv: (g) => {
    const inputs = [
      g.input('x', [1, 2, 5, 5]),
      g.weight('w', [3, 2, 3, 3]),
      g.weight('b', [3]),
      g.input('z', [1, 3, 3, 3]),
    ];
    return ms(g, 'FusedConv', inputs, { activation: 'Tanh' });
  },
  FusedGemm: (g) => {
    const inputs = [g.input('a', [3, 4]), g.weight('w', [4, 5]), g.weight('b', [5])];
    return ms(g, 'FusedGemm', inputs, { activation: 'Softplus', alpha: float(0.5) });
  },
  FusedMatMul: (g) =>
    ms(g, 'FusedMatMul', [g.input('a', [3, 2, 4]), g.input('b', [2, 5, 4])], {
      transBatchA: 1,
      transB: 1,
      alpha: float(0.3),
    }),
  RotaryEmbedding: (g) =>
    ms(g, 'RotaryEmbedding', [rows(g, 'x'), g.int64s('start', [0]), table(g, Math.cos, 2), table(g, Math.sin, 2)], {
      interleaved: 1,
    }),
  'com.microsoft.Attention': (g) => {
    const inputs = [rows(g, 'x', 5), g.weight('w', [5, 3 * C]), g.weight('b', [3 * C]), int32s(g, [B], [3, 2])];
    return ms(g, 'Attention', inputs, { num_heads: N, unidirectional: 1, mask_filter_value: float(-3) });
  },
  MultiHeadAttention: (g) => {
    const past = ['pk', 'pv'].map((name) => g.input(name, [B, N, 2, C / N]));
    const inputs = [
      rows(g, 'q'),
      rows(g, 'k'),
      rows(g, 'v'),
      g.weight('b', [3 * C]),
      null,
      g.input('bias', [1, N, S, S + 2]),
    ];
    return ms(g, 'MultiHeadAttention', [...inputs, ...past], { num_heads: N });
  },
  GroupQueryAttention: (g) => {
    const counts = [int32s(g, [B], [S - 1, S - 1]), int32s(g, [1], [S])];
    const inputs = [rows(g, 'q', 4 * C), rows(g, 'k', 2 * C), rows(g, 'v', 2 * C), null, null, ...counts];
    const tables = [table(g, Math.cos, C / 2), table(g, Math.sin, C / 2), null, null, g.weight('sink', [4])];
    const attributes = { num_heads: 4, kv_num_heads: 2, do_rotary: 1, softcap: float(2), local_window_size: 2 };
    return ms(g, 'GroupQueryAttention', [...inputs, ...tables], attributes);
  },
  Attention: (g) => {
    const mask = g.tensor('mask', tensorOf('bool', [S, S], Uint8Array.of(1, 0, 1, 0, 0, 0, 1, 1, 0)));
    return g.op('Attention', [rows(g, 'q'), rows(g, 'k'), rows(g, 'v'), mask], { q_num_heads: N, kv_num_heads: N });
  },
  RNN: (g) =>
    g.op('RNN', [g.input('x', [S, B, 3]), g.weight('w', [2, 4, 3]), g.weight('r', [2, 4, 4])], {
      hidden_size: 4,
      direction: 'bidirectional',
    }),
  LSTM: (g) => {
    const weights = [g.weight('w', [1, 16, 3]), g.weight('r', [1, 16, 4]), g.weight('b', [1, 32]), null];
    const states = [g.input('h', [1, B, 4]), g.input('c', [1, B, 4]), g.weight('p', [1, 12])];
    return g.op('LSTM', [g.input('x', [S, B, 3]), ...weights, ...states], { hidden_size: 4, direction: 'reverse' });
  },
  GRU: (g) => {
    const weights = [g.weight('w', [1, 12, 3]), g.weight('r', [1, 12, 4]), g.weight('b', [1, 24])];
    const attributes = { hidden_size: 4, linear_before_reset: 1, activation_alpha: floatsAttribute([]) };
    return g.op('GRU', [g.input('x', [S, B, 3]), ...weights], attributes);
  },
};

describe('gradients of what was written out', () => {
  it.each(Object.entries(MODELS))('%s: agree with finite differences', async (_, build) => {
    const options = { opset: 23, irVersion: 10, domains: { 'com.microsoft': 1 } };
    const model = buildModel(options, (g) => g.output(build(g), 'result'));
    const own = new Set(model.graph.initializers.keys());
    expect(decompose(model).left).toEqual([]);
    const added = [...model.graph.initializers.keys()].filter((id) => !own.has(id));
    const fixed = added.map((id) => model.getValue(id).name);
    const { gradients } = await checkGradients(model, { fixed });
    const asked = floatTargets(model).filter((name) => !fixed.includes(name));
    expect([...gradients.keys()].sort()).toEqual(asked.sort());
  });
});
