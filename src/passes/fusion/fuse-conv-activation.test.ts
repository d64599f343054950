import { describe, expect, it } from 'vitest';
import { float, getFloats, getString } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fuseConvActivation } from './fuse-conv-activation.ts';

const conv = (g: GraphBuilder, rank = 4, attributes = {}): ValueId => {
  const shape = [2, 3, 6, 5, 4].slice(0, rank);
  return g.op(
    'Conv',
    [g.input('x', shape), g.weight('w', [4, 3, 2, 2, 2].slice(0, rank)), g.weight('b', [4])],
    attributes,
  );
};

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseConvActivation);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

const clipped = (limits: (number | null)[]) =>
  model((g) => {
    const inputs = limits.map((limit, i) => (limit === null ? null : g.tensor(`limit${i}`, floats([], [limit]))));
    return g.op('Clip', [conv(g), ...inputs]);
  });

describe('fuse-conv-activation', () => {
  it.each([
    ['Relu', {}, null],
    ['Sigmoid', {}, null],
    ['Tanh', {}, null],
    ['LeakyRelu', { alpha: 0.3 }, [0.3]],
    ['LeakyRelu', {}, [0.01]],
    ['HardSigmoid', { alpha: 0.3, beta: 0.6 }, [0.3, 0.6]],
    ['HardSigmoid', {}, [0.2, 0.5]],
    ['HardSwish', {}, null],
  ])('computes %s %o inside the convolution', async (type, attributes, parameters) => {
    for (const rank of [3, 4, 5]) {
      const before = model((g) => g.op(type, [conv(g, rank, { strides: Array(rank - 2).fill(2) })], attributes));
      const { model: after } = await afterPass(before, fuseConvActivation);
      expect(countOps(after)).toEqual({ 'com.microsoft.FusedConv': 1 });
      const [fused] = [...after.nodes.values()];
      expect(getString(fused!, 'activation', '')).toBe(type);
      expect(getFloats(fused!, 'activation_params', null)).toEqual(parameters && parameters.map(Math.fround));
      expect(after.opset('com.microsoft')).toBe(1);
      await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
    }
  });

  it('takes the limits of Clip from constants, or its defaults', async () => {
    const least = Math.fround(-3.4028234663852886e38);
    for (const [limits, expected] of [
      [
        [0, 6],
        [0, 6],
      ],
      [
        [null, 1],
        [least, 1],
      ],
      [[-1], [-1, -least]],
    ] as const) {
      const before = clipped([...limits]);
      const { model: after } = await afterPass(before, fuseConvActivation);
      expect(getFloats([...after.nodes.values()][0]!, 'activation_params', null)).toEqual(expected);
      await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
    }
  });

  it('takes the limits of an old Clip from its attributes', async () => {
    const before = model((g) => g.op('Clip', [conv(g)], { min: float(0), max: float(2) }), { opset: 10 });
    const { model: after } = await afterPass(before, fuseConvActivation);
    expect(getFloats([...after.nodes.values()][0]!, 'activation_params', null)).toEqual([0, 2]);
    await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  });

  it('leaves a Clip alone whose limits are computed, or reversed', async () => {
    expect(await reasons(model((g) => g.op('Clip', [conv(g), g.input('low', [])])))).toMatch(/not constant/);
    const reversed = model((g) => {
      const limits = [6, 0].map((limit, i) => g.tensor(`limit${i}`, floats([], [limit])));
      return g.op('Clip', [conv(g), ...limits]);
    });
    expect(await reasons(reversed)).toMatch(/above the upper one/);
  });

  it('leaves a convolution alone that something else reads, and names the reader', async () => {
    const silu = model((g) => {
      const y = conv(g);
      return g.op('Mul', [y, g.op('Sigmoid', [y])], {}, { name: 'gate' });
    });
    expect(await reasons(silu)).toMatch(/read by Mul gate too/);
  });

  it('computes SiLU, Swish, Gelu and Softplus inside the convolution on WebGPU, and not on WASM', async () => {
    const contrib = { domain: 'com.microsoft' };
    for (const [build, name, parameters] of [
      [(g: GraphBuilder, y: ValueId) => g.op('Mul', [y, g.op('Sigmoid', [y])]), 'QuickGelu', [1]],
      [(g: GraphBuilder, y: ValueId) => g.op('Mul', [g.op('Sigmoid', [y]), y]), 'QuickGelu', [1]],
      [(g: GraphBuilder, y: ValueId) => g.op('Swish', [y]), 'QuickGelu', [1]],
      [(g: GraphBuilder, y: ValueId) => g.op('Swish', [y], { alpha: float(2) }), 'QuickGelu', [2]],
      [(g: GraphBuilder, y: ValueId) => g.op('QuickGelu', [y], { alpha: float(1) }, contrib), 'QuickGelu', [1]],
      [(g: GraphBuilder, y: ValueId) => g.op('QuickGelu', [y], {}, contrib), 'QuickGelu', [1.702]],
      [(g: GraphBuilder, y: ValueId) => g.op('Gelu', [y]), 'Gelu', null],
      [(g: GraphBuilder, y: ValueId) => g.op('Gelu', [y], {}, contrib), 'Gelu', null],
      [(g: GraphBuilder, y: ValueId) => g.op('Softplus', [y]), 'Softplus', null],
    ] as const) {
      const before = model((g) => build(g, conv(g)), { opset: 24, domains: { 'com.microsoft': 1 } });
      const { model: after } = await afterPass(before, fuseConvActivation, { backend: 'webgpu' });
      expect(countOps(after)).toEqual({ 'com.microsoft.FusedConv': 1 });
      const [fused] = [...after.nodes.values()];
      expect(getString(fused!, 'activation', '')).toBe(name);
      expect(getFloats(fused!, 'activation_params', null)).toEqual(parameters && parameters.map(Math.fround));
      expect((await sitesOf(before, fuseConvActivation)).sites).toEqual([]);
    }
  });

  it('leaves a Gelu by tanh alone, and a sigmoid of something else', async () => {
    const findings = (before: Model) => sitesOf(before, fuseConvActivation, { backend: 'webgpu' });
    const tanh = await findings(model((g) => g.op('Gelu', [conv(g)], { approximate: 'tanh' }), { opset: 20 }));
    expect(tanh.sites).toEqual([]);
    expect(tanh.refusals[0]?.reason).toMatch(/no Gelu by tanh/);
    const gated = await findings(model((g) => g.op('Mul', [conv(g), g.op('Sigmoid', [g.input('z', [2, 4, 5, 4])])])));
    expect(gated.sites).toEqual([]);
  });

  it('leaves a grouped convolution over three axes alone on WebGPU', async () => {
    const before = model((g) =>
      g.op('Relu', [g.op('Conv', [g.input('x', [1, 2, 4, 4, 4]), g.weight('w', [2, 1, 2, 2, 2])], { group: 2 })]),
    );
    const { sites, refusals } = await sitesOf(before, fuseConvActivation, { backend: 'webgpu' });
    expect(sites).toEqual([]);
    expect(refusals[0]?.reason).toMatch(/cannot be grouped/);
    expect((await sitesOf(before, fuseConvActivation)).sites).toHaveLength(1);
  });

  it('takes float16 on WASM, which computes it in float32, and leaves it alone on WebGPU', async () => {
    const half = model((g) =>
      g.op('Relu', [
        g.op('Conv', [g.input('x', [1, 2, 4, 4], 'float16'), g.weight('w', [2, 2, 1, 1], { dtype: 'float16' })]),
      ]),
    );
    const { model: after } = await afterPass(half, fuseConvActivation);
    expect(countOps(after)).toEqual({ 'com.microsoft.FusedConv': 1 });
    await expectEquivalent(half, after, { class: 'kernel', seeds: 1 });
    const { refusals } = await sitesOf(half, fuseConvActivation, { backend: 'webgpu' });
    expect(refusals[0]!.reason).toMatch(/takes float32, and this one is float16/);
  });

  it('leaves to WebGPU what only it can run, where that is asked for', async () => {
    const silu = model((g) => {
      const y = conv(g);
      return g.op('Mul', [y, g.op('Sigmoid', [y])]);
    });
    const settings = { backend: 'webgpu', options: { webgpuOnly: false } } as const;
    expect((await sitesOf(silu, fuseConvActivation, { backend: 'webgpu' })).sites).toHaveLength(1);
    expect((await sitesOf(silu, fuseConvActivation, settings)).sites).toHaveLength(0);
    expect(
      (
        await sitesOf(
          model((g) => g.op('Relu', [conv(g)])),
          fuseConvActivation,
          settings,
        )
      ).sites,
    ).toHaveLength(1);
  });

  it('is refused for portable graphs', async () => {
    const before = model((g) => g.op('Relu', [conv(g)]));
    await expect(afterPass(before, fuseConvActivation, { backend: 'portable' })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(/any runtime/),
    });
  });

  it('does nothing to other operators', async () => {
    const before = model((g) => g.op('Elu', [conv(g)]));
    expect(await sitesOf(before, fuseConvActivation)).toEqual({ sites: [], refusals: [] });
  });
});

describe.skipIf(!haveShared())("fuse-conv-activation: ONNX Runtime's own tests", () => {
  const read = (name: string): Model => readModel(sharedFile(`real/ort_fusion/fusion/${name}.onnx`)).model;

  it.each(['conv_relu_opset12', 'conv_tanh', 'conv_leakyrelu', 'conv_hardsigmoid'])('fuses %s', async (name) => {
    const before = read(name);
    const { model: after } = await afterPass(before, fuseConvActivation);
    expect(countOps(after)).toEqual({ 'com.microsoft.FusedConv': 1 });
    await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  });

  it('fuses float16, and leaves an activation behind a sum alone', async () => {
    const half = read('conv_relu_fp16');
    const { model: after } = await afterPass(half, fuseConvActivation);
    expect(countOps(after)).toEqual({ Cast: 3, 'com.microsoft.FusedConv': 1 });
    await expectEquivalent(half, after, { class: 'kernel', seeds: 1 });
    expect((await sitesOf(read('conv_add_relu_identity'), fuseConvActivation)).sites).toEqual([]);
  });
});
