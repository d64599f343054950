import { describe, expect, it } from 'vitest';
import { tensorAttribute } from '../../ir/attribute.ts';
import { floats } from '../../ir/tensor.ts';
import { readModel } from '../../onnx/read.ts';
import type { Site } from '../../rewrite/pass.ts';
import { buildModel } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { eliminateCommonSubexpressions as pass } from './eliminate-common-subexpressions.ts';
import { foldConstants } from './fold-constants.ts';
import { mergeDuplicateInitializers } from './merge-duplicate-initializers.ts';

describe('eliminate-common-subexpressions', () => {
  it('merges what is computed twice from the same values, chains of them at once', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 3]);
      const branch = () => g.op('Exp', [g.op('Transpose', [x], { perm: [1, 0] })]);
      g.output(g.op('Add', [branch(), branch()]), 'y');
    });
    const { sites } = await sitesOf(before, pass);
    expect(sites).toHaveLength(2);
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Transpose: 1, Exp: 1, Add: 1 });
    // Without the first, the second repeats nothing.
    const chooser = {
      choose: (found: readonly Site[]) => found.slice(1).map((site) => ({ site, key: site.key })),
      lost: () => [],
    };
    const { model: same } = await afterPass(before, pass, { chooser });
    expect(countOps(same)).toEqual({ Transpose: 2, Exp: 2, Add: 1 });
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

  it('moves readers of one result over where another one keeps the node', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [4, 4]);
      const halves = ['a', 'b'].map((name) => {
        const { outputs } = g.node('Split', [x, g.int64s('sizes', [2, 2])], {}, { outputs: [`${name}1`, `${name}2`] });
        return [g.op('Exp', [outputs[0]!]), outputs[1]!] as const;
      });
      for (const [, output] of halves) g.output(output);
      g.output(g.op('Add', [halves[0]![0], halves[1]![0]]), 'y');
    });
    // Equal constants are merged by a pass of their own.
    const [first, second] = [...before.nodes.values()].filter((each) => each.opType === 'Split');
    before.setInput(second!, 1, first!.inputs[1]!);
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Split: 2, Exp: 1, Add: 1 });
    expect((await sitesOf(after, pass)).sites).toEqual([]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('leaves a node that stays the names that it gives', async () => {
    const before = buildModel({}, (g) => {
      const [x, sizes] = [g.input('x', [3]), g.int64s('sizes', [1, 1, 1])];
      const parts = ['a', 'b'].map(
        (name) => g.node('Split', [x, sizes], {}, { outputs: [1, 2, 3].map((i) => `${name}${i}`) }).outputs,
      );
      g.output(parts[0]![0]!);
      g.output(parts[1]![0]!);
      g.output(parts[1]![1]!);
      g.output(g.op('Add', [parts[0]![2]!, parts[1]![2]!]), 'y');
    });
    const { model: after } = await afterPass(before, pass);
    expect([...after.nodes.values()].map((each) => each.outputs.length)).toEqual([3, 3, 1]);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it.skipIf(!haveShared())("reaches what ONNX Runtime's own tests expect", async () => {
    const file = (name: string) => readModel(sharedFile(`real/ort_fusion/cse/${name}.onnx`)).model;
    const one = (await afterPass(file('cse_only_one_graph_output'), pass)).model;
    expect(countOps(one)).toEqual({ Split: 2, ReduceSum: 1, Add: 1 });
    for (const name of ['cse_random', 'cse_graph_output']) {
      expect((await afterPass(file(name), pass)).result.changed).toBe(false);
    }
    const folded = (await afterPass(file('cse_merge_constants'), foldConstants)).model;
    const merged = (await afterPass(folded, mergeDuplicateInitializers)).model;
    expect(countOps((await afterPass(merged, pass)).model)).toEqual({ Add: 2 });
  });
});
