import { describe, expect, it } from 'vitest';
import { getString } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { formulaModel, formulasModel, scalarsOf, type Formula } from '../../testing/formulas.ts';
import { afterPasses, fusionRecords, recordModel, unmet } from '../../testing/ort-fusion.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared } from '../../testing/shared.ts';
import { eliminateIdentity } from '../cleanup/eliminate-identity.ts';
import { fuseFastGelu } from './fuse-fast-gelu.ts';

const ROOT = Math.sqrt(2 / Math.PI);

/** ½·x·(1 + tanh(u)) */
const gate =
  (u: Formula): Formula =>
  (g, x, n) => {
    const half = g.op('Mul', [x, n(0.5)]);
    return g.op('Mul', [half, g.op('Add', [g.op('Tanh', [u(g, x, n)]), n(1)])]);
  };

/** √(2/π)·(x + 0.044715·x³) */
const powered =
  (root = ROOT, cubic = 0.044715): Formula =>
  (g, x, n) => {
    const third = g.op('Mul', [g.op('Pow', [x, n(3)]), n(cubic)]);
    return g.op('Mul', [g.op('Add', [x, third]), n(root)]);
  };

const SPELLINGS: Readonly<Record<string, Formula>> = {
  'with Pow': gate(powered()),
  'with x·x·x': gate((g, x, n) => {
    const cube = g.op('Mul', [g.op('Mul', [x, x]), x]);
    return g.op('Mul', [n(ROOT), g.op('Add', [g.op('Mul', [n(0.044715), cube]), x])]);
  }),
  'with x·(x·(c·x))': gate((g, x, n) => {
    const cube = g.op('Mul', [x, g.op('Mul', [x, g.op('Mul', [n(0.044715), x])])]);
    return g.op('Mul', [g.op('Add', [x, cube]), n(ROOT)]);
  }),
  'with √(2/π)·x·(1 + c·x²)': gate((g, x, n) => {
    const square = g.op('Mul', [x, g.op('Mul', [x, n(0.044715)])]);
    return g.op('Mul', [g.op('Mul', [x, n(ROOT)]), g.op('Add', [square, n(1)])]);
  }),
  'with the factors multiplied in': gate((g, x, n) => {
    const cube = g.op('Mul', [g.op('Pow', [x, n(3)]), n(0.044715 * ROOT)]);
    return g.op('Sum', [g.op('Mul', [x, n(ROOT)]), cube]);
  }),
  'with ½ behind the gate': (g, x, n) => {
    const sum = g.op('Add', [n(1), g.op('Tanh', [powered()(g, x, n)])]);
    return g.op('Mul', [n(0.5), g.op('Mul', [sum, x])]);
  },
  'with ½ on the sum': (g, x, n) => {
    const sum = g.op('Add', [g.op('Tanh', [powered()(g, x, n)]), n(1)]);
    return g.op('Mul', [x, g.op('Mul', [n(0.5), sum])]);
  },
};
const plain = SPELLINGS['with Pow']!;

async function expectFused(before: Model, operator: string, settings = {}, count = 1): Promise<Model> {
  const { model: after } = await afterPass(before, fuseFastGelu, settings);
  expect(countOps(after)).toEqual({ [operator]: count });
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  return after;
}

