import { describe, expect, it } from 'vitest';
import { getFloat } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { buildModel } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { formulaModel, type Formula } from '../../testing/formulas.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { fuseQuickGelu } from './fuse-quick-gelu.ts';

const silu: Formula = (g, x) => g.op('Mul', [x, g.op('Sigmoid', [x])]);
const quick: Formula = (g, x, n) => g.op('Mul', [g.op('Sigmoid', [g.op('Mul', [n(1.702), x])]), x]);

async function expectFused(before: Model, operator: string, alpha: number, settings = {}): Promise<Model> {
  const { model: after } = await afterPass(before, fuseQuickGelu, settings);
  expect(countOps(after)).toEqual({ [operator]: 1 });
  expect(getFloat([...after.nodes.values()][0]!, 'alpha', null)).toBeCloseTo(alpha, 5);
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  return after;
}

const reasons = async (before: Model, settings = {}): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseQuickGelu, settings);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-quick-gelu', () => {
  it('fuses SiLU and QuickGELU, whatever the factor', async () => {
    await expectFused(formulaModel(silu), 'com.microsoft.QuickGelu', 1);
    await expectFused(formulaModel(quick), 'com.microsoft.QuickGelu', 1.702);
    const divided: Formula = (g, x, n) => g.op('Mul', [x, g.op('Sigmoid', [g.op('Div', [x, n(-2)])])]);
    await expectFused(formulaModel(divided), 'com.microsoft.QuickGelu', -0.5);
  });

  it('makes the standard operator where the model has it', async () => {
    const settings = { backend: 'portable' } as const;
    await expectFused(formulaModel(silu, { opset: 24, irVersion: 10 }), 'Swish', 1, settings);
    await expectFused(formulaModel(quick, { opset: 24, irVersion: 10 }), 'Swish', 1.702, settings);
    expect(await reasons(formulaModel(silu), settings)).toMatch(/Swish came with version 24/);
  });

  it('fuses in float16, and leaves float64 alone', async () => {
    await expectFused(formulaModel(silu, { dtype: 'float16' }), 'com.microsoft.QuickGelu', 1);
    expect(await reasons(formulaModel(silu, { dtype: 'float64' }))).toMatch(/float64/);
  });

  it('leaves other gates alone', async () => {
    const others: Formula[] = [
      (g, x) => g.op('Mul', [g.op('Relu', [x]), g.op('Sigmoid', [x])]),
      (g, x, n) => g.op('Mul', [x, g.op('Sigmoid', [g.op('Add', [x, n(1)])])]),
      (g, x, n) => g.op('Mul', [x, g.op('Add', [g.op('Sigmoid', [x]), n(1)])]),
      (g, x) => g.op('Mul', [x, g.op('Sigmoid', [g.op('Mul', [x, x])])]),
      (g, x) => g.op('Add', [x, g.op('Sigmoid', [x])]),
    ];
    for (const each of others) {
      expect(await sitesOf(formulaModel(each), fuseQuickGelu)).toEqual({ sites: [], refusals: [] });
    }
  });

  it('refuses a sigmoid that something else reads, and names the reader', async () => {
    const read: Formula = (g, x) => {
      const sigmoid = g.op('Sigmoid', [x]);
      g.output(g.op('Relu', [sigmoid], {}, { name: 'reader' }), 'z');
      return g.op('Mul', [x, sigmoid]);
    };
    expect(await reasons(formulaModel(read))).toMatch(/read by Relu reader too/);
    const shown: Formula = (g, x) => {
      const sigmoid = g.op('Sigmoid', [x]);
      g.output(sigmoid, 'z');
      return g.op('Mul', [x, sigmoid]);
    };
    expect(await reasons(formulaModel(shown))).toMatch(/graph output/);
  });

  it('fuses behind a convolution', async () => {
    const before = buildModel({}, (g) => {
      const y = g.op('Conv', [g.input('x', [1, 2, 5, 5]), g.weight('w', [3, 2, 3, 3])]);
      g.output(g.op('Mul', [y, g.op('Sigmoid', [y])]), 'y');
    });
    const { model: after } = await afterPass(before, fuseQuickGelu);
    expect(countOps(after)).toEqual({ Conv: 1, 'com.microsoft.QuickGelu': 1 });
    await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  });
});
