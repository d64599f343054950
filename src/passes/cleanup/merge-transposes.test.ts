import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import { getInts } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { mergeTransposes as pass } from './merge-transposes.ts';

const NHWC = [0, 2, 3, 1];
const NCHW = [0, 3, 1, 2];
const turned = (g: GraphBuilder, x: ValueId, perm: readonly number[]): ValueId => g.op('Transpose', [x], { perm });

const model = (body: (g: GraphBuilder, x: ValueId) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(body(g, g.input('x', [2, 3, 5, 7])), 'y'));

/** Transposes by two perms and their inverses among sums, functions, joins and cuts; all sizes are equal. */
function randomGraph(seed: number): Model {
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const perms = [1, 2].flatMap(() => {
    const perm = pick([NHWC, [1, 0, 2, 3], [3, 2, 1, 0], [0, 1, 3, 2]]);
    return [perm, perm.map((_, i) => perm.indexOf(i))];
  });
  return buildModel({ seed }, (g) => {
    const values = [g.input('x', [3, 3, 3, 3]), g.input('z', [3, 3, 3, 3])];
    const steps: ((a: ValueId, b: ValueId) => readonly ValueId[])[] = [
      (a) => [turned(g, a, pick(perms))],
      (a) => [turned(g, a, pick(perms))],
      (a) => [g.op(pick(['Relu', 'Neg', 'Sigmoid']), [a])],
      (a, b) => [g.op(pick(['Add', 'Mul', 'Sub']), [a, b])],
      (a) => [g.op('Add', [a, g.weight('w', pick([[3], [3, 1, 1], [], [1, 3, 1, 1]]))])],
      (a, b) => {
        const axis = pick([0, 1, 2, -1]);
        const both = g.op('Concat', [a, b], { axis });
        const outputs = [0, 1].map((i) => `part${i}`);
        return g.node('Split', [both, g.int64s('sizes', [3, 3])], { axis }, { outputs }).outputs as ValueId[];
      },
    ];
    for (let i = 0; i < 16; i++) values.push(...pick(steps)(pick(values.slice(-5)), pick(values.slice(-5))));
    for (const value of values.slice(2)) {
      if (g.model.getValue(value).uses.length === 0 || random() < 0.1) g.output(value);
    }
  });
}

async function expectLeft(before: Model, transposes: number, perm?: readonly number[]): Promise<Model> {
  const { model: after } = await afterPass(before, pass);
  expect(countOps(after)['Transpose'] ?? 0).toBe(transposes);
  if (perm) {
    const left = [...after.nodes.values()].find((each) => each.opType === 'Transpose');
    expect(left && getInts(left, 'perm', null)).toEqual(perm);
  }
  await expectEquivalent(before, after, { class: 'bits', seeds: 2 });
  return after;
}

async function expectKept(before: Model, reason?: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, pass);
  expect(sites).toEqual([]);
  if (reason) expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

describe('merge-transposes: chains', () => {
  it('makes one of two, and none of two that undo one another', async () => {
    await expectLeft(
      model((g, x) => turned(g, turned(g, x, [1, 2, 3, 0]), [1, 2, 3, 0])),
      1,
      [2, 3, 0, 1],
    );
    const undone = model((g, x) => g.op('Relu', [turned(g, turned(g, g.op('Neg', [x]), NHWC), NCHW)]));
    expect(countOps(await expectLeft(undone, 0))).toEqual({ Neg: 1, Relu: 1 });
  });

  it('reads a missing perm as the reversed axes, whose number need not be known twice', async () => {
    await expectLeft(
      model((g, x) => turned(g, g.op('Transpose', [x]), NHWC)),
      1,
      [3, 1, 0, 2],
    );
    const unknown = (perm: readonly number[] | null) =>
      buildModel({ domains: { mine: 1 } }, (g) => {
        const first = g.op('Transpose', [g.op('Own', [g.input('x', [2])], {}, { domain: 'mine' })]);
        g.output(g.op('Relu', [g.op('Transpose', [first], perm ? { perm } : {})]), 'y');
      });
    expect((await sitesOf(unknown(null), pass)).sites).toHaveLength(1);
    await expectKept(unknown([1, 0]), /number of axes of Transpose/);
  });

  it('keeps names of inputs and outputs: what does nothing between them becomes an Identity', async () => {
    const after = await expectLeft(
      model((g, x) => turned(g, turned(g, x, NHWC), NCHW)),
      0,
    );
    expect(countOps(after)).toEqual({ Identity: 1 });
  });

  it('merges round after round, and leaves a first one that others read, unless the second one goes', async () => {
    await expectLeft(
      model((g, x) => [1, 2, 3].reduce<ValueId>((y) => turned(g, y, [1, 2, 3, 0]), x)),
      1,
      [3, 0, 1, 2],
    );
    const shared = (second: readonly number[]) =>
      model((g, x) => {
        const first = turned(g, g.op('Neg', [x]), NHWC);
        g.output(g.op('Softmax', [first], { axis: 1 }), 'z');
        return g.op('Softmax', [turned(g, first, second)], { axis: 1 });
      });
    await expectKept(shared([3, 2, 1, 0]), /read by Softmax softmax too/);
    await expectLeft(shared(NCHW), 1);
  });

  it.skipIf(!haveShared())('composes two that are not inverse', async () => {
    await expectLeft(readModel(sharedFile('micro/traps/transpose3_not_inverse.onnx')).model, 1, [2, 0, 1]);
  });
});

