import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { tensorType, type Shape, type ValueId } from '../../ir/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { materializeShapes as pass } from './materialize-shapes.ts';

/** One size of `x` as a vector of one element, as exporters write it. */
function size(g: GraphBuilder, x: ValueId, axis: number): ValueId {
  const lone = g.op('Gather', [g.op('Shape', [x]), g.int64s('axis', [axis], [])], { axis: 0 });
  return g.op('Unsqueeze', [lone, g.int64s('zero', [0])]);
}

const shapeOf = (g: GraphBuilder, parts: readonly (number | ValueId)[], x: ValueId, axes: readonly number[] = []) =>
  g.op('Concat', [...axes.map((axis) => size(g, x, axis)), ...parts.map((part) => g.int64s('part', [Number(part)]))], {
    axis: 0,
  });

const model = (shape: Shape, body: (g: GraphBuilder, x: ValueId) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(g.op('Relu', [body(g, g.op('Neg', [g.input('x', shape)]))]), 'y'));

async function expectOps(
  before: Model,
  ops: Readonly<Record<string, number>>,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): Promise<Model> {
  const { model: after } = await afterPass(before, pass);
  expect(countOps(after)).toEqual({ Neg: 1, Relu: 1, ...ops });
  await expectEquivalent(before, after, { class: 'bits', seeds: 1, shapes });
  return after;
}

/** The elements of the constant that the first node of a type reads as its second input. */
function constantOfFirst(after: Model, opType: string): number[] {
  const reader = [...after.nodes.values()].find((each) => each.opType === opType);
  const tensor = reader && after.graph.initializers.get(reader.inputs[1]!);
  return tensor ? Array.from(tensor.numbers()) : [];
}

async function expectKept(before: Model, reason?: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, pass);
  expect(sites.map((site) => site.what)).toEqual([]);
  if (reason) expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

describe('materialize-shapes: known sizes', () => {
  it('replaces arithmetic on known sizes by its result', async () => {
    const after = await expectOps(
      model([2, 3, 8], (g, x) => {
        const heads = g.op('Div', [size(g, x, 2), g.int64s('two', [2])]);
        return g.op('Reshape', [
          x,
          g.op('Concat', [size(g, x, 0), size(g, x, -2), heads, g.int64s('d', [2])], { axis: 0 }),
        ]);
      }),
      { Reshape: 1 },
    );
    expect(constantOfFirst(after, 'Reshape')).toEqual([2, 3, 4, 2]);
  });

  it('takes the known part of an open shape', async () => {
    const root = (g: GraphBuilder, x: ValueId): ValueId => {
      const width = g.op('Cast', [g.op('Slice', [g.op('Shape', [x]), g.int64s('a', [-1]), g.int64s('b', [9])])], {
        to: 1,
      });
      return g.op('Div', [x, g.op('Sqrt', [width])]);
    };
    const after = await expectOps(model(['n', 8], root), { Div: 1 }, { x: [3, 8] });
    expect(constantOfFirst(after, 'Div')).toEqual([Math.fround(Math.sqrt(8))]);
  });

  it('goes into branches, and makes outputs constant too', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 3]);
      const inner = (b: GraphBuilder) =>
        b.output(b.op('Reshape', [x, b.op('Concat', [size(b, x, 1), size(b, x, 0)], { axis: 0 })]));
      g.output(g.op('If', [g.input('c', [], 'bool')], { then_branch: inner, else_branch: inner }), 'y');
      g.output(g.op('Shape', [x]), 's');
    });
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ If: 1, Reshape: 2 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('removes what was only there to be measured, random numbers too', async () => {
    const before = model([2, 3], (g, x) => {
      const drawn = g.op('Add', [g.op('RandomUniform', [], { shape: [2, 3] }), x]);
      return g.op('Mul', [
        x,
        g.op('Cast', [g.op('Gather', [g.op('Shape', [drawn]), g.int64s('i', [0], [])])], { to: 1 }),
      ]);
    });
    await expectOps(before, { Mul: 1 });
  });

  it('reads start and end of Shape', async () => {
    const before = model([2, 3, 4], (g, x) =>
      g.op('Reshape', [
        x,
        g.op('Concat', [g.op('Shape', [x], { start: 1 }), g.op('Shape', [x], { end: -2 })], { axis: 0 }),
      ]),
    );
    expect(constantOfFirst(await expectOps(before, { Reshape: 1 }), 'Reshape')).toEqual([3, 4, 2]);
  });

  it('does not believe shapes that the file merely declares, nor rounding that it cannot repeat', async () => {
    await expectKept(
      buildModel({}, (g) => {
        const r = g.op('Reshape', [g.input('x', [2, 3]), g.input('s', [2], 'int64')]);
        g.model.getValue(r).type = tensorType('float32', [2, 3]);
        g.output(g.op('Shape', [r]), 'y');
      }),
    );
    await expectOps(
      model([2, 3], (g, x) =>
        g.op('Mul', [x, g.op('Pow', [g.op('Cast', [size(g, x, 1)], { to: 1 }), g.floats('e', [], 0.3)])]),
      ),
      { Mul: 1, Pow: 1 },
    );
  });
});

