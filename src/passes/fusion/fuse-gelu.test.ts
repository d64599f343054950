import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { formulaModel, formulasModel, scalarsOf, type Formula } from '../../testing/formulas.ts';
import { buildModel } from '../../testing/build.ts';
import { afterPasses, fusionRecords, recordModel, unmet } from '../../testing/ort-fusion.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared } from '../../testing/shared.ts';
import { fuseGelu } from './fuse-gelu.ts';

/** 1 + erf(x/c) or 1 + erf(x·c) */
const erfOf =
  (type: 'Div' | 'Mul', factor: number): Formula =>
  (g, x, n) =>
    g.op('Add', [g.op('Erf', [g.op(type, [x, n(factor)])]), n(1)]);
const twice = erfOf('Div', Math.SQRT2);

const SPELLINGS: Readonly<Record<string, Formula>> = {
  'x·(1 + erf)·½': (g, x, n) => g.op('Mul', [g.op('Mul', [x, twice(g, x, n)]), n(0.5)]),
  '½·((1 + erf)·x)': (g, x, n) => g.op('Mul', [n(0.5), g.op('Mul', [twice(g, x, n), x])]),
  '(x·½)·(1 + erf)': (g, x, n) => g.op('Mul', [g.op('Mul', [x, n(0.5)]), twice(g, x, n)]),
  '(1 + erf)·(½·x)': (g, x, n) => g.op('Mul', [twice(g, x, n), g.op('Mul', [n(0.5), x])]),
  'x·(½·(1 + erf))': (g, x, n) => g.op('Mul', [x, g.op('Mul', [n(0.5), twice(g, x, n)])]),
  'x·((1 + erf)/2)': (g, x, n) => g.op('Mul', [x, g.op('Div', [twice(g, x, n), n(2)])]),
  '(x/2)·(1 + erf)': (g, x, n) => g.op('Mul', [g.op('Div', [x, n(2)]), twice(g, x, n)]),
  'x·(½ + ½·erf)': (g, x, n) => {
    const erf = g.op('Erf', [g.op('Mul', [n(Math.SQRT1_2), x])]);
    return g.op('Mul', [x, g.op('Add', [n(0.5), g.op('Mul', [erf, n(0.5)])])]);
  },
  '½·x·(1 - erf(-x/√2))': (g, x, n) => {
    const erf = g.op('Erf', [g.op('Mul', [g.op('Neg', [x]), n(Math.SQRT1_2)])]);
    return g.op('Mul', [g.op('Mul', [n(0.5), x]), g.op('Sub', [n(1), erf])]);
  },
  '(x·(erf + 1))/2': (g, x, n) => {
    const erf = g.op('Erf', [g.op('Mul', [x, n(Math.SQRT1_2)])]);
    return g.op('Div', [g.op('Mul', [x, g.op('Sum', [erf, n(1)])]), n(2)]);
  },
};

const plain = SPELLINGS['x·(1 + erf)·½']!;

async function expectFused(before: Model, operator: string, settings = {}, count = 1): Promise<Model> {
  const { model: after } = await afterPass(before, fuseGelu, settings);
  expect(countOps(after)).toEqual({ [operator]: count });
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  return after;
}

