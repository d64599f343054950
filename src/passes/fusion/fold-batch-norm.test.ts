import { array, assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';

interface NormOptions {
  readonly dtype?: 'float32' | 'float16';
  readonly attributes?: Readonly<Record<string, number>>;
  readonly outputs?: readonly (string | null)[];
  /** Statistics whose shift is exactly 0. */
  readonly unshifted?: boolean;
}

/** A batch norm with seeded parameters; the variance is positive. */
function norm(g: GraphBuilder, x: ValueId, channels: number, options: NormOptions = {}): ValueId {
  const { dtype = 'float32', unshifted = false } = options;
  const parameters = unshifted
    ? [g.weight('gamma', [channels], { dtype }), g.floats('beta', [channels], 0), g.floats('mean', [channels], 0)]
    : [1, 0.2, 0.1].map((offset, i) => g.weight(['gamma', 'beta', 'mean'][i]!, [channels], { dtype, offset }));
  const variance = g.weight('variance', [channels], { scale: 0.1, offset: 1, dtype });
  return g.op('BatchNormalization', [x, ...parameters, variance], options.attributes ?? {}, {
    ...(options.outputs ? { outputs: options.outputs } : {}),
  });
}

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

async function expectFolded(before: Model, ops: Record<string, number>): Promise<void> {
  const { model: after } = await afterPass(before, foldBatchNorm);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
}

async function expectRefused(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, foldBatchNorm);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

const conv = (g: GraphBuilder, x: ValueId, [cin, cout]: [number, number], attributes = {}, bias = true): ValueId =>
  g.op('Conv', [x, g.weight('w', [cout, cin, 3, 3]), ...(bias ? [g.weight('b', [cout])] : [])], attributes);

describe('fold-batch-norm: behind a linear operator', () => {
  it('folds into a convolution, with and without a bias', async () => {
    for (const bias of [true, false]) {
      await expectFolded(
        model((g) => norm(g, conv(g, g.input('x', [2, 3, 6, 6]), [3, 5], { pads: [1, 1, 1, 1] }, bias), 5)),
        { Conv: 1 },
      );
    }
  });

  it('folds into a grouped and a depthwise convolution', async () => {
    for (const group of [2, 4]) {
      await expectFolded(
        model((g) => norm(g, conv(g, g.input('x', [1, 4, 6, 6]), [4 / group, 8], { group }), 8)),
        { Conv: 1 },
      );
    }
  });

  it('folds into a transposed convolution along axis 1, groups minded', async () => {
    for (const group of [1, 2]) {
      const before = model((g) => {
        const w = g.weight('w', [4, 3, 2, 2]);
        return norm(g, g.op('ConvTranspose', [g.input('x', [1, 4, 5, 5]), w], { strides: [2, 2], group }), 3 * group);
      });
      await expectFolded(before, { ConvTranspose: 1 });
    }
  });

  it.each([
    { transB: 0, bias: [5] },
    { transB: 1, bias: [1, 5] },
    { transB: 0, bias: [2, 5] },
    { transB: 1, bias: [2, 1] },
    { transB: 0, bias: [] },
    { transB: 1, bias: null },
  ])('folds into a Gemm with alpha, beta, %o', async ({ transB, bias }) => {
    const before = model((g) => {
      const inputs = [g.input('x', [2, 4]), g.weight('w', transB ? [5, 4] : [4, 5])];
      if (bias) inputs.push(g.weight('c', bias));
      return norm(g, g.op('Gemm', inputs, { transB, alpha: 0.5, beta: 1.5 }), 5);
    });
    await expectFolded(before, { Gemm: 1 });
  });

  it('turns a product of matrices into a Gemm', async () => {
    const before = model((g) => norm(g, g.op('MatMul', [g.input('x', ['n', 4]), g.weight('w', [4, 5])]), 5));
    await expectFolded(before, { Gemm: 1 });
  });

  it('leaves a product of higher rank alone: its channels are rows', async () => {
    const before = model((g) => norm(g, g.op('MatMul', [g.input('x', [2, 3, 4]), g.weight('w', [4, 5])]), 3));
    await expectRefused(before, /not known to be a matrix/);
  });

  it('folds where a bias of its own stands between', async () => {
    for (const [type, channels] of [
      ['Conv', 5],
      ['ConvTranspose', 3],
    ] as const) {
      for (const step of ['Add', 'Mul']) {
        const before = model((g) => {
          const y = g.op(type, [
            g.input('x', [1, 3, 6, 6]),
            g.weight('w', type === 'Conv' ? [5, 3, 2, 2] : [3, 3, 2, 2]),
          ]);
          return norm(g, g.op(step, [y, g.weight('k', [channels, 1, 1])]), channels);
        });
        await expectFolded(before, { [type]: 1 });
      }
    }
    const spatial = model((g) =>
      norm(g, g.op('Add', [conv(g, g.input('x', [1, 3, 7, 7]), [3, 5]), g.weight('k', [5])]), 5),
    );
    await expectRefused(spatial, /varies along another axis/);
  });

  it('folds into a product whose columns were moved to the channels', async () => {
    const moved = (build: (g: GraphBuilder, y: ValueId) => ValueId) =>
      model((g) => {
        const y = g.op('MatMul', [g.input('x', [2, 3, 4]), g.weight('w', [4, 5])]);
        return norm(g, build(g, y), 5);
      });
    await expectFolded(
      moved((g, y) => g.op('Transpose', [y], { perm: [0, 2, 1] })),
      { MatMul: 1, Add: 1, Transpose: 1 },
    );
    await expectFolded(
      moved((g, y) => g.op('Reshape', [y, g.int64s('rows', [6, 5])])),
      { MatMul: 1, Add: 1, Reshape: 1 },
    );
    const three = moved((g, y) => {
      const square = g.op('Reshape', [y, g.int64s('square', [2, 3, 1, 5])]);
      return g.op('Unsqueeze', [g.op('Transpose', [square], { perm: [0, 3, 1, 2] }), g.int64s('last', [4])]);
    });
    await expectFolded(three, { MatMul: 1, Add: 1, Reshape: 1, Transpose: 1, Unsqueeze: 1 });
    const gemm = model((g) => {
      const y = g.op('Gemm', [g.input('x', [6, 4]), g.weight('w', [4, 5]), g.weight('c', [5])], { alpha: 0.5 });
      return norm(g, g.op('Transpose', [g.op('Reshape', [y, g.int64s('s', [2, 3, 5])])], { perm: [0, 2, 1] }), 5);
    });
    await expectFolded(gemm, { Gemm: 1, Reshape: 1, Transpose: 1 });
  });

  it('leaves a product alone whose rows, or parts of whose columns, became the channels', async () => {
    const reason = /not known to be the columns/;
    const rows = model((g) => {
      const y = g.op('MatMul', [g.input('x', [5, 4]), g.weight('w', [4, 5])]);
      return norm(g, g.op('Transpose', [y], { perm: [1, 0] }), 5);
    });
    await expectRefused(rows, reason);
    const parts = model((g) => {
      const y = g.op('MatMul', [g.input('x', [3, 4]), g.weight('w', [4, 10])]);
      return norm(g, g.op('Reshape', [y, g.int64s('s', [3, 5, 2])]), 5);
    });
    await expectRefused(parts, reason);
  });

  it('folds in float16', async () => {
    const before = model((g) => {
      const w = g.weight('w', [4, 2, 3, 3], { dtype: 'float16' });
      return norm(g, g.op('Conv', [g.input('x', [1, 2, 5, 5], 'float16'), w]), 4, { dtype: 'float16' });
    });
    const { model: after, result } = await afterPass(before, foldBatchNorm);
    expect(result.applied).toHaveLength(1);
    const weight = [...after.graph.initializers.values()].find((each) => each.shape.length === 4);
    expect(weight?.dtype).toBe('float16');
    await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
  });

  it('finds its constants in Constant nodes too', async () => {
    const before = model((g) => {
      const y = conv(g, g.input('x', [1, 3, 6, 6]), [3, 2]);
      const fixed = (values: number[]) =>
        g.op('Constant', [], { value_floats: { type: 'floats', value: values.map(Math.fround) } });
      return g.op('BatchNormalization', [y, fixed([1, 2]), fixed([0, 1]), fixed([0.5, 1]), fixed([1, 3])]);
    });
    const { model: after } = await afterPass(before, foldBatchNorm);
    expect(countOps(after)['BatchNormalization']).toBeUndefined();
    await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
  });

  it('works inside a branch, on weights of the outer graph', async () => {
    const before = model((g) => {
      const x = g.input('x', [1, 3, 6, 6]);
      const w = g.weight('w', [2, 3, 3, 3]);
      return g.op('If', [g.input('c', [], 'bool')], {
        then_branch: (inner) => inner.output(norm(inner, inner.op('Conv', [x, w]), 2)),
        else_branch: (inner) => inner.output(inner.op('Conv', [x, w])),
      });
    });
    await expectFolded(before, { If: 1, Conv: 2 });
  });
});

describe('fold-batch-norm: before a linear operator', () => {
  it('folds into a convolution that does not pad, groups minded', async () => {
    for (const group of [1, 2]) {
      const before = model((g) => conv(g, norm(g, g.input('x', [1, 4, 6, 6]), 4), [4 / group, 6], { group }));
      await expectFolded(before, { Conv: 1 });
    }
  });

  it('leaves a padding convolution alone, for the shift would reach the padding', async () => {
    const before = model((g) => conv(g, norm(g, g.input('x', [1, 4, 6, 6]), 4), [4, 6], { pads: [1, 1, 1, 1] }));
    await expectRefused(before, /pads with zeros/);
    const same = model((g) => conv(g, norm(g, g.input('x', [1, 4, 6, 6]), 4), [4, 6], { auto_pad: 'SAME_UPPER' }));
    await expectRefused(same, /pads with zeros/);
  });

  it('folds a mere scale into a padding convolution', async () => {
    const before = model((g) =>
      conv(g, norm(g, g.input('x', [1, 4, 6, 6]), 4, { unshifted: true }), [4, 6], { pads: [1, 1, 1, 1] }, false),
    );
    await expectFolded(before, { Conv: 1 });
    const { model: after } = await afterPass(before, foldBatchNorm);
    expect([...after.nodes.values()][0]?.inputs).toHaveLength(2);
  });

  it.each([0, 1])('folds into a Gemm with transB %i', async (transB) => {
    const before = model((g) => {
      const w = g.weight('w', transB ? [5, 4] : [4, 5]);
      const x = norm(g, g.input('x', [2, 4]), 4);
      return g.op('Gemm', [x, w, g.weight('c', [5])], { transB, alpha: 0.5, beta: 2.5 });
    });
    await expectFolded(before, { Gemm: 1 });
  });

  it('leaves a Gemm that transposes its left operand alone', async () => {
    const before = model((g) => g.op('Gemm', [norm(g, g.input('x', [4, 3]), 3), g.weight('w', [4, 5])], { transA: 1 }));
    await expectRefused(before, /transposes its left operand/);
  });
});

const normAt = (options: NormOptions, opset: number): Model =>
  buildModel({ opset }, (g) => {
    const y = norm(g, conv(g, g.input('x', [1, 3, 6, 6]), [3, 2]), 2, options);
    g.output(y, 'y');
  });

describe('fold-batch-norm: what it leaves alone', () => {
  it('batch norm in training mode, in each spelling', async () => {
    await expectRefused(normAt({ attributes: { training_mode: 1 }, outputs: ['y', 'm', 'v'] }, 15), /training mode/);
    await expectRefused(normAt({}, 6), /training mode/);
    await expectRefused(normAt({ outputs: ['y', 'm', 'v', 'sm', 'sv'] }, 9), /training mode/);
    expect((await sitesOf(normAt({ attributes: { is_test: 1 } }, 6), foldBatchNorm)).sites).toHaveLength(1);
  });

  it('statistics per element', async () => {
    await expectRefused(normAt({ attributes: { spatial: 0 } }, 8), /statistics per element/);
  });

  it('a convolution with another reader, named in the reason', async () => {
    const before = model((g) => {
      const y = conv(g, g.input('x', [1, 3, 6, 6]), [3, 2]);
      g.output(g.op('Relu', [y], {}, { name: 'reader' }), 'other');
      return norm(g, y, 2);
    });
    await expectRefused(before, /read by Relu reader too/);
  });

  it('a convolution whose result is a graph output', async () => {
    const before = model((g) => {
      const y = conv(g, g.input('x', [1, 3, 6, 6]), [3, 2]);
      g.output(y, 'other');
      return norm(g, y, 2);
    });
    await expectRefused(before, /graph output/);
  });

  it('a result that a branch captures', async () => {
    const before = model((g) => {
      const y = conv(g, g.input('x', [1, 3, 6, 6]), [3, 2]);
      const both = g.op('If', [g.input('c', [], 'bool')], {
        then_branch: (inner) => inner.output(inner.op('Relu', [y])),
        else_branch: (inner) => inner.output(inner.op('Neg', [y])),
      });
      g.output(both, 'other');
      return norm(g, y, 2);
    });
    await expectRefused(before, /read by Relu/);
  });

  it('weights that are computed, or are overridable inputs', async () => {
    const computed = model((g) => norm(g, g.op('Conv', [g.input('x', [1, 3, 6, 6]), g.input('w', [2, 3, 3, 3])]), 2));
    await expectRefused(computed, /not a constant/);
    const overridable = model((g) => {
      const x = g.input('x', [1, 3, 6, 6]);
      const w = g.weight('w', [2, 3, 3, 3]);
      g.graph.inputs.push(w);
      return norm(g, g.op('Conv', [x, w]), 2);
    });
    await expectRefused(overridable, /not a constant/);
  });

  it('a channel whose variance is not positive', async () => {
    const before = model((g) => {
      const y = conv(g, g.input('x', [1, 3, 6, 6]), [3, 1]);
      const [one, zero] = [g.floats('one', [1], 1), g.floats('zero', [1], 0)];
      return g.op('BatchNormalization', [y, one, zero, zero, g.floats('v', [1], -1)], { epsilon: float(0.5) });
    });
    await expectRefused(before, /finite/);
  });
});

describe('fold-batch-norm: bookkeeping', () => {
  it('clones a weight that another convolution shares', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [1, 3, 6, 6]);
      const w = g.weight('w', [2, 3, 3, 3]);
      g.output(norm(g, g.op('Conv', [x, w]), 2), 'a');
      g.output(g.op('Conv', [x, w]), 'b');
    });
    const { model: after } = await afterPass(before, foldBatchNorm);
    expect([...after.graph.initializers.keys()].map((id) => after.getValue(id).name)).toContain('w');
    await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
  });

  it('keeps output names, records ancestors and the rule, and names things alike each time', async () => {
    const before = model((g) => norm(g, conv(g, g.input('x', [1, 3, 6, 6]), [3, 2]), 2));
    const old = [...before.nodes.keys()];
    const runs = [await afterPass(before, foldBatchNorm), await afterPass(before, foldBatchNorm)];
    const [first, second] = runs.map(({ model: after }) => [...after.nodes.values()][0]!);
    expect(first?.ancestors).toEqual(old);
    expect(first?.madeBy).toBe('fold-batch-norm/conv-bn');
    expect(first?.name).toBe('batchnormalization:conv-bn');
    expect(second?.name).toBe(first?.name);
    const after = runs[0]!.model;
    expect(after.graph.outputs).toEqual(before.graph.outputs);
    expect(runs[0]!.result).toMatchObject({ removed: 2, added: 1 });
    const weight = after.getValue(first!.inputs[1]!);
    expect(weight.origin).toEqual({ relation: 'scaled', value: [...before.nodes.values()][0]!.inputs[1] });
  });

  it('leaves the model that it was given as it is', async () => {
    const before = model((g) => norm(g, conv(g, g.input('x', [1, 3, 6, 6]), [3, 2]), 2));
    await afterPass(before, foldBatchNorm);
    expect(countOps(before)).toEqual({ Conv: 1, BatchNormalization: 1 });
  });
});

