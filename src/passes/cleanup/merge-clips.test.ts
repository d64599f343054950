import { describe, expect, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { literal } from '../../rewrite/literal.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { mergeClips as pass } from './merge-clips.ts';

type Step = (g: GraphBuilder, x: ValueId) => ValueId;

const number = (g: GraphBuilder, value: number, dtype: DataType = 'float32', shape: readonly number[] = []): ValueId =>
  g.tensor('c', literal(dtype, shape, [value])!);
const relu: Step = (g, x) => g.op('Relu', [x]);
const max =
  (value: number, dtype?: DataType): Step =>
  (g, x) =>
    g.op('Max', [x, number(g, value, dtype)]);
const min =
  (value: number, dtype?: DataType): Step =>
  (g, x) =>
    g.op('Min', [number(g, value, dtype), x]);
const clip =
  (low: number | null, high: number | null, dtype?: DataType): Step =>
  (g, x) => {
    if (g.model.opset() < 11) {
      const attributes = {
        ...(low === null ? {} : { min: float(low) }),
        ...(high === null ? {} : { max: float(high) }),
      };
      return g.op('Clip', [x], attributes);
    }
    return g.op('Clip', [x, ...[low, high].map((each) => (each === null ? null : number(g, each, dtype)))]);
  };

/** What no number makes and Abs makes an infinity or NaN of: 0/0 and 1/0 stand among the elements. */
const chain = (steps: readonly Step[], options: BuildOptions & { dtype?: DataType } = {}): Model =>
  buildModel(options, (g) => {
    const dtype = options.dtype ?? 'float32';
    const x = g.input('x', [3, 5], dtype);
    const start = dtype === 'float32' ? g.op('Div', [x, g.op('Floor', [x])]) : g.op('Add', [x, x]);
    g.output(g.op('Identity', [steps.reduce((value, step) => step(g, value), start)]), 'y');
  });

async function expectOps(before: Model, ops: Readonly<Record<string, number>>): Promise<void> {
  const { model: after } = await afterPass(before, pass);
  const counts = countOps(after);
  for (const type of ['Div', 'Floor', 'Add', 'Identity']) delete counts[type];
  expect(counts).toEqual(ops);
  await expectEquivalent(before, after, { class: 'bits', seeds: 1, verdicts: ['agrees', 'uninformative'] });
}

async function expectKept(before: Model, reason: RegExp | null): Promise<void> {
  const { sites, refusals } = await sitesOf(before, pass);
  expect(sites).toEqual([]);
  if (reason) expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
  else expect(refusals).toEqual([]);
}

describe('merge-clips', () => {
  it.each([7, 11, 13])('makes one Clip of bounds, in opset %i', async (opset) => {
    await expectOps(chain([relu, clip(-1, 0.75)], { opset }), { Clip: 1 });
    await expectOps(chain([clip(-1, null), clip(null, 0.75)], { opset }), { Clip: 1 });
    await expectOps(chain([clip(-0.5, 0.5), clip(-0.25, 1), relu], { opset }), { Clip: 1 });
  });

  it('keeps what bounds already, and drops what bounds no further', async () => {
    await expectOps(chain([relu, relu]), { Relu: 1 });
    await expectOps(chain([clip(-1, 1), clip(-0.5, 0.5)]), { Clip: 1 });
    await expectOps(chain([clip(-0.5, 0.5), clip(-1, 1)]), { Clip: 1 });
    await expectOps(chain([relu, clip(0, 6)]), { Clip: 1 });
    await expectOps(chain([clip(0, 6), relu]), { Clip: 1 });
    await expectOps(chain([relu, max(-1)]), { Relu: 1 });
  });

  it('takes Max and Min with a number for bounds', async () => {
    await expectOps(chain([max(0), min(0.75)]), { Clip: 1 });
    await expectOps(chain([min(0.75), max(-0.25)]), { Clip: 1 });
    await expectOps(chain([max(-0.5), max(0.25)]), { Max: 1 });
    await expectOps(chain([relu, min(0.75)], { opset: 8 }), { Clip: 1 });
  });

  it('leaves one value, and NaN, of bounds that do not meet', async () => {
    await expectOps(chain([clip(1, 2), clip(-2, -1)]), { Clip: 1 });
    await expectOps(chain([clip(2, 1), relu]), { Clip: 1 });
    await expectOps(chain([relu, min(-1)]), { Clip: 1 });
  });

  it('minds that a bound that Clip leaves out still clips infinities', async () => {
    await expectOps(chain([relu, clip(-1, null)]), { Clip: 1 });
    await expectOps(chain([clip(null, 1), max(-3)]), { Clip: 1 });
  });

  it('bounds integers', async () => {
    await expectOps(chain([max(-1, 'int32'), min(3, 'int32')], { dtype: 'int32' }), { Clip: 1 });
    await expectOps(chain([clip(0, null, 'int64'), clip(null, 1, 'int64')], { dtype: 'int64' }), { Clip: 1 });
    await expectKept(chain([max(-1, 'int16'), min(3, 'int16')], { dtype: 'int16' }), /no Clip of int16/);
    await expectKept(chain([max(-1, 'int32'), min(3, 'int32')], { dtype: 'int32', opset: 11 }), /for opset 11/);
  });

  it('refuses bounds that are not constant or broadcast, and leaves two operands that are no bounds', async () => {
    const loose = buildModel({}, (g) => {
      const x = g.op('Relu', [g.input('x', [3])]);
      g.output(g.op('Clip', [x, g.input('low', [])]), 'y');
    });
    await expectKept(loose, /bounds of Clip clip are not constant/);
    const wide = buildModel({}, (g) => {
      const x = g.op('Relu', [g.input('x', [3])]);
      g.output(g.op('Max', [x, number(g, 1, 'float32', [1, 1])]), 'y');
    });
    await expectKept(wide, /larger shape/);
    await expectKept(chain([relu, (g, x) => g.op('Max', [x, g.weight('w', [5])])]), null);
    await expectKept(chain([relu, (g, x) => g.op('Min', [x, x])]), null);
  });

  it('leaves a first one that others read', async () => {
    const shared = buildModel({}, (g) => {
      const first = relu(g, g.input('x', [3]));
      g.output(clip(-1, 1)(g, first), 'y');
      g.output(g.op('Neg', [first]), 'z');
    });
    await expectKept(shared, /read by Neg neg too/);
  });

  it.skipIf(!haveShared())('keeps a negative bound from undoing a Relu', async () => {
    const before = readModel(sharedFile('micro/traps/relu_clip_neg_min.onnx')).model;
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Clip: 1 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 2 });
  });
});
