import { describe, expect, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { formulaModel, formulasModel, type Formula } from '../../testing/formulas.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { fuseHardSwish } from './fuse-hard-swish.ts';

type Clamp = (...parts: Parameters<Formula>) => ReturnType<Formula>;

/** From 0 to `most`. */
const clip =
  (most: number): Clamp =>
  (g, x, n) =>
    g.op('Clip', [x, n(0), n(most)]);
const shifted =
  (clamp: Clamp, shift = 3): Formula =>
  (g, x, n) =>
    clamp(g, g.op('Add', [x, n(shift)]), n);

/** x·clamp(x + 3)/6 */
const product =
  (clamp: Clamp): Formula =>
  (g, x, n) =>
    g.op('Div', [g.op('Mul', [x, shifted(clamp)(g, x, n)]), n(6)]);

const SPELLINGS: Readonly<Record<string, Formula>> = {
  'x·Clip(x + 3)/6': product(clip(6)),
  'x·(Clip(3 + x)/6)': (g, x, n) => {
    const gate = g.op('Clip', [g.op('Add', [n(3), x]), n(0), n(6)]);
    return g.op('Mul', [g.op('Div', [gate, n(6)]), x]);
  },
  '(Clip(x + 3)·⅙)·x': (g, x, n) => g.op('Mul', [g.op('Mul', [shifted(clip(6))(g, x, n), n(1 / 6)]), x]),
  '(x/6)·Clip(x + 3)': (g, x, n) => g.op('Mul', [g.op('Div', [x, n(6)]), shifted(clip(6))(g, x, n)]),
  'x·Clip(x/6 + ½)': (g, x, n) => {
    const line = g.op('Add', [g.op('Div', [x, n(6)]), n(0.5)]);
    return g.op('Mul', [x, g.op('Clip', [line, n(0), n(1)])]);
  },
  'x·Min(Max(x + 3, 0), 6)/6': product((g, x, n) => g.op('Min', [g.op('Max', [x, n(0)]), n(6)])),
  'x·Max(Min(x + 3, 6), 0)/6': product((g, x, n) => g.op('Max', [n(0), g.op('Min', [n(6), x])])),
  'x·Min(Relu(x + 3), 6)/6': product((g, x, n) => g.op('Min', [g.op('Relu', [x]), n(6)])),
  'x·HardSigmoid(x)': (g, x) => g.op('Mul', [x, g.op('HardSigmoid', [x], { alpha: float(1 / 6), beta: 0.5 })]),
};
const plain = SPELLINGS['x·Clip(x + 3)/6']!;

async function expectFused(before: Model, ops: Record<string, number>, settings = {}): Promise<void> {
  const { model: after } = await afterPass(before, fuseHardSwish, settings);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
}

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseHardSwish);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-hard-swish', () => {
  it.each(Object.keys(SPELLINGS))('finds %s', async (name) => {
    expect((await sitesOf(formulaModel(SPELLINGS[name]!), fuseHardSwish)).sites).toHaveLength(1);
  });

  it('fuses every spelling, for any runtime, and keeps the outputs', async () => {
    const formulas = Object.values(SPELLINGS);
    await expectFused(formulasModel(formulas), { HardSwish: formulas.length }, { backend: 'portable' });
  });

  it('takes the limits of an old Clip from its attributes, and makes HardSigmoid where HardSwish is not there yet', async () => {
    const old: Formula = (g, x, n) => {
      const gate = g.op('Clip', [g.op('Add', [x, n(3)])], { min: float(0), max: float(6) });
      return g.op('Div', [g.op('Mul', [x, gate]), n(6)]);
    };
    await expectFused(formulaModel(old, { opset: 10 }), { HardSigmoid: 1, Mul: 1 });
    await expectFused(formulaModel(plain, { opset: 13 }), { HardSigmoid: 1, Mul: 1 });
    const short = formulaModel(SPELLINGS['x·HardSigmoid(x)']!, { opset: 13 });
    expect(await reasons(short)).toMatch(/HardSwish came with version 14/);
  });

  it('fuses in float16, and leaves float64 alone', async () => {
    await expectFused(formulaModel(plain, { dtype: 'float16' }), { HardSwish: 1 });
    expect(await reasons(formulaModel(plain, { dtype: 'float64' }))).toMatch(/float64/);
  });

  it('takes 0.16667 for a sixth, and is less exact there', async () => {
    const before = formulaModel((g, x) =>
      g.op('Mul', [x, g.op('HardSigmoid', [x], { alpha: float(0.16667), beta: 0.5 })]),
    );
    expect((await sitesOf(before, fuseHardSwish)).sites).toMatchObject([{ preserves: 'order' }]);
    const { model: after } = await afterPass(before, fuseHardSwish);
    await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  });

  it('leaves a hard gate of another slope alone', async () => {
    const other: Formula = (g, x) => g.op('Mul', [x, g.op('HardSigmoid', [x])]);
    expect(await reasons(formulaModel(other))).toMatch(/clamp\(0\.200000·x/);
  });

  it('leaves other clamps alone', async () => {
    const others: Formula[] = [
      product(clip(5)),
      (g, x, n) => g.op('Div', [g.op('Mul', [x, shifted(clip(6), 2)(g, x, n)]), n(6)]),
      (g, x, n) => g.op('Mul', [g.op('Relu', [x]), g.op('Div', [shifted(clip(6))(g, x, n), n(6)])]),
      product((g, x, n) => g.op('Clip', [x, n(0), g.op('Exp', [n(1.7917595)])])),
      product((g, x, n) => g.op('Min', [x, n(6)])),
      (g, x, n) => g.op('Add', [g.op('Relu', [x]), n(6)]),
    ];
    for (const each of others) {
      expect(await sitesOf(formulaModel(each), fuseHardSwish)).toEqual({ sites: [], refusals: [] });
    }
  });

  it('refuses a gate that something else reads', async () => {
    const read: Formula = (g, x, n) => {
      const gate = shifted(clip(6))(g, x, n);
      g.output(g.op('Relu', [gate], {}, { name: 'reader' }), 'z');
      return g.op('Div', [g.op('Mul', [x, gate]), n(6)]);
    };
    expect(await reasons(formulaModel(read))).toMatch(/read by Relu reader too/);
  });
});
