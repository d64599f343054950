import { describe, expect, it } from 'vitest';
import { getFloat, getInt } from '../../ir/attribute.ts';
import { numberToFloat16 } from '../../ir/float.ts';
import type { Model } from '../../ir/model.ts';
import { floats, tensorOf } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import type { Backend } from '../../rewrite/pass.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fuseLayerNorm } from './fuse-layer-norm.ts';

const FLOAT = 1;
const FLOAT16 = 10;

const half = (g: GraphBuilder, name: string, value: number): ValueId =>
  g.tensor(name, tensorOf('float16', [], Uint16Array.from([numberToFloat16(value)])));
const number = (g: GraphBuilder, name: string, value: number): ValueId => g.tensor(name, floats([], [value]));

/** A mean that keeps its axes: an attribute before version 18, an input from then on. */
function mean(g: GraphBuilder, x: ValueId, axes: readonly number[] = [-1]): ValueId {
  return g.model.opset() < 18 ? g.op('ReduceMean', [x], { axes }) : g.op('ReduceMean', [x, g.int64s('axes', axes)]);
}

interface Spelling {
  readonly axes?: readonly number[];
  readonly square?: (g: GraphBuilder, d: ValueId) => ValueId;
  readonly quotient?: (g: GraphBuilder, d: ValueId, variance: ValueId) => ValueId;
  readonly twice?: boolean;
}

const pow2 = (g: GraphBuilder, d: ValueId): ValueId => g.op('Pow', [d, number(g, 'two', 2)]);
const biased = (g: GraphBuilder, v: ValueId): ValueId => g.op('Add', [v, number(g, 'epsilon', 1e-5)]);
const divided = (g: GraphBuilder, d: ValueId, v: ValueId): ValueId => g.op('Div', [d, g.op('Sqrt', [biased(g, v)])]);

/** (x − μ) ÷ √(mean((x − μ)²) + ε), without scale and shift. */
function standard(
  g: GraphBuilder,
  x: ValueId,
  { axes, square = pow2, quotient = divided, twice }: Spelling = {},
): ValueId {
  const mu = mean(g, x, axes);
  const d = g.op('Sub', [x, mu], {}, { name: 'centred' });
  return quotient(g, twice ? g.op('Sub', [x, mu]) : d, mean(g, square(g, d), axes));
}

const affine = (g: GraphBuilder, y: ValueId, shape: readonly number[], dtype = 'float32'): ValueId =>
  g.op('Add', [g.op('Mul', [y, g.weight('scale', shape, { offset: 1, dtype })]), g.weight('shift', shape, { dtype })]);

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

const X = [2, 3, 8];

/** What is left after the pass, checked on the runtime. */
async function fused(before: Model, backend: Backend = 'wasm'): Promise<Model> {
  const { model: after } = await afterPass(before, fuseLayerNorm, { backend });
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

const reasons = async (before: Model, backend: Backend = 'wasm'): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseLayerNorm, { backend });
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

const only = (after: Model) => [...after.nodes.values()].find((node) => node.opType === 'LayerNormalization')!;

