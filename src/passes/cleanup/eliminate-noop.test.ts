import { describe, expect, it } from 'vitest';
import { ints, string } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { tensorType, type Shape, type ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { literal } from '../../rewrite/literal.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
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

/** NaN and infinities among the elements: 0/0 and 1/0. */
const withGaps = (shape: Shape, inner: (g: GraphBuilder, x: ValueId) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => {
    const x = g.input('x', shape);
    g.output(g.op('Abs', [inner(g, g.op('Div', [x, g.op('Relu', [x])]))]), 'y');
  });

async function expectOnlyGaps(before: Model): Promise<void> {
  const { model: after } = await afterPass(before, eliminateNoop);
  expect(countOps(after)).toEqual({ Relu: 1, Div: 1, Abs: 1 });
  await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
}

describe('eliminate-noop: windows, samples and sums of one element', () => {
  it.each(['Sum', 'Mean', 'Max', 'Min'])('removes %s of one operand', async (type) => {
    await expectOnlyGaps(withGaps([2, 3], (g, x) => g.op(type, [x])));
    await expectKept(around([2, 3], (g, x) => g.op(type, [x, x])));
  });

  it.each(['AveragePool', 'MaxPool'])('removes %s over windows of one, not in steps or with an edge', async (type) => {
    const pool = (attributes: object, shape = [1, 5, 6, 7]) =>
      withGaps(shape, (g, x) => g.op(type, [x], { kernel_shape: [1, 1], ...attributes }));
    await expectOnlyGaps(pool({}));
    await expectOnlyGaps(pool({ strides: [1, 1], pads: [0, 0, 0, 0] }));
    await expectKept(pool({ strides: [2, 1] }));
    await expectKept(pool({ kernel_shape: [1, 2] }));
    await expectKept(pool({ pads: [0, 0, 0, 1] }));
  });

  it('removes a mean over places that are one', async () => {
    await expectOnlyGaps(withGaps([2, 5, 1, 1], (g, x) => g.op('GlobalAveragePool', [x])));
    await expectKept(around([2, 5, 1, 2], (g, x) => g.op('GlobalAveragePool', [x])));
    await expectKept(around([2, 5, 'h', 1], (g, x) => g.op('GlobalAveragePool', [x])));
  });

  it('removes a Resize to the size that is there', async () => {
    const scaled = (scales: number[], attributes = {}, opset = 13) =>
      withGaps(
        [1, 2, 3, 5],
        (g, x) => {
          const scale = g.floats('scales', [4], scales);
          return g.op(opset === 9 ? 'Upsample' : 'Resize', opset < 11 ? [x, scale] : [x, null, scale], attributes);
        },
        { opset },
      );
    for (const mode of ['nearest', 'linear', 'cubic']) await expectOnlyGaps(scaled([1, 1, 1, 1], { mode }));
    await expectOnlyGaps(scaled([1, 1, 1, 1], {}, 10));
    await expectOnlyGaps(scaled([1, 1, 1, 1], {}, 9));
    await expectKept(scaled([1, 1, 1, 1.1]));
    const sized = (size: number) =>
      withGaps([1, 2, 3, 5], (g, x) => g.op('Resize', [x, null, null, g.int64s('sizes', [1, 2, 3, size])]));
    await expectOnlyGaps(sized(5));
    await expectKept(sized(6));
  });

  it.each(['ReduceSum', 'ReduceMean', 'ReduceProd', 'ReduceMax', 'ReduceMin'])(
    'removes %s over axes of size 1 that stay, or over none',
    async (type) => {
      const over = (axes: number[], keepdims: number) =>
        withGaps([2, 1, 3, 1], (g, x) => g.op(type, [x], { axes: ints(axes), keepdims }), { opset: 11 });
      await expectOnlyGaps(over([1, -1], 1));
      await expectKept(over([1, 2], 1));
      await expectKept(over([1], 0));
      await expectOnlyGaps(withGaps([2, 3], (g, x) => g.op(type, [x], { noop_with_empty_axes: 1 }), { opset: 18 }));
      await expectKept(around([2, 3], (g, x) => g.op(type, [x], {}), { opset: 18 }));
    },
  );

  it('removes a Tile of one each', async () => {
    await expectOnlyGaps(withGaps([2, 3], (g, x) => g.op('Tile', [x, g.int64s('r', [1, 1])])));
    await expectKept(around([2, 3], (g, x) => g.op('Tile', [x, g.int64s('r', [1, 2])])));
  });
});

describe('eliminate-noop: negations', () => {
  const choice = (more: (g: GraphBuilder, not: ValueId) => void) =>
    buildModel({}, (g) => {
      const not = g.op('Not', [g.input('c', [3], 'bool')]);
      g.output(g.op('Where', [not, g.input('a', [3]), g.input('b', [3])]), 'y');
      more(g, not);
    });

  it('chooses the other way round where that frees a Not', async () => {
    const before = choice((g, not) =>
      g.output(g.op('Where', [not, g.floats('p', [1], 1), g.floats('q', [1], 2)]), 'z'),
    );
    const { model: after } = await afterPass(before, eliminateNoop);
    expect(countOps(after)).toEqual({ Where: 2 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 2 });
    await expectKept(choice((g, not) => g.output(g.op('And', [not, g.input('d', [3], 'bool')]), 'z')));
    await expectKept(choice((g, not) => g.output(not, 'z')));
  });

  it('removes what is negated twice', async () => {
    const before = buildModel({}, (g) => {
      g.output(g.op('Abs', [g.op('Neg', [g.op('Neg', [g.input('x', [3])])])]), 'y');
      g.output(g.op('Xor', [g.op('Not', [g.op('Not', [g.input('c', [3], 'bool')])]), g.input('d', [3], 'bool')]), 'z');
    });
    const { model: after } = await afterPass(before, eliminateNoop);
    expect(countOps(after)).toEqual({ Abs: 1, Xor: 1 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('removes a quantization that undoes a dequantization, of 8 bits by one scale', async () => {
    const before = (dtype: 'uint8' | 'int16', scale: number[], again = scale) =>
      buildModel({ opset: 21 }, (g) => {
        const s = g.floats('s', scale.length > 1 ? [3] : [], scale);
        const t = again === scale ? s : g.floats('t', [], again);
        const z = g.tensor(
          'z',
          literal(
            dtype,
            scale.length > 1 ? [3] : [],
            scale.map((_, i) => 7 + i),
          )!,
        );
        const q = g.op('QuantizeLinear', [g.input('x', [2, 3]), s, z]);
        const float = g.op('DequantizeLinear', [q, s, z]);
        g.output(g.op('DequantizeLinear', [g.op('QuantizeLinear', [float, t, z]), t, z]), 'y');
      });
    for (const each of [before('uint8', [0.0037]), before('uint8', [0.02, 3.3, 1e-4])]) {
      const { model: after } = await afterPass(each, eliminateNoop);
      expect(countOps(after)).toEqual({ QuantizeLinear: 1, DequantizeLinear: 1 });
      await expectEquivalent(each, after, { class: 'bits', seeds: 2 });
    }
    await expectKept(before('int16', [0.1]), /more bits/);
    await expectKept(before('uint8', [1e-38]), /too small/);
    await expectKept(before('uint8', [0.1], [0.2]));
  });

  it.skipIf(!haveShared())("reaches what ONNX Runtime's own tests expect", async () => {
    const before = readModel(sharedFile('real/ort_fusion/fusion/not_where.onnx')).model;
    const { model: after } = await afterPass(before, eliminateNoop);
    expect(countOps(after)).toMatchObject({ Where: 5, Not: 1 });
  });
});