describe('merge-transposes: operators between', () => {
  it.each([
    ['a unary one', (g: GraphBuilder, y: ValueId) => g.op('Tanh', [y])],
    ['a scalar', (g: GraphBuilder, y: ValueId) => g.op('Mul', [y, g.floats('c', [], 3)])],
    ['a vector', (g: GraphBuilder, y: ValueId) => g.op('Add', [y, g.weight('c', [3])])],
    ['a matrix', (g: GraphBuilder, y: ValueId) => g.op('Sub', [g.weight('c', [5, 1, 3]), y])],
    ['a full constant', (g: GraphBuilder, y: ValueId) => g.op('Div', [g.weight('c', [2, 5, 7, 3]), y])],
    ['one that broadcasts up', (g: GraphBuilder, y: ValueId) => g.op('Add', [y, g.weight('c', [4, 2, 5, 7, 3])])],
    ['a slope', (g: GraphBuilder, y: ValueId) => g.op('PRelu', [y, g.weight('c', [3])])],
    ['bounds', (g: GraphBuilder, y: ValueId) => g.op('Clip', [y, g.floats('lo', [], -0.5), g.floats('hi', [], 1)])],
    [
      'a concatenation',
      (g: GraphBuilder, y: ValueId) => g.op('Concat', [y, g.weight('c', [2, 5, 7, 2])], { axis: -1 }),
    ],
    ['a softmax', (g: GraphBuilder, y: ValueId) => g.op('Softmax', [y], { axis: 3 })],
    ['a maximum', (g: GraphBuilder, y: ValueId) => g.op('ReduceMax', [y], { axes: [1, -1] })],
    ['a choice', (g: GraphBuilder, y: ValueId) => g.op('Where', [g.op('Less', [y, g.weight('c', [3])]), y, y])],
  ])('goes past %s where it meets its inverse', async (name, between) => {
    const before = model((g, x) => g.op('Neg', [turned(g, between(g, turned(g, g.op('Neg', [x]), NHWC)), NCHW)]));
    if (name === 'one that broadcasts up') {
      const five = buildModel({}, (g) => {
        const y = g.op('Add', [turned(g, g.input('x', [2, 3, 5, 7]), NHWC), g.weight('c', [4, 2, 5, 7, 3])]);
        g.output(turned(g, y, [0, 1, 4, 2, 3]), 'y');
      });
      await expectKept(five);
    } else await expectLeft(before, 0);
  });

  it('changes no bit of any function of one element, wherever the element lies', async () => {
    const types = (
      'Abs Ceil Floor Round Sqrt Reciprocal Exp Log Erf Sign Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh ' +
      'Relu LeakyRelu Elu Celu Selu ThresholdedRelu Sigmoid HardSigmoid HardSwish Mish Gelu Softplus Softsign Shrink'
    ).split(' ');
    const before = model(
      (g, x) => {
        for (const type of types) g.output(turned(g, g.op(type, [turned(g, g.op('Neg', [x]), NHWC)]), NCHW), type);
        return g.op('Relu', [x]);
      },
      { opset: 20 },
    );
    await expectLeft(before, 0);
  });

  it.each([10, 13, 18])('moves pads, cuts and maxima with their axes, in opset %i', async (opset) => {
    const list = (g: GraphBuilder, name: string, values: readonly number[]) => g.int64s(name, values);
    const pads = [0, 1, 2, 3, 0, 0, 1, 0];
    const steps: Record<string, (g: GraphBuilder, y: ValueId) => ValueId> = {
      Pad: (g, y) => (opset < 11 ? g.op('Pad', [y], { pads }) : g.op('Pad', [y, list(g, 'pads', pads)])),
      Slice: (g, y) => {
        const inputs = [[1], [-1], [-2], [2]].map((each, i) => list(g, `i${i}`, each));
        return g.op('Slice', [y, ...inputs]);
      },
      ReduceMin: (g, y) =>
        opset < 18 ? g.op('ReduceMin', [y], { axes: [1, -1] }) : g.op('ReduceMin', [y, list(g, 'axes', [1, -1])]),
    };
    for (const step of Object.values(steps)) {
      await expectLeft(
        model((g, x) => g.op('Abs', [turned(g, step(g, turned(g, x, NHWC)), NCHW)]), { opset }),
        0,
      );
    }
  });

  it('keeps every bit of random graphs, and never has more Transposes', async () => {
    let fewer = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const before = randomGraph(seed);
      const { model: after, result } = await afterPass(before, pass);
      const [was, is] = [before, after].map((each) => countOps(each)['Transpose'] ?? 0);
      expect(is).toBeLessThanOrEqual(was!);
      fewer += was! - is!;
      const settings = { class: 'bits', seeds: 1, verdicts: ['agrees', 'uninformative'] } as const;
      if (result.changed) await expectEquivalent(before, after, settings);
    }
    expect(fewer).toBeGreaterThan(12);
  });

  it('makes one of two that meet in a sum, and none where the result is turned back', async () => {
    const sum = (g: GraphBuilder, x: ValueId) =>
      g.op('Add', [turned(g, g.op('Neg', [x]), NHWC), g.op('Relu', [turned(g, g.op('Abs', [x]), NHWC)])]);
    await expectLeft(
      model((g, x) => g.op('MatMul', [sum(g, x), g.weight('w', [3, 4])])),
      1,
      NHWC,
    );
    await expectLeft(
      model((g, x) => turned(g, sum(g, x), NCHW)),
      0,
    );
  });

  it('goes through a chain as far as it takes, and not further', async () => {
    const before = model((g, x) => {
      const sum = g.op('Add', [turned(g, g.op('Neg', [x]), NHWC), turned(g, g.op('Abs', [x]), NHWC)]);
      return g.op('MatMul', [g.op('Tanh', [sum]), g.weight('w', [3, 4])]);
    });
    const after = await expectLeft(before, 1);
    const left = [...after.nodes.values()].find((each) => each.opType === 'Transpose');
    expect(left && after.getValue(left.outputs[0]!).uses.map((use) => after.getNode(use.node).opType)).toEqual([
      'Tanh',
    ]);
  });

  it('keeps results that are needed as they were', async () => {
    const before = model((g, x) => {
      const y = g.op('Sigmoid', [turned(g, g.op('Neg', [x]), NHWC)]);
      g.output(y, 'inner');
      return turned(g, y, NCHW);
    });
    const after = await expectLeft(before, 1);
    expect(after.graph.outputs.map((id) => after.getValue(id).name)).toEqual(['inner', 'y']);
  });

  it('gives two outputs that were turned back alike their names', async () => {
    const before = model((g, x) => {
      const y = g.op('Sigmoid', [turned(g, g.op('Neg', [x]), NHWC)]);
      g.output(turned(g, y, NCHW), 'first');
      return turned(g, y, NCHW);
    });
    await expectLeft(before, 0);
  });

  it('stays where nothing is won, where operands differ, and at operators that look at places', async () => {
    await expectKept(model((g, x) => g.op('MatMul', [g.op('Relu', [turned(g, x, NHWC)]), g.weight('w', [3, 4])])));
    await expectKept(model((g, x) => turned(g, g.op('Mul', [turned(g, x, NHWC), g.input('z', [2, 5, 7, 3])]), NCHW)));
    await expectKept(model((g, x) => turned(g, g.op('CumSum', [turned(g, x, NHWC), g.int64s('axis', [1], [])]), NCHW)));
    await expectKept(
      model((g, x) => turned(g, g.op('Softmax', [turned(g, x, NHWC)], { axis: 2 }), NCHW), { opset: 11 }),
    );
    await expectKept(
      model((g, x) => turned(g, g.op('Add', [turned(g, x, NHWC), turned(g, x, [0, 3, 2, 1])]), [0, 1, 3, 2])),
    );
  });

  it('does not copy a large constant that is read elsewhere', async () => {
    const before = (shared: boolean) =>
      buildModel({}, (g) => {
        const w = g.weight('w', [80, 90]);
        const y = g.op('Add', [turned(g, g.input('x', [90, 80]), [1, 0]), w]);
        g.output(turned(g, y, [1, 0]), 'y');
        if (shared) g.output(g.op('Relu', [w]), 'z');
      });
    await expectKept(before(true));
    await expectLeft(before(false), 0);
  });
});
