import { describe, expect, it } from 'vitest';
import { ints } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { Shape, ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { mergeReshapes as pass } from './merge-reshapes.ts';

type Step = (g: GraphBuilder, x: ValueId) => ValueId;

const reshape =
  (sizes: readonly number[], attributes = {}): Step =>
  (g, x) =>
    g.op('Reshape', [x, g.int64s('s', sizes)], attributes);
const flatten =
  (axis: number): Step =>
  (g, x) =>
    g.op('Flatten', [x], { axis });
const view =
  (type: 'Squeeze' | 'Unsqueeze', axes: readonly number[]): Step =>
  (g, x) =>
    g.model.opset() < 13 ? g.op(type, [x], { axes: ints(axes) }) : g.op(type, [x, g.int64s('axes', axes)]);

const chain = (shape: Shape, steps: readonly Step[], options: BuildOptions = {}): Model =>
  buildModel(options, (g) => {
    const start = g.op('Neg', [g.input('x', shape)]);
    g.output(g.op('Relu', [steps.reduce((x, step) => step(g, x), start)]), 'y');
  });

async function expectOps(
  before: Model,
  views: Readonly<Record<string, number>>,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): Promise<void> {
  const { model: after } = await afterPass(before, pass);
  expect(countOps(after)).toEqual({ Neg: 1, Relu: 1, ...views });
  await expectEquivalent(before, after, { class: 'bits', seeds: 1, shapes });
}

async function expectKept(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, pass);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

describe('merge-reshapes', () => {
  it('keeps the last shape of a chain, however long', async () => {
    await expectOps(chain([2, 4, 6], [reshape([8, 6]), reshape([4, 12])]), { Reshape: 1 });
    await expectOps(chain([2, 4, 6], [reshape([-1]), flatten(0), reshape([2, -1, 3]), reshape([48])]), { Reshape: 1 });
    await expectOps(chain([2, 4, 6], [reshape([8, 6]), flatten(1), flatten(0)]), { Reshape: 1 });
  });

  it('removes a chain that leads back', async () => {
    await expectOps(chain([2, 4, 6], [reshape([8, 6]), reshape([2, 4, 6])]), {});
    await expectOps(chain(['n', 4], [view('Unsqueeze', [1]), view('Squeeze', [-2])]), {}, { x: [3, 4] });
  });

  it('makes one Squeeze or Unsqueeze of two, counting axes in the right shape', async () => {
    for (const opset of [11, 17]) {
      const shapes = { x: [3, 1, 1] };
      const up = [view('Unsqueeze', [1, -1]), view('Unsqueeze', [0, 3])];
      await expectOps(chain(['n', 1, 'm'], up, { opset }), { Unsqueeze: 1 }, shapes);
      const down = [view('Squeeze', [1]), view('Squeeze', [-1])];
      await expectOps(chain(['n', 1, 'm'], down, { opset }), { Squeeze: 1 }, shapes);
    }
  });

  it('copies symbols that stay in place, and lets one other be worked out', async () => {
    const shapes = { x: [3, 4, 6] };
    await expectOps(chain(['n', 4, 6], [reshape([0, 24]), reshape([0, 6, 4])]), { Reshape: 1 }, shapes);
    await expectOps(chain(['n', 4, 6], [view('Unsqueeze', [1]), reshape([0, 0, 24])]), { Reshape: 1 }, shapes);
    await expectOps(chain(['n', 4, 6], [view('Unsqueeze', [0]), reshape([4, 0, 6])]), { Reshape: 1 }, shapes);
    await expectOps(chain(['n', 4, 6], [view('Unsqueeze', [2]), flatten(2)]), { Reshape: 1 }, shapes);
  });

  it('resolves what a 0 of the second shape copies', async () => {
    await expectOps(chain([8, 16], [reshape([4, 2, 4, 4]), reshape([0, 0, 2, 8])]), { Reshape: 1 });
  });

  it.skipIf(!haveShared())('keeps the trap with a 0 in the second shape right', async () => {
    const before = readModel(sharedFile('micro/traps/reshape_reshape_zero_dim.onnx')).model;
    await expectKept(before, /attention/);
  });

  it('reads a 0 as a size where the node says so', async () => {
    const before = chain([2, 0, 6], [reshape([6, 2, 0], { allowzero: 1 }), reshape([0, 9], { allowzero: 1 })]);
    const { sites } = await sitesOf(before, pass);
    expect(sites).toHaveLength(1);
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Neg: 1, Relu: 1, Reshape: 1 });
  });

  it('refuses what would not hold for every value of the symbols', async () => {
    await expectKept(chain(['n', 4, 'm'], [view('Unsqueeze', [1]), flatten(2)]), /only known when it runs/);
    await expectKept(chain(['n', 'm', 6], [view('Unsqueeze', [0]), reshape([0, 0, 0, 2, 3])]), /more than one size/i);
    await expectKept(chain([2, 0, 6], [reshape([0, 3, 0], { allowzero: 1 }), flatten(1)]), /a size of 0/);
  });

  it('refuses a shape that is only known when it runs, for a 0 in it would copy another size', async () => {
    const before = buildModel({}, (g) => {
      const first = g.op('Unsqueeze', [g.input('x', [2, 6]), g.int64s('axes', [0])]);
      g.output(g.op('Reshape', [first, g.input('s', [2], 'int64')]), 'y');
    });
    await expectKept(before, /may be 0, which copies/);
  });

  it('leaves the shape by which attention is recognised', async () => {
    await expectKept(chain([6, 8], [reshape([2, 3, 8]), reshape([2, 3, 4, 2])]), /attention/);
    await expectKept(chain([2, 3, 4, 2], [reshape([2, 3, 8]), reshape([6, 8])]), /attention/);
  });

  it('leaves a first one that others read, and names that have to stay', async () => {
    const shared = buildModel({}, (g) => {
      const first = g.op('Flatten', [g.input('x', [2, 3, 4])]);
      g.output(g.op('Reshape', [first, g.int64s('s', [24])]), 'y');
      g.output(g.op('Neg', [first]), 'z');
    });
    await expectKept(shared, /read by Neg neg too/);
    const ends = buildModel({}, (g) => {
      const first = g.op('Unsqueeze', [g.input('x', [2, 3]), g.int64s('axes', [0])]);
      g.output(g.op('Squeeze', [first, g.int64s('axes', [0])]), 'y');
    });
    const { model: after } = await afterPass(ends, pass);
    expect(countOps(after)).toEqual({ Reshape: 1 });
    await expectEquivalent(ends, after, { class: 'bits', seeds: 1 });
  });
});