describe('fuse-layer-norm', () => {
  const spellings: Readonly<Record<string, Spelling>> = {
    'Pow, Sqrt and Div': {},
    'a square by multiplication': { square: (g, d) => g.op('Mul', [d, d]) },
    'the difference computed twice': { twice: true },
    'Reciprocal and Mul': {
      quotient: (g, d, v) => g.op('Mul', [g.op('Reciprocal', [g.op('Sqrt', [biased(g, v)])]), d]),
    },
    'one over the root': {
      quotient: (g, d, v) => g.op('Mul', [d, g.op('Div', [number(g, 'one', 1), g.op('Sqrt', [biased(g, v)])])]),
    },
    'a power of a half': {
      quotient: (g, d, v) => g.op('Div', [d, g.op('Pow', [biased(g, v), number(g, 'half', 0.5)])]),
    },
    'a power of minus a half': {
      quotient: (g, d, v) => g.op('Mul', [d, g.op('Pow', [biased(g, v), number(g, 'half', -0.5)])]),
    },
    'epsilon in front': {
      quotient: (g, d, v) => g.op('Div', [d, g.op('Sqrt', [g.op('Add', [number(g, 'epsilon', 1e-5), v])])]),
    },
    'two axes': { axes: [-2, -1] },
    'axes from the front': { axes: [2, 1] },
  };

  it.each(Object.entries(spellings))('recognises %s', async (_, spelling) => {
    for (const opset of [7, 11, 17, 18]) {
      const dims = X.slice(-(spelling.axes?.length ?? 1));
      const before = model((g) => affine(g, standard(g, g.input('x', X), spelling), dims), { opset });
      const after = await fused(before);
      expect(countOps(after)).toEqual({ LayerNormalization: 1 });
      expect(getInt(only(after), 'axis', null)).toBe(-dims.length);
      expect(getFloat(only(after), 'epsilon', null)).toBe(Math.fround(1e-5));
    }
  });

  it('takes a mean that is a sum over the count', async () => {
    const sum = (g: GraphBuilder, x: ValueId): ValueId => g.op('ReduceSum', [x, g.int64s('axes', [-1])]);
    const before = model((g) => {
      const x = g.input('x', X);
      const d = g.op('Sub', [x, g.op('Mul', [sum(g, x), number(g, 'eighth', 1 / 8)])]);
      const v = g.op('Div', [sum(g, g.op('Mul', [d, d])), number(g, 'eight', 8)]);
      return affine(g, divided(g, d, v), [8]);
    });
    expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1 });
  });

  it.each([
    ['with a scale and a shift', true, true],
    ['without a scale', false, true],
    ['without a shift', true, false],
    ['without both', false, false],
  ])('takes the form that TensorFlow writes %s', async (_, scaled, shifted) => {
    const before = model((g) => {
      const x = g.input('x', X);
      const mu = mean(g, x);
      const d = g.op('Sub', [x, mu]);
      const r = g.op('Reciprocal', [g.op('Sqrt', [biased(g, mean(g, g.op('Mul', [d, d])))])]);
      const s = scaled ? g.op('Mul', [r, g.weight('scale', [8])]) : r;
      if (!shifted) return g.op('Add', [g.op('Mul', [x, s]), g.op('Mul', [g.op('Neg', [mu]), s])]);
      return g.op('Add', [g.op('Mul', [x, s]), g.op('Sub', [g.weight('shift', [8]), g.op('Mul', [mu, s])])]);
    });
    expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1 });
  });

  it('multiplies the scale into the reciprocal first', async () => {
    const before = model((g) => {
      const quotient = (inner: GraphBuilder, d: ValueId, v: ValueId): ValueId =>
        inner.op('Mul', [
          d,
          inner.op('Mul', [
            inner.op('Reciprocal', [inner.op('Sqrt', [biased(inner, v)])]),
            inner.weight('scale', [1, 1, 8]),
          ]),
        ]);
      return g.op('Add', [g.weight('shift', [8]), standard(g, g.input('x', X), { quotient })]);
    });
    expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1 });
  });

  it('makes a scale of ones where none follows, and leaves computed factors outside', async () => {
    const bare = await fused(model((g) => standard(g, g.input('x', X))));
    expect(countOps(bare)).toEqual({ LayerNormalization: 1 });
    expect(only(bare).inputs).toHaveLength(2);
    const modulated = model((g) => g.op('Mul', [standard(g, g.input('x', X)), g.input('gate', [2, 1, 8])]));
    expect(countOps(await fused(modulated))).toEqual({ LayerNormalization: 1, Mul: 1 });
    const residual = model((g) => {
      const x = g.input('x', X);
      return g.op('Add', [x, g.op('Mul', [standard(g, x), g.weight('scale', [8])])]);
    });
    expect(countOps(await fused(residual))).toEqual({ LayerNormalization: 1, Add: 1 });
  });

  it('takes scale and shift from inputs of the right shape', async () => {
    const before = model((g) => g.op('Mul', [g.input('scale', [8]), standard(g, g.input('x', X))]));
    expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1 });
  });

  it('stretches constants that broadcast over the axes', async () => {
    for (const shape of [[], [1], [1, 8], [3, 1], [1, 3, 8]]) {
      const before = model((g) => affine(g, standard(g, g.input('x', X), { axes: [1, 2] }), shape));
      const after = await fused(before);
      expect(countOps(after)).toEqual({ LayerNormalization: 1 });
      const scale = after.graph.initializers.get(only(after).inputs[1]!);
      expect(scale?.shape).toEqual([3, 8]);
    }
  });

  it('makes a node for each scale or shift where several follow', async () => {
    const before = buildModel({}, (g) => {
      const y = standard(g, g.input('x', X));
      g.output(affine(g, y, [8]), 'a');
      g.output(affine(g, y, [8]), 'b');
    });
    expect(countOps(await fused(before))).toEqual({ LayerNormalization: 2 });
    const shifts = buildModel({}, (g) => {
      const y = g.op('Mul', [standard(g, g.input('x', X)), g.weight('scale', [8])]);
      for (const name of ['a', 'b']) g.output(g.op('Add', [y, g.weight('shift', [8])]), name);
    });
    expect(countOps(await fused(shifts))).toEqual({ LayerNormalization: 2 });
  });

  it('keeps free sizes of the other axes', async () => {
    const before = model((g) => affine(g, standard(g, g.input('x', ['batch', null, 8])), [8]));
    expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1 });
  });

  it('takes empty tensors', async () => {
    const before = model((g) => affine(g, standard(g, g.input('x', [0, 8])), [8]));
    const { model: after } = await afterPass(before, fuseLayerNorm);
    await expectEquivalent(before, after, { class: 'order', seeds: 1, verdicts: ['agrees', 'uninformative'] });
  });

  describe('in float16', () => {
    const eps = (g: GraphBuilder, v: ValueId): ValueId => g.op('Add', [v, half(g, 'epsilon', 1e-3)]);
    const plain: Spelling = {
      square: (g, d) => g.op('Pow', [d, half(g, 'two', 2)]),
      quotient: (g, d, v) => g.op('Div', [d, g.op('Sqrt', [eps(g, v)])]),
    };
    const cast = (g: GraphBuilder, x: ValueId, to: number): ValueId => g.op('Cast', [x], { to });

    it('computes all of it in one node', async () => {
      const before = model((g) => affine(g, standard(g, g.input('x', X, 'float16'), plain), [8], 'float16'));
      expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1 });
    });

    it.each([11, 17])('drops the casts around statistics in float32, opset %i', async (opset) => {
      const outer = model(
        (g) => {
          const y = standard(g, cast(g, g.input('x', X, 'float16'), FLOAT));
          return affine(g, cast(g, y, FLOAT16), [8], 'float16');
        },
        { opset },
      );
      expect(countOps(await fused(outer))).toEqual({ LayerNormalization: 1 });
      const inner = model(
        (g) => {
          const x = g.input('x', X, 'float16');
          const d = cast(g, g.op('Sub', [x, mean(g, x)]), FLOAT);
          const y = divided(g, d, mean(g, pow2(g, d)));
          return affine(g, cast(g, y, FLOAT16), [8], 'float16');
        },
        { opset },
      );
      expect(countOps(await fused(inner))).toEqual({ LayerNormalization: 1 });
    });

    it('keeps a cast that something else reads', async () => {
      const before = buildModel({}, (g) => {
        const x = cast(g, g.input('x', X, 'float16'), FLOAT);
        g.output(affine(g, cast(g, standard(g, x), FLOAT16), [8], 'float16'), 'y');
        g.output(g.op('Neg', [x]), 'z');
      });
      expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1, Cast: 2, Neg: 1 });
    });

    it.each([
      ['wasm', 12, 0],
      ['webgpu', 12, 1],
      ['wasm', 17, 1],
      ['portable', 17, 1],
    ] as const)('mixes types on %s in opset %i only where the runtime does', async (backend, opset, casts) => {
      const narrowed = model((g) => affine(g, cast(g, standard(g, g.input('x', X)), FLOAT16), [8], 'float16'), {
        opset,
      });
      expect(countOps(await fused(narrowed, backend))['Cast'] ?? 0).toBe(casts);
      const widened = model((g) => affine(g, standard(g, cast(g, g.input('x', X, 'float16'), FLOAT)), [8]), { opset });
      expect(countOps(await fused(widened, backend))['Cast'] ?? 0).toBe(casts);
    });

    it('leaves a cast behind a result without scale outside', async () => {
      const before = model((g) => cast(g, standard(g, g.input('x', X)), FLOAT16));
      expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1, Cast: 1 });
    });
  });

  it('computes float64 where the runtime does', async () => {
    const double = (g: GraphBuilder, name: string, value: number): ValueId =>
      g.tensor(name, tensorOf('float64', [], Float64Array.from([value])));
    const before = model((g) =>
      standard(g, g.input('x', X, 'float64'), {
        square: (inner, d) => inner.op('Mul', [d, d]),
        quotient: (inner, d, v) =>
          inner.op('Div', [d, inner.op('Sqrt', [inner.op('Add', [v, double(inner, 'epsilon', 1e-5)])])]),
      }),
    );
    expect(countOps(await fused(before))).toEqual({ LayerNormalization: 1 });
    expect(await reasons(before, 'webgpu')).toMatch(/WebGPU has no float64/);
  });

  it('is portable from opset 17 on', async () => {
    const at = (opset: number) => model((g) => affine(g, standard(g, g.input('x', X)), [8]), { opset });
    expect(countOps(await fused(at(17), 'portable'))).toEqual({ LayerNormalization: 1 });
    expect(await reasons(at(13), 'portable')).toMatch(/needs opset 17/);
  });

  it('refuses axes that are not the last ones, or not known', async () => {
    const first = model((g) => affine(g, standard(g, g.input('x', [2, 8, 8]), { axes: [1] }), [8]));
    expect(await reasons(first)).toMatch(/not the last ones/);
    const gap = model((g) => standard(g, g.input('x', [2, 8, 8]), { axes: [0, 2] }));
    expect(await reasons(gap)).toMatch(/not the last ones/);
    const unknown = model((g) => standard(g, g.input('x', null)));
    expect(await reasons(unknown)).toMatch(/not known/);
    const free = model((g) => affine(g, standard(g, g.input('x', [2, 'width'])), [8]));
    expect(await reasons(free)).toMatch(/sizes of the axes/);
    const computed = model(
      (g) => {
        const [x, axes] = [g.input('x', X), g.input('axes', [1], 'int64')];
        const d = g.op('Sub', [x, g.op('ReduceMean', [x, axes])]);
        return divided(g, d, g.op('ReduceMean', [pow2(g, d), axes]));
      },
      { opset: 18 },
    );
    expect(await reasons(computed)).toMatch(/not known/);
  });

  it('refuses means over different axes', async () => {
    const before = model((g) => {
      const x = g.input('x', X);
      const d = g.op('Sub', [x, mean(g, x, [-1])]);
      return divided(g, d, mean(g, pow2(g, d), [-2, -1]));
    });
    expect(await reasons(before)).toMatch(/not known/);
  });

  it('refuses constants that do not fit the normalised axes', async () => {
    for (const shape of [
      [3, 1],
      [2, 3, 8],
      [1, 1, 1, 8],
    ]) {
      const before = model((g) => g.op('Mul', [standard(g, g.input('x', X)), g.weight('scale', shape)]));
      expect(await reasons(before)).toMatch(shape.length === 4 ? /shape of its input/ : /a constant of shape/i);
    }
    const shift = model((g) =>
      g.op('Add', [g.op('Mul', [standard(g, g.input('x', X)), g.weight('scale', [8])]), g.weight('shift', [3, 1])]),
    );
    expect(await reasons(shift)).toMatch(/a constant of shape \[3, 1\] follows/i);
    const wide = model((g) => standard(g, g.input('x', [1, 70_000])));
    expect(await reasons(wide)).toMatch(/70000 ones/);
  });

  it('refuses inner values that are read elsewhere, and names the reader', async () => {
    const read = buildModel({}, (g) => {
      const y = affine(g, standard(g, g.input('x', X)), [8]);
      g.output(y, 'y');
      const centred = [...g.model.values.values()].find((value) => value.name === 'centred_out');
      g.output(g.op('Neg', [centred!.id], {}, { name: 'reader' }), 'z');
    });
    expect(await reasons(read)).toMatch(/result of Sub centred is read by Neg reader too/);
    const shown = buildModel({}, (g) => {
      g.output(affine(g, standard(g, g.input('x', X)), [8]), 'y');
      g.output([...g.model.values.values()].find((value) => value.name === 'centred_out')!.id);
    });
    expect(await reasons(shown)).toMatch(/is a graph output/);
  });

  it('refuses the variance as a difference of means', async () => {
    const before = model((g) => {
      const x = g.input('x', X);
      const mu = mean(g, x);
      const v = g.op('Sub', [mean(g, g.op('Mul', [x, x])), g.op('Mul', [mu, mu])]);
      return divided(g, g.op('Sub', [x, mu]), g.op('Max', [v, number(g, 'zero', 0)]));
    });
    expect(await reasons(before)).toMatch(/rounds to another value/);
  });

  it('does nothing where the pattern is another', async () => {
    const others: ((g: GraphBuilder) => ValueId)[] = [
      // Epsilon behind the root.
      (g) =>
        standard(g, g.input('x', X), {
          quotient: (inner, d, v) => inner.op('Div', [d, biased(inner, inner.op('Sqrt', [v]))]),
        }),
      // Another exponent, another root.
      (g) => standard(g, g.input('x', X), { square: (inner, d) => inner.op('Pow', [d, number(inner, 'four', 4)]) }),
      (g) =>
        standard(g, g.input('x', X), {
          quotient: (inner, d, v) =>
            inner.op('Div', [d, inner.op('Pow', [biased(inner, v), number(inner, 'third', 1 / 3)])]),
        }),
      // What is divided is not the difference, or divides.
      (g) => {
        const x = g.input('x', X);
        return standard(g, x, { quotient: (inner, _, v) => divided(inner, x, v) });
      },
      (g) =>
        standard(g, g.input('x', X), {
          quotient: (inner, d, v) => inner.op('Div', [inner.op('Sqrt', [biased(inner, v)]), d]),
        }),
      // μ − x has the other sign.
      (g) => {
        const x = g.input('x', X);
        const d = g.op('Sub', [mean(g, x), x]);
        return divided(g, d, mean(g, pow2(g, d)));
      },
      // Axes that are dropped.
      (g) => {
        const x = g.input('x', [8, 8]);
        const d = g.op('Sub', [x, g.op('ReduceMean', [x], { axes: [-1], keepdims: 0 })]);
        return divided(g, d, mean(g, pow2(g, d)));
      },
    ];
    for (const build of others) expect(await sitesOf(model(build), fuseLayerNorm)).toEqual({ sites: [], refusals: [] });
  });

  it('works inside subgraphs', async () => {
    const before = model((g) => {
      const x = g.input('x', X);
      const branch = (inner: GraphBuilder): void => inner.output(affine(inner, standard(inner, x), [8]));
      return g.op('If', [g.input('flag', [], 'bool')], { then_branch: branch, else_branch: branch });
    });
    expect(countOps(await fused(before))).toEqual({ If: 1, LayerNormalization: 2 });
  });

  describe.skipIf(!haveShared())('on files', () => {
    const counts = async (file: string): Promise<Record<string, number>> => {
      const before = readModel(sharedFile(file)).model;
      const { model: after } = await afterPass(before, fuseLayerNorm);
      // Scales among these files are so small that rounding hides everything.
      await expectEquivalent(before, after, { class: 'order', seeds: 1, verdicts: ['agrees', 'ill-conditioned'] });
      return countOps(after);
    };

    it("reaches what ONNX Runtime's own fusion reaches", async () => {
      const fusion = 'real/ort_fusion/fusion';
      expect(await counts(`${fusion}/layer_norm_shared_input.onnx`)).toEqual({ LayerNormalization: 2 });
      expect(await counts(`${fusion}/layer_norm_with_cast_2.onnx`)).toMatchObject({ LayerNormalization: 1 });
      expect(await counts(`${fusion}/layer_norm_with_cast_3.onnx`)).toEqual({ LayerNormalization: 1 });
      expect(await counts(`${fusion}/skip_layer_norm_format3_graph_output.onnx`)).toEqual({
        LayerNormalization: 1,
        Add: 1,
      });
      expect(await counts(`${fusion}/skip_layer_norm_format3_graph_output_with_cast.onnx`)).toEqual({
        LayerNormalization: 1,
        Add: 1,
      });
      expect(await counts(`${fusion}/skip_layer_norm.onnx`)).not.toHaveProperty('LayerNormalization');
    });

    it('fuses every layer norm of BERT and GPT-2', async () => {
      expect((await counts('real/models/transformer/bert_toy_unfused.onnx'))['LayerNormalization']).toBe(12);
      const { sites } = await sitesOf(readModel(sharedFile('real/models/decoder/gpt2_past.onnx')).model, fuseLayerNorm);
      expect(sites).toHaveLength(25);
    });
  });
});
