import { describe, expect, it } from 'vitest';
import { getFloat, getInt } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import type { Backend } from '../../rewrite/pass.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fuseRmsNorm } from './fuse-rms-norm.ts';

const FLOAT = 1;
const FLOAT16 = 10;
const X = [2, 3, 8];

const number = (g: GraphBuilder, name: string, value: number): ValueId => g.tensor(name, floats([], [value]));
const mean = (g: GraphBuilder, x: ValueId, axes: readonly number[] = [-1]): ValueId =>
  g.model.opset() < 18 ? g.op('ReduceMean', [x], { axes }) : g.op('ReduceMean', [x, g.int64s('axes', axes)]);
const biased = (g: GraphBuilder, v: ValueId): ValueId => g.op('Add', [v, number(g, 'epsilon', 1e-5)]);
const pow2 = (g: GraphBuilder, x: ValueId): ValueId => g.op('Pow', [x, number(g, 'two', 2)]);
const root = (g: GraphBuilder, x: ValueId, axes?: readonly number[]): ValueId =>
  g.op('Sqrt', [biased(g, mean(g, pow2(g, x), axes))]);
const cast = (g: GraphBuilder, x: ValueId, to: number): ValueId => g.op('Cast', [x], { to });
const scaled = (g: GraphBuilder, y: ValueId, dtype = 'float32', shape: readonly number[] = [8]): ValueId =>
  g.op('Mul', [g.weight('scale', shape, { offset: 1, dtype }), y]);

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

