import { describe, expect, it } from 'vitest';
import { tensorAttribute } from '../../ir/attribute.ts';
import { floats } from '../../ir/tensor.ts';
import { buildModel } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { eliminateCommonSubexpressions as pass } from './eliminate-common-subexpressions.ts';

describe('eliminate-common-subexpressions', () => {
  it('merges what is computed twice from the same values, chains in as many rounds as they are long', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 3]);
      const branch = () => g.op('Exp', [g.op('Transpose', [x], { perm: [1, 0] })]);
      g.output(g.op('Add', [branch(), branch()]), 'y');
    });
    const { sites } = await sitesOf(before, pass);
    expect(sites).toHaveLength(1);
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Transpose: 1, Exp: 1, Add: 1 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 2 });
  });

  it('keeps nodes with other attributes, other inputs, or the inputs the other way round', async () => {
    const before = buildModel({}, (g) => {
      const [x, y] = [g.input('x', [4]), g.input('y', [4])];
      const parts = [
        g.op('Sub', [x, y]),
        g.op('Sub', [y, x]),
        g.op('LeakyRelu', [x], { alpha: 0.1 }),
        g.op('LeakyRelu', [x], { alpha: 0.2 }),
        g.op('LeakyRelu', [y], { alpha: 0.1 }),
      ];
      g.output(g.op('Sum', parts), 'z');
    });
    expect(await sitesOf(before, pass)).toEqual({ sites: [], refusals: [] });
  });

  it('compares small tensors among attributes by their elements', async () => {
    const before = buildModel({}, (g) => {
      const shape = g.op('Shape', [g.input('x', [2, 3])]);
      const filled = (value: number) =>
        g.op('ConstantOfShape', [shape], { value: tensorAttribute(floats([1], [value])) });
      g.output(g.op('Sum', [filled(1), filled(2), filled(1)]), 'y');
    });
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)['ConstantOfShape']).toBe(2);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('says why it leaves random draws, unknown operators and two graph outputs', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2]);
      const draw = () => g.op('RandomNormalLike', [x]);
      const own = () => g.op('Own', [x], {}, { domain: 'mine' });
      g.output(g.op('Sum', [draw(), draw(), own(), own()]), 'y');
      g.output(g.op('Abs', [x]), 'a');
      g.output(g.op('Abs', [x]), 'b');
    });
    const { sites, refusals } = await sitesOf(before, pass);
    expect(sites).toEqual([]);
    expect(refusals.map(({ reason }) => reason)).toEqual([
      'Equal inputs do not mean equal results of RandomNormalLike.',
      'Equal inputs do not mean equal results of mine.Own.',
      'B and the value that it repeats are both graph outputs.',
    ]);
  });

  it('keeps the names of graph outputs', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 4]);
      const top = g.op('Relu', [x]);
      g.output(g.op('Neg', [top]), 'n');
      g.output(g.op('Relu', [x]), 'named');
    });
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Relu: 1, Neg: 1 });
    expect(after.graph.outputs.map((id) => after.getValue(id).name)).toEqual(['n', 'named']);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('does not merge across branches', async () => {
    const before = buildModel({}, (g) => {
      const [x, c] = [g.input('x', [2]), g.input('c', [], 'bool')];
      const branch = { then_branch: inner('Relu'), else_branch: inner('Relu') };
      g.output(g.op('If', [c], branch), 'y');
      function inner(op: string) {
        return (b: typeof g) => {
          b.output(b.op(op, [x]));
        };
      }
    });
    expect((await sitesOf(before, pass)).sites).toEqual([]);
  });
});
