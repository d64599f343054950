import { describe, expect, it } from 'vitest';
import { float, floatsAttribute } from '../../ir/attribute.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';
import { decompose } from './decompose.ts';
import type { ValueId } from '../../ir/types.ts';

const ms = { domain: 'com.microsoft' };
const model = (build: (g: GraphBuilder) => ValueId) =>
  buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 } }, (g) => g.output(build(g), 'y'));

describe('FusedConv', () => {
  const conv = (attributes: Record<string, AttributeInit>, residual = false, bias = true) =>
    model((g) => {
      const x = g.input('x', [2, 4, 9, 7]);
      const inputs = [x, g.weight('w', [6, 2, 3, 3]), bias ? g.weight('b', [6]) : null];
      if (residual) inputs.push(g.input('z', [2, 6, 5, 4]));
      return g.op('FusedConv', inputs, { group: 2, strides: [2, 2], pads: [1, 1, 1, 1], ...attributes }, ms);
    });

  it.each([
    ['Relu', []],
    ['Sigmoid', []],
    ['Tanh', []],
    ['LeakyRelu', [0.2]],
    ['Clip', [-0.5, 1.5]],
    ['HardSigmoid', [0.3, 0.4]],
    ['HardSwish', []],
  ])('is a convolution and then %s', async (activation, parameters) => {
    const attributes = parameters.length > 0 ? { activation_params: floatsAttribute(parameters) } : {};
    const { model: after } = await expectDecomposed(conv({ activation, ...attributes }));
    const found = [...after.nodes.values()].find(({ opType }) => opType === 'Conv')!;
    expect([...found.attributes.keys()].sort()).toEqual(['group', 'pads', 'strides']);
  });
  it('takes the activations of WebGPU, which the kernel here does not load', async () => {
    const convolved = (g: GraphBuilder): ValueId => {
      const inputs = [g.input('x', [2, 4, 9, 7]), g.weight('w', [6, 2, 3, 3]), g.weight('b', [6])];
      return g.op('Conv', inputs, { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] });
    };
    const reference = (opType: string, attributes: Record<string, AttributeInit>) => ({
      reference: model((g) => g.op(opType, [convolved(g)], attributes, opType === 'Softplus' ? {} : ms)),
    });
    await expectDecomposed(conv({ activation: 'Softplus' }), reference('Softplus', {}));
    await expectDecomposed(conv({ activation: 'Gelu' }), reference('Gelu', {}));
    const silu = { activation: 'QuickGelu', activation_params: floatsAttribute([1]) };
    await expectDecomposed(conv(silu), reference('QuickGelu', { alpha: float(1) }));
  });
  it('adds what stands beside it before the activation', async () => {
    await expectDecomposed(conv({ activation: 'Relu' }, true));
    await expectDecomposed(conv({ activation: 'Relu' }, true, false));
  });
  it('is a convolution where it has no activation', async () => {
    await expectDecomposed(conv({}));
  });
  it('stays where its activation is not known', () => {
    expect(decompose(conv({ activation: 'Mish' })).left).toMatchObject([{ reason: 'its activation is Mish' }]);
  });
});

describe('FusedGemm', () => {
  const gemm = (attributes: Record<string, AttributeInit>) =>
    model((g) => {
      const a = g.input('a', [4, 3]);
      return g.op(
        'FusedGemm',
        [a, g.weight('b', [5, 4]), g.weight('c', [5])],
        { transA: 1, transB: 1, ...attributes },
        ms,
      );
    });

  it.each([
    ['Relu', {}],
    ['Tanh', {}],
    ['Sigmoid', {}],
    ['Softplus', {}],
    ['Softsign', {}],
    ['Elu', { activation_alpha: float(0.7) }],
    ['LeakyRelu', { activation_alpha: float(0.2) }],
    ['ThresholdedRelu', { activation_alpha: float(0.4) }],
    ['HardSigmoid', { activation_alpha: float(0.3), activation_beta: float(0.4) }],
    ['ScaledTanh', { activation_alpha: float(0.3), activation_beta: float(0.4) }],
  ])('is a Gemm and then %s', async (activation, parameters) => {
    await expectDecomposed(gemm({ activation, alpha: float(0.5), beta: float(2), ...parameters }));
  });
});

describe('FusedMatMul', () => {
  const product = (a: number[], b: number[], attributes: Record<string, AttributeInit>) =>
    model((g) => g.op('FusedMatMul', [g.input('a', a), g.input('b', b)], attributes, ms));

  it('transposes either operand and scales the product', async () => {
    await expectDecomposed(product([2, 3, 4], [2, 4, 5], { alpha: float(0.25) }), { kinds: ['normal', 'unit'] });
    await expectDecomposed(product([2, 4, 3], [2, 4, 5], { transA: 1 }), { kinds: ['normal', 'unit'] });
    await expectDecomposed(product([3, 4], [2, 5, 4], { transB: 1, alpha: float(2) }), { kinds: ['normal', 'unit'] });
    await expectDecomposed(product([4, 3], [5, 4], { transA: 1, transB: 1 }), { kinds: ['normal', 'unit'] });
  });
  it('moves the first axis behind the batch', async () => {
    await expectDecomposed(product([3, 2, 6, 4], [2, 6, 4, 5], { transBatchA: 1 }), { kinds: ['normal', 'unit'] });
    await expectDecomposed(product([2, 6, 3, 4], [4, 2, 6, 5], { transBatchB: 1 }), { kinds: ['normal', 'unit'] });
    await expectDecomposed(product([4, 2, 3], [5, 2, 4], { transBatchA: 1, transA: 1, transBatchB: 1, transB: 1 }), {
      kinds: ['normal', 'unit'],
    });
  });
});