async function fused(before: Model, backend: Backend = 'wasm'): Promise<Model> {
  const { model: after } = await afterPass(before, fuseRmsNorm, { backend });
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

const reasons = async (before: Model, backend: Backend = 'wasm'): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseRmsNorm, { backend });
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-rms-norm', () => {
  const spellings: Readonly<Record<string, (g: GraphBuilder, x: ValueId) => ValueId>> = {
    Div: (g, x) => scaled(g, g.op('Div', [x, root(g, x)])),
    'Reciprocal and Mul': (g, x) => scaled(g, g.op('Mul', [x, g.op('Reciprocal', [root(g, x)])])),
    'one over the root': (g, x) => scaled(g, g.op('Mul', [g.op('Div', [number(g, 'one', 1), root(g, x)]), x])),
    'a power of minus a half': (g, x) =>
      scaled(g, g.op('Mul', [x, g.op('Pow', [biased(g, mean(g, g.op('Mul', [x, x]))), number(g, 'half', -0.5)])])),
    'the scale multiplied into the reciprocal': (g, x) => g.op('Mul', [x, scaled(g, g.op('Reciprocal', [root(g, x)]))]),
    'a scale over the root': (g, x) => g.op('Mul', [x, g.op('Div', [g.weight('scale', [8]), root(g, x)])]),
  };

  it.each(Object.entries(spellings))('recognises %s', async (_, build) => {
    for (const [opset, type] of [
      [7, 'SimplifiedLayerNormalization'],
      [17, 'SimplifiedLayerNormalization'],
      [23, 'RMSNormalization'],
    ] as const) {
      const after = await fused(model((g) => build(g, g.input('x', X)), { opset, irVersion: 10 }));
      expect(countOps(after)).toEqual({ [type]: 1 });
      const [node] = [...after.nodes.values()];
      expect(getInt(node!, 'axis', null)).toBe(-1);
      expect(getFloat(node!, 'epsilon', null)).toBe(Math.fround(1e-5));
    }
  });

  it('normalises over several axes, without a scale too', async () => {
    const two = model((g) => {
      const x = g.input('x', X);
      return scaled(g, g.op('Div', [x, root(g, x, [1, 2])]), 'float32', [3, 8]);
    });
    expect(countOps(await fused(two))).toEqual({ SimplifiedLayerNormalization: 1 });
    const bare = model((g) => {
      const x = g.input('x', ['batch', 8]);
      return g.op('Div', [x, root(g, x)]);
    });
    expect(countOps(await fused(bare))).toEqual({ SimplifiedLayerNormalization: 1 });
  });

  it('leaves a shift and a computed factor outside', async () => {
    const before = model((g) => {
      const x = g.input('x', X);
      const y = g.op('Mul', [g.op('Div', [x, root(g, x)]), g.input('gate', X)]);
      return g.op('Add', [y, g.weight('shift', [8])]);
    });
    expect(countOps(await fused(before))).toEqual({ SimplifiedLayerNormalization: 1, Mul: 1, Add: 1 });
  });

  it('drops the casts of half-precision Llama and T5', async () => {
    for (const opset of [14, 23]) {
      const before = model(
        (g) => {
          const x = cast(g, g.input('x', X, 'float16'), FLOAT);
          const y = g.op('Mul', [x, g.op('Reciprocal', [root(g, x)])]);
          return scaled(g, cast(g, y, FLOAT16), 'float16');
        },
        { opset, irVersion: 10 },
      );
      const type = opset < 23 ? 'SimplifiedLayerNormalization' : 'RMSNormalization';
      expect(countOps(await fused(before))).toEqual({ [type]: 1 });
      const twice = model(
        (g) => {
          const x = g.input('x', X, 'float16');
          const y = g.op('Div', [cast(g, x, FLOAT), root(g, cast(g, x, FLOAT))]);
          return scaled(g, cast(g, y, FLOAT16), 'float16');
        },
        { opset, irVersion: 10 },
      );
      const after = await fused(twice);
      expect(countOps(after)[type]).toBe(1);
    }
  });

  it.each([
    ['wasm', 17, 0],
    ['wasm', 23, 1],
    ['webgpu', 17, 1],
  ] as const)('mixes types on %s in opset %i only where the runtime does', async (backend, opset, casts) => {
    const before = model(
      (g) => {
        const x = g.input('x', X);
        return scaled(g, cast(g, g.op('Div', [x, root(g, x)]), FLOAT16), 'float16');
      },
      { opset, irVersion: 10 },
    );
    expect(countOps(await fused(before, backend))['Cast'] ?? 0).toBe(casts);
  });

  it('is portable from opset 23 on', async () => {
    const at = (opset: number) => model((g) => spellings['Div']!(g, g.input('x', X)), { opset, irVersion: 10 });
    expect(countOps(await fused(at(23), 'portable'))).toEqual({ RMSNormalization: 1 });
    expect(await reasons(at(22), 'portable')).toMatch(/needs opset 23/);
  });

  it('refuses axes that are not the last ones, or not known, and scales that do not fit', async () => {
    const first = model((g) => {
      const x = g.input('x', [2, 8, 8]);
      return scaled(g, g.op('Div', [x, root(g, x, [1])]));
    });
    expect(await reasons(first)).toMatch(/not the last ones/);
    const free = model((g) => {
      const x = g.input('x', [2, 'width']);
      return scaled(g, g.op('Div', [x, root(g, x)]));
    });
    expect(await reasons(free)).toMatch(/sizes of the axes/);
    const wrong = model((g) => {
      const x = g.input('x', X);
      return scaled(g, g.op('Div', [x, root(g, x)]), 'float32', [3, 1]);
    });
    expect(await reasons(wrong)).toMatch(/a constant of shape \[3, 1\]/i);
    const inside = model((g) => {
      const x = g.input('x', X);
      return g.op('Mul', [x, g.op('Mul', [g.op('Reciprocal', [root(g, x)]), g.input('gate', [2, 3, 1])])]);
    });
    expect(await reasons(inside)).toMatch(/scale has not the shape/);
  });

  it('refuses inner values that are read elsewhere', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', X);
      const squares = g.op('Pow', [x, number(g, 'two', 2)], {}, { name: 'squares' });
      g.output(g.op('Div', [x, g.op('Sqrt', [biased(g, mean(g, squares))])]), 'y');
      g.output(g.op('Neg', [squares], {}, { name: 'reader' }), 'z');
    });
    expect(await reasons(before)).toMatch(/result of Pow squares is read by Neg reader too/);
  });

  it('leaves layer norms and other quotients alone', async () => {
    const others: ((g: GraphBuilder) => ValueId)[] = [
      (g) => {
        const x = g.input('x', X);
        const d = g.op('Sub', [x, mean(g, x)]);
        return g.op('Div', [d, root(g, d)]);
      },
      (g) => g.op('Div', [g.input('y', X), root(g, g.input('x', X))]),
      (g) => root(g, g.input('x', X)),
      (g) => {
        const x = g.input('x', X);
        return g.op('Div', [root(g, x), x]);
      },
    ];
    for (const build of others) expect(await sitesOf(model(build), fuseRmsNorm)).toEqual({ sites: [], refusals: [] });
  });

  describe.skipIf(!haveShared())('on files', () => {
    it.each([
      ['real/ort_fusion/fusion/layer_norm_t5.onnx', 1],
      ['real/models/decoder/aidreams260k_nocache.onnx', 9],
      ['micro/patterns/rmsnorm_decomp.onnx', 1],
      ['micro/patterns/rmsnorm_decomp_recipmul.onnx', 1],
    ])('%s has %i', async (file, count) => {
      const before = readModel(sharedFile(file)).model;
      const { model: after } = await afterPass(before, fuseRmsNorm);
      expect(countOps(after)['SimplifiedLayerNormalization']).toBe(count);
      await expectEquivalent(before, after, { class: 'order', seeds: 1 });
    });
  });
});