describe('materialize-shapes: sizes that are symbols', () => {
  it('copies what stays in place', async () => {
    const after = await expectOps(
      model(['n', 's', 8], (g, x) => g.op('Reshape', [x, shapeOf(g, [4, 2], x, [0, 1])])),
      { Reshape: 1 },
      { x: [2, 3, 8] },
    );
    expect(constantOfFirst(after, 'Reshape')).toEqual([0, 0, 4, 2]);
  });

  it('lets one size be worked out where all others are known and none is 0', async () => {
    const after = await expectOps(
      model(['n', 's', 8], (g, x) => {
        const rows = g.op('Mul', [size(g, x, 0), size(g, x, 1)]);
        return g.op('Reshape', [x, g.op('Concat', [rows, g.int64s('d', [8])], { axis: 0 })]);
      }),
      { Reshape: 1 },
      { x: [2, 3, 8] },
    );
    expect(constantOfFirst(after, 'Reshape')).toEqual([-1, 8]);
  });

  it('follows sizes that inference has no name for', async () => {
    const before = (axis: number) =>
      buildModel({}, (g) => {
        const x = g.op('Compress', [g.input('x', [3, 4]), g.input('c', [4], 'bool')], { axis: 1 });
        const length = g.op('Cast', [g.op('Cast', [size(g, x, axis)], { to: 6 })], { to: 7 });
        g.output(
          g.op('Reshape', [x, g.op('Concat', [g.int64s('a', [3]), length, g.int64s('b', [1])], { axis: 0 })]),
          'y',
        );
      });
    const { model: after } = await afterPass(before(1), pass);
    expect(countOps(after)).toEqual({ Compress: 1, Reshape: 1 });
    expect(constantOfFirst(after, 'Reshape')).toEqual([3, 0, 1]);
    await expectEquivalent(before(1), after, { class: 'bits', seeds: 2 });
  });

  it('writes a size that Expand repeats as 1', async () => {
    const after = await expectOps(
      model(['n', 1, 5], (g, x) =>
        g.op('Expand', [x, g.op('Concat', [g.int64s('k', [2]), size(g, x, 0), g.int64s('m', [4, 5])], { axis: 0 })]),
      ),
      { Expand: 1 },
      { x: [3, 1, 5] },
    );
    expect(constantOfFirst(after, 'Expand')).toEqual([2, 1, 4, 5]);
  });

  it('refuses -1 where another size may be 0 or is not known either', async () => {
    await expectKept(
      model(['n', 's', 8], (g, x) => {
        const part = g.op('Mul', [size(g, x, 1), g.int64s('h', [2])]);
        return g.op('Reshape', [x, g.op('Concat', [size(g, x, 0), part, g.int64s('d', [4])], { axis: 0 })]);
      }),
      /where another one is 0/,
    );
    await expectKept(
      model(['n', 's', 8], (g, x) =>
        g.op('Reshape', [x, g.op('Concat', [size(g, x, 1), size(g, x, 0), g.int64s('d', [8])], { axis: 0 })]),
      ),
      /more than one size/i,
    );
    await expectKept(
      model(['n', 1], (g, x) => g.op('Expand', [x, g.op('Concat', [size(g, x, 0), size(g, x, 0)], { axis: 0 })])),
      /only known when it runs/,
    );
  });
});

describe('materialize-shapes: before a cast', () => {
  it('measures what is converted, where nothing else needs the conversion', async () => {
    const before = (more: boolean) =>
      buildModel({}, (g) => {
        const x = g.input('x', ['n', 2]);
        const converted = g.op('Cast', [x], { to: 11 });
        g.output(g.op('Shape', [converted]), 's');
        g.output(g.op('Size', [converted]), 't');
        if (more) g.output(g.op('Neg', [converted]), 'y');
      });
    const { model: after } = await afterPass(before(false), pass);
    expect(countOps(after)).toEqual({ Shape: 1, Size: 1 });
    await expectEquivalent(before(false), after, { class: 'bits', seeds: 1, shapes: { x: [3, 2] } });
    await expectKept(before(true));
  });
});

describe('materialize-shapes: wrong declarations', () => {
  it('leaves sizes alone that hide a shape which the file declares wrongly, for the runtime would refuse the model', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 6]);
      const columns = g.op('Gather', [g.op('Shape', [x]), g.int64s('one', [1])]);
      const y = g.op('Reshape', [x, g.op('Concat', [g.int64s('rest', [-1]), columns], { axis: 0 })]);
      g.output(y, 'y', { shape: [1, 2, 6] });
    });
    await expectKept(before, /declared with another number of axes/);
  });
});
