import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import type { DataType } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { slicesToSplit } from './slices-to-split.ts';

type Bounds = readonly [start: number, end: number, step?: number];
const END = Number.MAX_SAFE_INTEGER;

interface SliceOptions extends BuildOptions {
  readonly axis?: number;
  readonly shape?: readonly (number | string)[];
  readonly dtype?: DataType;
}

/** Slices of x [2, 6, 5] along one axis, each an output. */
const sliced = (
  bounds: readonly Bounds[],
  { axis = 1, shape = [2, 6, 5], dtype = 'float32', ...options }: SliceOptions = {},
): Model =>
  buildModel(options, (g) => {
    const x = g.input('x', shape, dtype);
    for (const [start, end, step] of bounds) {
      const old = (options.opset ?? 17) < 10;
      const inputs = [[start], [end], [axis], ...(step === undefined ? [] : [[step]])].map((each) =>
        g.int64s('at', each),
      );
      g.output(g.op('Slice', old ? [x] : [x, ...inputs], old ? { starts: [start], ends: [end], axes: [axis] } : {}));
    }
  });

async function expectSplit(before: Model): Promise<Model> {
  const { model: after } = await afterPass(before, slicesToSplit);
  expect(countOps(after)).toEqual({ Split: 1 });
  await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  return after;
}

async function expectRefused(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, slicesToSplit);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

describe('slices-to-split', () => {
  it.each([9, 10, 13, 18])('makes slices that cut up an axis one Split, version %i', async (opset) => {
    await expectSplit(
      sliced(
        [
          [0, 2],
          [2, 3],
          [3, 6],
        ],
        { opset },
      ),
    );
  });

  it('reads negative bounds, bounds beyond the end and a negative axis, in any order', async () => {
    await expectSplit(
      sliced(
        [
          [-2, END, 1],
          [0, 1],
          [1, -2],
        ],
        { axis: -2 },
      ),
    );
    const after = await expectSplit(
      sliced(
        [
          [-3, END],
          [-100, 3],
        ],
        { axis: 1 },
      ),
    );
    const [split] = [...after.nodes.values()];
    expect(split?.outputs).toHaveLength(2);
  });

  it('splits where other axes have no size', async () => {
    const before = sliced(
      [
        [0, 4],
        [4, 6],
      ],
      { shape: ['n', 6, 'm'] },
    );
    const { model: after } = await afterPass(before, slicesToSplit);
    expect(countOps(after)).toEqual({ Split: 1 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 1, shapes: { x: [2, 6, 3] } });
  });

  it.each(['float16', 'float64', 'int32', 'int64', 'uint8', 'int8', 'bool'] as const)('splits %s', async (dtype) => {
    await expectSplit(
      sliced(
        [
          [0, 4],
          [4, 6],
        ],
        { dtype },
      ),
    );
  });

  it('passes axes over that a Slice takes whole', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 6, 5]);
      for (const [start, end] of [
        [0, 3],
        [3, 6],
      ]) {
        g.output(
          g.op('Slice', [x, g.int64s('starts', [0, start!]), g.int64s('ends', [END, end!]), g.int64s('axes', [2, 1])]),
        );
      }
    });
    await expectSplit(before);
  });

  it('leaves slices alone that leave something out, overlap, repeat or are empty', async () => {
    await expectRefused(
      sliced([
        [0, 2],
        [3, 6],
      ]),
      /laces 2 to 2 of axis 1 are in no slice/,
    );
    await expectRefused(
      sliced([
        [1, 2],
        [2, 6],
      ]),
      /laces 0 to 0/,
    );
    await expectRefused(
      sliced([
        [0, 2],
        [2, 5],
      ]),
      /laces 5 to 5/,
    );
    await expectRefused(
      sliced([
        [0, 3],
        [2, 6],
      ]),
      /overlap/,
    );
    await expectRefused(
      sliced([
        [0, 6],
        [0, 6],
      ]),
      /takes everything/,
    );
    await expectRefused(
      sliced([
        [0, 3],
        [3, 3],
        [3, 6],
      ]),
      /empty/,
    );
  });

  it('leaves steps, unknown sizes, computed bounds and different axes alone', async () => {
    await expectRefused(
      sliced([
        [0, 6, 2],
        [1, 6, 2],
      ]),
      /takes steps/,
    );
    await expectRefused(
      sliced(
        [
          [0, 2],
          [2, END],
        ],
        { shape: [2, 'c', 5] },
      ),
      /size along the axis is not known/,
    );
    const computed = buildModel({}, (g) => {
      const [x, at] = [g.input('x', [6]), g.input('at', [1], 'int64')];
      g.output(g.op('Slice', [x, g.int64s('zero', [0]), at]));
      g.output(g.op('Slice', [x, at, g.int64s('end', [6])]));
    });
    await expectRefused(computed, /bounds are not constant/);
    const crossed = buildModel({}, (g) => {
      const x = g.input('x', [4, 4]);
      for (const axis of [0, 1])
        g.output(g.op('Slice', [x, g.int64s('s', [2]), g.int64s('e', [4]), g.int64s('a', [axis])]));
    });
    await expectRefused(crossed, /o other slice/);
  });

  it('does nothing to a single Slice', async () => {
    expect(await sitesOf(sliced([[0, 2]]), slicesToSplit)).toEqual({ sites: [], refusals: [] });
  });
});

describe.skipIf(!haveShared())('slices-to-split: real models', () => {
  it('cuts up the real and imaginary parts of a voice detector once in each branch', async () => {
    const { model } = readModel(sharedFile('real/models/audio/silero_vad.onnx'));
    const { result } = await afterPass(model, slicesToSplit);
    expect(result.applied.length).toBeGreaterThan(0);
  });
});
