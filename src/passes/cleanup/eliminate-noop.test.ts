import { describe, expect, it } from 'vitest';
import { string } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { tensorType, type Shape, type ValueId } from '../../ir/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { eliminateNoop } from './eliminate-noop.ts';

/** `x` goes through a Relu first, and the result through another, so that no name has to stay. */
const around = (shape: Shape, inner: (g: GraphBuilder, x: ValueId) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(g.op('Relu', [inner(g, g.op('Neg', [g.input('x', shape)]))]), 'y'));

async function expectRemoved(before: Model): Promise<void> {
  const { model: after } = await afterPass(before, eliminateNoop);
  expect(countOps(after)).toEqual({ Neg: 1, Relu: 1 });
  await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
}

async function expectKept(before: Model, reason: RegExp | null = null): Promise<void> {
  const { sites, refusals } = await sitesOf(before, eliminateNoop);
  expect(sites).toEqual([]);
  if (reason) expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
  else expect(refusals).toEqual([]);
}

const sliced = (end: number, step: number) =>
  around([4, 3], (g, x) => {
    const inputs = [[step < 0 ? -1 : 0], [end], [0], [step]].map((each, i) => g.int64s(`i${i}`, each));
    return g.op('Slice', [x, ...inputs]);
  });

describe('eliminate-noop: reshaping and moving', () => {
  it('removes a cast to the type that is there, in the old spelling too', async () => {
    await expectRemoved(around([2, 3], (g, x) => g.op('Cast', [x], { to: 1 })));
    const old = around([2, 3], (g, x) => g.op('Cast', [x], { to: string('FLOAT') }), { opset: 5 });
    expect((await sitesOf(old, eliminateNoop)).sites).toHaveLength(1);
    await expectKept(around([2, 3], (g, x) => g.op('Cast', [g.op('Cast', [x], { to: 11 })], { to: 1 })));
  });

  it('removes a reshape to the same shape, symbols minded', async () => {
    await expectRemoved(around([2, 3], (g, x) => g.op('Reshape', [x, g.int64s('s', [2, -1])])));
    await expectRemoved(around(['n', 3], (g, x) => g.op('Reshape', [x, g.int64s('s', [0, 3])])));
    await expectRemoved(around([2, 3], (g, x) => g.op('Flatten', [x])));
    await expectKept(around([2, 3], (g, x) => g.op('Reshape', [x, g.int64s('s', [3, 2])])));
    await expectKept(
      around([2, 3], (g, x) => g.op('Reshape', [x, g.input('s', [2], 'int64')])),
      /not proven/,
    );
  });

  it('does not believe shapes that the file merely declares', async () => {
    const declared = buildModel({}, (g) => {
      const y = g.op('Reshape', [g.op('Neg', [g.input('x', [2, 3])]), g.input('s', [2], 'int64')]);
      g.model.getValue(y).type = tensorType('float32', [2, 3]);
      g.output(g.op('Relu', [y]), 'y');
    });
    await expectKept(declared, /not proven/);
  });

  it('removes a transposition that moves nothing but axes of size 1', async () => {
    await expectRemoved(around([2, 3], (g, x) => g.op('Transpose', [x], { perm: [0, 1] })));
    await expectRemoved(around([1, 1, 3], (g, x) => g.op('Transpose', [x], { perm: [1, 0, 2] })));
    await expectKept(around([3, 3], (g, x) => g.op('Transpose', [x])));
    await expectKept(around([1, 3], (g, x) => g.op('Transpose', [x], { perm: [1, 0] })));
  });

  it('removes a slice of everything, not one that runs backwards', async () => {
    await expectRemoved(sliced(Number.MAX_SAFE_INTEGER, 1));
    await expectKept(sliced(3, 1));
    await expectKept(sliced(-9, -1));
  });

  it('removes a pad of nothing, not one that moves', async () => {
    const pad = (pads: number[]) => around([2, 3], (g, x) => g.op('Pad', [x, g.int64s('pads', pads)]));
    await expectRemoved(pad([0, 0, 0, 0]));
    await expectKept(pad([1, 0, -1, 0]));
    await expectRemoved(around([2, 3], (g, x) => g.op('Pad', [x], { pads: [0, 0, 0, 0] }), { opset: 10 }));
  });

  it('removes an expansion to the same shape, not to a larger one', async () => {
    await expectRemoved(around([2, 3], (g, x) => g.op('Expand', [x, g.int64s('s', [1, 3])])));
    await expectKept(around([1, 3], (g, x) => g.op('Expand', [x, g.int64s('s', [4, 3])])));
  });

  it('removes a concatenation of one, or of one and nothing', async () => {
    await expectRemoved(around([2, 3], (g, x) => g.op('Concat', [x], { axis: 1 })));
    await expectRemoved(around([2, 3], (g, x) => g.op('Concat', [g.floats('none', [2, 0], []), x], { axis: 1 })));
    await expectKept(around([2, 3], (g, x) => g.op('Concat', [x, x], { axis: 1 })));
  });
});

describe('eliminate-noop: arithmetic', () => {
  it.each([
    ['Add', 0],
    ['Mul', 1],
    ['Sub', 0],
    ['Div', 1],
    ['Pow', 1],
  ])('removes %s with %i on the right, and on the left where operands commute', async (type, neutral) => {
    for (const shape of [[], [1], [3], [2, 3]]) {
      await expectRemoved(around([2, 3], (g, x) => g.op(type, [x, g.floats('c', shape, neutral)])));
      const left = around([2, 3], (g, x) => g.op(type, [g.floats('c', shape, neutral), x]));
      if (type === 'Add' || type === 'Mul') await expectRemoved(left);
      else await expectKept(left);
    }
  });

  it('keeps what broadcasts to a larger shape, or may', async () => {
    await expectKept(
      around([4], (g, x) => g.op('Add', [x, g.floats('c', [3, 4], 0)])),
      /larger shape/,
    );
    await expectKept(
      around([2, 1], (g, x) => g.op('Mul', [x, g.floats('c', [3], 1)])),
      /larger shape/,
    );
    await expectKept(
      around(['n'], (g, x) => g.op('Mul', [x, g.floats('c', [3], 1)])),
      /larger shape/,
    );
    await expectRemoved(around(['n', 3], (g, x) => g.op('Mul', [x, g.floats('c', [3], 1)])));
  });

  it('keeps what is not quite neutral', async () => {
    await expectKept(around([2], (g, x) => g.op('Add', [x, g.floats('c', [2], [0, 1e-9])])));
    await expectKept(around([2], (g, x) => g.op('Mul', [x, g.floats('c', [], 0.999999)])));
    await expectKept(around([2], (g, x) => g.op('Div', [g.floats('c', [2], 1), x])));
  });
});
