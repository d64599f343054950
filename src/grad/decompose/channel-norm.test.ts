import { describe, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';

const SHAPE = [2, 6, 3, 5];

function model(
  opset: number,
  build: (g: GraphBuilder, x: ValueId) => ValueId,
  shape: readonly number[] = SHAPE,
): Model {
  const options = { opset, irVersion: 10, domains: { 'com.microsoft': 1 } };
  return buildModel(options, (g) => g.output(build(g, g.input('x', shape)), 'y'));
}
const gamma = (g: GraphBuilder, size = 6): ValueId => g.weight('gamma', [size], { scale: 0.2, offset: 1 });
const beta = (g: GraphBuilder, size = 6): ValueId => g.weight('beta', [size]);

describe('InstanceNormalization', () => {
  it.each([[[2, 6, 7]], [SHAPE], [[2, 6, 3, 2, 4]]])('is written out over %j', async (shape) => {
    const before = model(18, (g, x) => g.op('InstanceNormalization', [x, gamma(g), beta(g)]), shape);
    await expectDecomposed(before);
  });
});

describe('GroupNormalization', () => {
  it('scales groups in version 18 and channels from 21 on', async () => {
    const norm = (size: number) => (g: GraphBuilder, x: ValueId) =>
      g.op('GroupNormalization', [x, gamma(g, size), beta(g, size)], { num_groups: 3, epsilon: float(1e-3) });
    await expectDecomposed(model(18, norm(3)));
    await expectDecomposed(model(21, norm(6)));
  });
});

describe('com.microsoft.GroupNorm', () => {
  /** The same of ai.onnx, channels first, for the runtime has no kernel here. */
  const reference = (g: GraphBuilder, x: ValueId, silu: boolean): ValueId => {
    const first = g.op('Transpose', [x], { perm: [0, 3, 1, 2] });
    const y = g.op('GroupNormalization', [first, gamma(g), beta(g)], { num_groups: 3 });
    const active = silu ? g.op('Mul', [y, g.op('Sigmoid', [y])]) : y;
    return g.op('Transpose', [active], { perm: [0, 2, 3, 1] });
  };
  const LAST = [2, 3, 5, 6];

  it('normalises groups of the last axis, and may be followed by x·σ(x)', async () => {
    for (const activation of [0, 1]) {
      const attributes = { groups: 3, activation };
      const before = model(
        21,
        (g, x) => g.op('GroupNorm', [x, gamma(g), beta(g)], attributes, { domain: 'com.microsoft' }),
        LAST,
      );
      await expectDecomposed(before, { reference: model(21, (g, x) => reference(g, x, activation === 1), LAST) });
    }
  });
  it('normalises groups of axis 1', async () => {
    const attributes = { groups: 3, activation: 0, channels_last: 0 };
    const before = model(21, (g, x) =>
      g.op('GroupNorm', [x, gamma(g), beta(g)], attributes, { domain: 'com.microsoft' }),
    );
    const standard = model(21, (g, x) => g.op('GroupNormalization', [x, gamma(g), beta(g)], { num_groups: 3 }));
    await expectDecomposed(before, { reference: standard });
  });
  it('adds a skip and a bias first, and gives the sum', async () => {
    for (const shape of [LAST, [2, 6]]) {
      const sum = (g: GraphBuilder, x: ValueId, skip: ValueId, bias: ValueId): ValueId => {
        const at = shape.length === 2 ? g.op('Reshape', [skip, g.int64s('shape', [2, 1, 1, 6])]) : skip;
        return g.op('Add', [g.op('Add', [x, at]), bias]);
      };
      const build = (write: (g: GraphBuilder, x: ValueId, skip: ValueId) => readonly ValueId[]) =>
        buildModel({ opset: 21, irVersion: 10, domains: { 'com.microsoft': 1 } }, (g) => {
          const outputs = write(g, g.input('x', LAST), g.input('skip', shape));
          outputs.forEach((output, i) => g.output(output, `y${i}`));
        });
      const before = build((g, x, skip) => {
        const [scale, shift, bias] = [gamma(g), beta(g), g.weight('bias', [6])];
        const init = { domain: 'com.microsoft', outputs: ['y', 's'] };
        return g
          .node('SkipGroupNorm', [x, scale, shift, skip, bias], { groups: 3, activation: 1 }, init)
          .outputs.map((output) => output!);
      });
      const standard = build((g, x, skip) => {
        const [scale, shift] = [gamma(g), beta(g)];
        const added = sum(g, x, skip, g.weight('bias', [6]));
        const first = g.op('Transpose', [added], { perm: [0, 3, 1, 2] });
        const y = g.op('GroupNormalization', [first, scale, shift], { num_groups: 3 });
        return [g.op('Transpose', [g.op('Mul', [y, g.op('Sigmoid', [y])])], { perm: [0, 2, 3, 1] }), added];
      });
      await expectDecomposed(before, { reference: standard });
    }
  });
});

describe('norms without weights', () => {
  it('writes out MeanVarianceNormalization, over other axes too', async () => {
    const kinds = ['normal', 'unit', 'negative'] as const;
    await expectDecomposed(
      model(18, (g, x) => g.op('MeanVarianceNormalization', [x])),
      { kinds },
    );
    await expectDecomposed(
      model(18, (g, x) => g.op('MeanVarianceNormalization', [x], { axes: [1] })),
      { kinds },
    );
  });
  it.each([
    [1, 1],
    [2, 1],
    [1, -1],
    [2, -1],
  ])('writes out LpNormalization of p = %i along axis %i', async (p, axis) => {
    await expectDecomposed(model(18, (g, x) => g.op('LpNormalization', [x], { p, axis })));
  });
});