const reasons = async (before: Model, settings = {}): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseFastGelu, settings);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-fast-gelu', () => {
  it.each(Object.keys(SPELLINGS))('finds the formula written %s', async (name) => {
    expect((await sitesOf(formulaModel(SPELLINGS[name]!), fuseFastGelu)).sites).toHaveLength(1);
  });

  it('fuses every spelling, and keeps the outputs', async () => {
    const formulas = Object.values(SPELLINGS);
    await expectFused(formulasModel(formulas), 'com.microsoft.FastGelu', {}, formulas.length);
  });

  it('makes the standard operator where the model has it', async () => {
    const after = await expectFused(formulaModel(plain, { opset: 20 }), 'Gelu', { backend: 'portable' });
    expect(getString([...after.nodes.values()][0]!, 'approximate', '')).toBe('tanh');
    await expectFused(formulaModel(plain, { opset: 9 }), 'com.microsoft.FastGelu', { backend: 'webgpu' });
    expect(await reasons(formulaModel(plain), { backend: 'portable' })).toMatch(/Gelu came with version 20/);
  });

  it('fuses in float16, and through casts to float32 and back', async () => {
    await expectFused(formulaModel(plain, { dtype: 'float16' }), 'com.microsoft.FastGelu');
    const wide: Formula = (g, x, n) => {
      const tanh = g.op('Tanh', [powered()(g, g.op('Cast', [x], { to: 1 }), scalarsOf(g))]);
      const sum = g.op('Add', [g.op('Cast', [tanh], { to: 10 }), n(1)]);
      return g.op('Mul', [g.op('Mul', [x, n(0.5)]), sum]);
    };
    await expectFused(formulaModel(wide, { dtype: 'float16' }), 'com.microsoft.FastGelu');
  });

  it('looks through casts that change nothing, as exporters of GPT-2 leave them', async () => {
    const casts: Formula = (g, x, n) => gate((_, y) => powered()(g, g.op('Cast', [y], { to: 1 }), n))(g, x, n);
    await expectFused(formulaModel(casts), 'com.microsoft.FastGelu');
  });

  it('takes rounded constants for what they are meant to be, and is less exact there', async () => {
    const before = formulaModel(gate(powered(0.79788, 0.0447)));
    expect((await sitesOf(before, fuseFastGelu)).sites).toMatchObject([{ preserves: 'order' }]);
    const { model: after } = await afterPass(before, fuseFastGelu);
    await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  });

  it('leaves other constants alone', async () => {
    expect(await reasons(formulaModel(gate(powered(0.8))))).toMatch(/tanh is that of 0\.8000000·/);
    expect(await reasons(formulaModel(gate(powered(ROOT, 0.05))))).toMatch(/cubic term is 0\.0500000·x³/);
  });

  it('leaves another polynomial, another gate and a plain tanh alone', async () => {
    const square = gate((g, x, n) => g.op('Mul', [g.op('Add', [x, g.op('Pow', [x, n(2)])]), n(ROOT)]));
    const elsewhere: Formula = (g, x, n) => {
      const sum = g.op('Add', [g.op('Tanh', [powered()(g, x, n)]), n(1)]);
      return g.op('Mul', [g.op('Mul', [g.op('Relu', [x]), n(0.5)]), sum]);
    };
    for (const each of [square, elsewhere, (g, x) => g.op('Mul', [x, g.op('Tanh', [x])])] as Formula[]) {
      expect(await sitesOf(formulaModel(each), fuseFastGelu)).toEqual({ sites: [], refusals: [] });
    }
  });

  it('refuses what others read on the way', async () => {
    const read: Formula = (g, x, n) => {
      const tanh = g.op('Tanh', [powered()(g, x, n)]);
      const y = g.op('Mul', [g.op('Mul', [x, n(0.5)]), g.op('Add', [tanh, n(1)])]);
      g.output(g.op('Relu', [tanh], {}, { name: 'reader' }), 'z');
      return y;
    };
    const { sites } = await sitesOf(formulaModel(read), fuseFastGelu);
    expect(sites).toEqual([]);
  });

  it.skipIf(!haveShared())("reaches what ONNX Runtime's own tests expect", async () => {
    const records = fusionRecords(/^FastGeluFusion$/);
    for (const record of records) {
      expect(unmet(record, await afterPasses(recordModel(record), [fuseFastGelu])), record.file).toEqual([]);
    }
    expect(records.length).toBeGreaterThanOrEqual(2);
  });

  it('is found behind an identity that is removed before', async () => {
    const before = formulaModel((g, x, n) => plain(g, g.op('Identity', [x]), n));
    const after = await afterPasses(before, [eliminateIdentity, fuseFastGelu]);
    expect(countOps(after)).toEqual({ 'com.microsoft.FastGelu': 1 });
  });
});