describe.skipIf(!haveShared())("fold-batch-norm: ONNX Runtime's own tests", () => {
  const read = (name: string) => readModel(sharedFile(`real/ort_fusion/fusion/${name}.onnx`)).model;

  it('folds a product and its normalization into a Gemm', async () =>
    expectFolded(read('fuse-matmul-bn-directly'), { Gemm: 1 }));

  it('leaves alone a product of higher rank, and one whose rows became the channels', async () => {
    await expectRefused(read('fuse-matmul-bn-directly-dont-fuse'), /not known to be a matrix/);
    // ONNX Runtime folds this one, but its normalization has five channels where there is one: it never ran.
    await expectRefused(read('fuse-matmul-bn-only-transpose'), /not known to be the columns/);
  });
});

describe('fold-batch-norm on random chains', () => {
  /** Channels, and what stands where, of a chain of layers. */
  const layer = record({
    kind: constantFrom('conv', 'depthwise', 'transpose', 'norm', 'Relu', 'Sigmoid'),
    width: integer({ min: 1, max: 3 }),
    pad: integer({ min: 0, max: 1 }),
    bias: boolean(),
  });

  it('keeps the outputs', async () => {
    await assert(
      asyncProperty(array(layer, { minLength: 1, maxLength: 6 }), integer({ min: 1, max: 99 }), async (chain, seed) => {
        const before = buildModel({ seed }, (g) => {
          let x = g.input('x', [1, 2, 12, 12]);
          let channels = 2;
          for (const { kind, width, pad, bias } of chain) {
            const pads = [pad, pad, pad, pad];
            if (kind === 'norm') x = norm(g, x, channels);
            else if (kind === 'Relu' || kind === 'Sigmoid') x = g.op(kind, [x]);
            else {
              const depthwise = kind === 'depthwise';
              const out = depthwise ? channels : width;
              const shape = kind === 'transpose' ? [channels, out, 2, 2] : [out, depthwise ? 1 : channels, 2, 2];
              const inputs = [x, g.weight('w', shape), ...(bias ? [g.weight('b', [out])] : [])];
              const group = depthwise ? channels : 1;
              x = g.op(kind === 'transpose' ? 'ConvTranspose' : 'Conv', inputs, { pads, group });
              channels = out;
            }
          }
          g.output(x, 'y');
        });
        const { model: after, result } = await afterPass(before, foldBatchNorm);
        const folds = chain.filter(
          ({ kind }, i) => kind === 'norm' && /conv|depthwise|transpose/.test(chain[i - 1]?.kind ?? ''),
        );
        expect(result.applied.length).toBeGreaterThanOrEqual(folds.length);
        const verdicts = ['agrees', 'uninformative'] as const;
        await expectEquivalent(before, after, { class: 'weights', seeds: 1, verdicts });
      }),
      { numRuns: 40, seed: 7 },
    );
  });
});
