import { describe, expect, it } from 'vitest';
import { float, getFloat, getString } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { tensorOf } from '../../ir/tensor.ts';
import { buildModel, type AttributeInit, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPasses, fusionRecords, recordModel, unmet } from '../../testing/ort-fusion.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared } from '../../testing/shared.ts';
import type { ValueId } from '../../ir/types.ts';
import { fuseGemmActivation } from './fuse-gemm-activation.ts';

const gemm = (g: GraphBuilder, attributes: Readonly<Record<string, AttributeInit>> = {}, bias = true): ValueId =>
  g.op('Gemm', [g.input('x', [3, 4]), g.weight('w', [4, 6]), ...(bias ? [g.weight('c', [6])] : [])], attributes);

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseGemmActivation);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

async function expectFused(before: Model, count = 1): Promise<Model> {
  const { model: after } = await afterPass(before, fuseGemmActivation);
  expect(countOps(after)).toEqual({ 'com.microsoft.FusedGemm': count });
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  return after;
}

describe('fuse-gemm-activation', () => {
  it('computes each activation inside the product', async () => {
    const activations: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
      ['Relu', {}],
      ['Sigmoid', {}],
      ['Tanh', {}],
      ['Softplus', {}],
      ['Softsign', {}],
      ['LeakyRelu', {}],
      ['LeakyRelu', { alpha: 0.3 }],
      ['Elu', {}],
      ['Elu', { alpha: 0.7 }],
      ['Celu', { alpha: 0.7 }],
      ['ThresholdedRelu', {}],
      ['HardSigmoid', {}],
      ['HardSigmoid', { alpha: 0.3, beta: 0.6 }],
      ['Selu', {}],
      ['Selu', { alpha: 1.5, gamma: 1.25 }],
    ];
    const before = buildModel({}, (g) => {
      const x = g.input('x', [3, 4]);
      activations.forEach(([type, attributes], i) => {
        const product = g.op('Gemm', [x, g.weight('w', [4, 6]), g.weight('c', [6])]);
        g.output(g.op(type, [product], attributes), `y${i}`);
      });
    });
    const after = await expectFused(before, activations.length);
    const types = [...after.nodes.values()].map((each) => getString(each, 'activation', ''));
    expect(types).toEqual(activations.map(([type]) => type));
  });

  it('keeps what Gemm is told', async () => {
    const attributes = { alpha: 0.5, beta: 1.5, transA: 1, transB: 1 };
    const before = model((g) => {
      const inputs = [g.input('x', [4, 3]), g.weight('w', [6, 4]), g.weight('c', [3, 1])];
      return g.op('LeakyRelu', [g.op('Gemm', inputs, attributes)], { alpha: 0.25 });
    });
    const after = await expectFused(before);
    const [fused] = [...after.nodes.values()];
    expect(getFloat(fused!, 'alpha', null)).toBe(0.5);
    expect(getFloat(fused!, 'activation_alpha', null)).toBe(0.25);
    expect(after.opset('com.microsoft')).toBe(1);
  });

  it('fuses without a bias, in the first version that broadcasts it, and in float16', async () => {
    await expectFused(model((g) => g.op('Relu', [gemm(g, {}, false)])));
    await expectFused(model((g) => g.op('Relu', [gemm(g)]), { opset: 7 }));
    expect(await reasons(model((g) => g.op('Relu', [gemm(g)]), { opset: 6 }))).toMatch(/before version 7/);
    await expectFused(
      model((g) => {
        const w = g.weight('w', [4, 6], { dtype: 'float16' });
        return g.op('Relu', [g.op('Gemm', [g.input('x', [3, 4], 'float16'), w])]);
      }),
    );
  });

  it('leaves float64, other activations and what others read alone', async () => {
    const wide = model((g) =>
      g.op('Relu', [g.op('Gemm', [g.input('a', [3, 4], 'float64'), g.input('b', [4, 2], 'float64')])]),
    );
    expect(await reasons(wide)).toMatch(/float64/);
    for (const type of ['Gelu', 'HardSwish', 'Mish']) {
      expect(await reasons(model((g) => g.op(type, [gemm(g)]), { opset: 20 }))).toBe('');
    }
    expect(await reasons(model((g) => g.op('Elu', [gemm(g)], { alpha: float(1) }), { opset: 6 }))).not.toBe('');
    const silu = model((g) => {
      const y = gemm(g);
      return g.op('Mul', [y, g.op('Sigmoid', [y])], {}, { name: 'gate' });
    });
    expect(await reasons(silu)).toMatch(/read by Mul gate too/);
  });

  it('leaves a product of dequantized operands to the integer kernel', async () => {
    const before = model((g) => {
      const w = g.tensor('w', tensorOf('int8', [4, 6], new Int8Array(24).fill(3)));
      const real = g.op('DequantizeLinear', [w, g.floats('scale', [], 0.1)]);
      return g.op('Relu', [g.op('Gemm', [g.input('x', [3, 4]), real])]);
    });
    expect(await reasons(before)).toMatch(/dequantized/);
  });

  it('is refused where the kernel is not', async () => {
    for (const backend of ['webgpu', 'portable'] as const) {
      const fused = afterPass(
        model((g) => g.op('Relu', [gemm(g)])),
        fuseGemmActivation,
        { backend },
      );
      await expect(fused).rejects.toMatchObject({ code: 'bad-request' });
    }
  });

  it.skipIf(!haveShared())("reaches what ONNX Runtime's own tests expect", async () => {
    const records = fusionRecords(/^GemmActivationFusion$/);
    for (const record of records) {
      expect(unmet(record, await afterPasses(recordModel(record), [fuseGemmActivation])), record.file).toEqual([]);
    }
    expect(records.length).toBeGreaterThanOrEqual(1);
  });
});