const reasons = async (before: Model, settings = {}): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseGelu, settings);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-gelu', () => {
  it.each(Object.keys(SPELLINGS))('finds %s', async (name) => {
    expect((await sitesOf(formulaModel(SPELLINGS[name]!), fuseGelu)).sites).toHaveLength(1);
  });

  it('fuses every spelling, and keeps the outputs', async () => {
    const formulas = Object.values(SPELLINGS);
    await expectFused(formulasModel(formulas), 'com.microsoft.Gelu', {}, formulas.length);
  });

  it('makes the standard operator where the model has it, for any runtime', async () => {
    for (const opset of [20, 22]) {
      await expectFused(formulaModel(plain, { opset }), 'Gelu', { backend: 'portable' });
      await expectFused(formulaModel(plain, { opset }), 'Gelu');
    }
    const after = await expectFused(formulaModel(plain, { opset: 9 }), 'com.microsoft.Gelu', { backend: 'webgpu' });
    expect(after.opset('com.microsoft')).toBe(1);
    expect(await reasons(formulaModel(plain), { backend: 'portable' })).toMatch(/Gelu came with version 20/);
  });

  it('fuses in float16, whose constants are rounded', async () => {
    await expectFused(formulaModel(plain, { dtype: 'float16' }), 'com.microsoft.Gelu');
  });

  it('looks through casts to a wider type and back', async () => {
    const wide: Formula = (g, x, n) => {
      const n32 = scalarsOf(g);
      const cdf = g.op('Cast', [twice(g, g.op('Cast', [x], { to: 1 }), n32)], { to: 10 });
      return g.op('Mul', [g.op('Mul', [x, n(0.5)]), cdf]);
    };
    await expectFused(formulaModel(wide, { dtype: 'float16' }), 'com.microsoft.Gelu');
  });

  it('leaves casts to a narrower type alone', async () => {
    const narrow: Formula = (g, x, n) => {
      const n16 = scalarsOf(g, 'float16');
      const cdf = g.op('Cast', [twice(g, g.op('Cast', [x], { to: 10 }), n16)], { to: 1 });
      return g.op('Mul', [g.op('Mul', [x, n(0.5)]), cdf]);
    };
    expect(await reasons(formulaModel(narrow))).toMatch(/narrower type/);
  });

  it('leaves float64 alone', async () => {
    expect(await reasons(formulaModel(plain, { dtype: 'float64' }))).toMatch(/take float32 and float16.* float64/);
  });

  it('takes rounded constants for what they are meant to be, and is less exact there', async () => {
    for (const [type, factor] of [
      ['Div', Math.SQRT2 * (1 - 1e-5)] as const,
      ['Mul', Math.SQRT1_2 * (1 + 3e-5)] as const,
    ]) {
      const before = formulaModel((g, x, n) => g.op('Mul', [g.op('Mul', [x, n(0.5)]), erfOf(type, factor)(g, x, n)]));
      const { sites } = await sitesOf(before, fuseGelu);
      expect(sites).toMatchObject([{ preserves: 'order', what: expect.stringMatching(/with rounded constants/) }]);
      const { model: after } = await afterPass(before, fuseGelu);
      await expectEquivalent(before, after, { class: 'order', seeds: 1 });
    }
    expect((await sitesOf(formulaModel(plain), fuseGelu)).sites[0]?.preserves).toBeUndefined();
  });

  it('leaves other constants alone', async () => {
    for (const root of [1.5, 1.413]) {
      const off: Formula = (g, x, n) => g.op('Mul', [g.op('Mul', [x, erfOf('Div', root)(g, x, n)]), n(0.5)]);
      expect(await reasons(formulaModel(off))).toMatch(new RegExp(`erf is that of x/${root}0*, and the erf of GELU`));
    }
    const half: Formula = (g, x, n) => g.op('Mul', [g.op('Mul', [x, twice(g, x, n)]), n(0.50001)]);
    expect(await reasons(formulaModel(half))).toMatch(/not exactly one half/);
  });

  it('does not take the error function of one value for the gate of another', async () => {
    const other: Formula = (g, x, n) => g.op('Mul', [g.op('Mul', [g.op('Relu', [x]), twice(g, x, n)]), n(0.5)]);
    expect(await sitesOf(formulaModel(other), fuseGelu)).toEqual({ sites: [], refusals: [] });
    const whole: Formula = (g, x, n) => g.op('Mul', [x, twice(g, x, n)]);
    expect(await sitesOf(formulaModel(whole), fuseGelu)).toEqual({ sites: [], refusals: [] });
  });

  it('stops at the input of the formula, though that is a product too', async () => {
    const scaled: Formula = (g, x, n) => plain(g, g.op('Mul', [g.op('Mul', [x, x]), n(2)]), n);
    const { model: after } = await afterPass(formulaModel(scaled), fuseGelu);
    expect(countOps(after)).toEqual({ Mul: 2, 'com.microsoft.Gelu': 1 });
  });

  it('leaves a gate behind it alone', async () => {
    const gated: Formula = (g, x, n) => g.op('Mul', [g.op('Relu', [x]), plain(g, x, n)]);
    const before = formulaModel(gated);
    const { model: after } = await afterPass(before, fuseGelu);
    expect(countOps(after)).toEqual({ Relu: 1, Mul: 1, 'com.microsoft.Gelu': 1 });
    await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  });

  it('leaves what others read on the way, and keeps what leads into it for them', async () => {
    const readErf: Formula = (g, x, n) => {
      const erf = g.op('Erf', [g.op('Div', [x, n(Math.SQRT2)])]);
      const y = g.op('Mul', [g.op('Mul', [x, g.op('Add', [erf, n(1)])]), n(0.5)]);
      return g.op('Add', [y, g.op('Relu', [erf], {}, { name: 'reader' })], {}, { name: 'total' });
    };
    expect(await reasons(formulaModel(readErf))).toBe('');
    const readSum: Formula = (g, x, n) => {
      const factor = twice(g, x, n);
      const y = g.op('Mul', [g.op('Mul', [x, factor]), n(0.5)]);
      return g.op('Add', [y, g.op('Relu', [factor], {}, { name: 'reader' })]);
    };
    expect(await reasons(formulaModel(readSum))).toMatch(/read by Relu reader too/);
    const readHalf: Formula = (g, x, n) => {
      const half = g.op('Mul', [x, n(0.5)]);
      return g.op('Add', [half, g.op('Mul', [half, twice(g, x, n)])]);
    };
    const before = formulaModel(readHalf);
    const { model: after } = await afterPass(before, fuseGelu);
    expect(countOps(after)).toEqual({ Mul: 1, Add: 1, 'com.microsoft.Gelu': 1 });
    await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  });

  it('leaves scalars alone that may add an axis to the result', async () => {
    const high = { scalarShape: [1, 1, 1, 1] };
    expect(await reasons(formulaModel(plain, high))).toMatch(/rank 4 may add axes/);
    await expectFused(formulaModel(plain, { ...high, scalarShape: [1, 1] }), 'com.microsoft.Gelu');
    expect(await reasons(formulaModel(plain, { shape: null, scalarShape: [1] }))).toMatch(/rank 1 may add axes/);
    const { result } = await afterPass(formulaModel(plain, { shape: null }), fuseGelu);
    expect(result.applied).toHaveLength(1);
  });

  it('works in a branch, on a value of the outer graph, and not across its border', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 8]);
      const n = scalarsOf(g);
      const sum = twice(g, x, n);
      const both = g.op('If', [g.input('c', [], 'bool')], {
        then_branch: (inner) => inner.output(plain(inner, x, scalarsOf(inner))),
        else_branch: (inner) => inner.output(inner.op('Mul', [inner.op('Mul', [x, sum]), scalarsOf(inner)(0.5)])),
      });
      g.output(both, 'y');
    });
    const { model: after, result } = await afterPass(before, fuseGelu);
    expect(result.applied).toHaveLength(1);
    expect(countOps(after)).toMatchObject({ Erf: 1, 'com.microsoft.Gelu': 1 });
    await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  });

  it('says what it does, and records the rule', async () => {
    const before = formulaModel(plain);
    const { sites } = await sitesOf(before, fuseGelu);
    expect(sites.map((site) => site.what)).toEqual([
      'Replaces 5 nodes around Erf erf by one Gelu: they spell x·(1 + erf(x/√2))/2.',
    ]);
    const { model: after } = await afterPass(before, fuseGelu);
    expect([...after.nodes.values()][0]?.madeBy).toBe('fuse-gelu/gelu');
    expect(after.graph.initializers.size).toBe(0);
  });

  it.skipIf(!haveShared())("reaches what ONNX Runtime's own tests expect", async () => {
    const records = fusionRecords(/^GeluFusion$/);
    for (const record of records) {
      expect(unmet(record, await afterPasses(recordModel(record), [fuseGelu])), record.file).toEqual([]);
    }
    expect(records.length).toBeGreaterThanOrEqual(3);
  });
});
