import { describe, expect, it } from 'vitest';
import { ints } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { Shape, ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { sliceRange } from '../../ops/slicing.ts';
import { seeded } from '../../base/random.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { mergeSlices as pass } from './merge-slices.ts';
import { cutTwice, type Cut } from './slice-axes.ts';

const END = Number.MAX_SAFE_INTEGER;

/** `[axis, start, end, step?]` each. */
type Row = readonly [number, number, number, number?];

function slice(g: GraphBuilder, x: ValueId, rows: readonly Row[]): ValueId {
  const [axes, starts, ends] = [0, 1, 2].map((i) => rows.map((row) => row[i] ?? 0));
  if (g.model.opset() < 10) {
    return g.op('Slice', [x], { starts: ints(starts!), ends: ints(ends!), axes: ints(axes!) });
  }
  const steps = rows.map((row) => row[3] ?? 1);
  return g.op('Slice', [x, ...[starts!, ends!, axes!, steps].map((each, i) => g.int64s(`i${i}`, each))]);
}

const chain = (shape: Shape, slices: readonly (readonly Row[])[], options: BuildOptions = {}): Model =>
  buildModel(options, (g) => {
    g.output(
      slices.reduce((x, rows) => slice(g, x, rows), g.input('x', shape)),
      'y',
    );
  });

async function expectMerged(before: Model, shapes: Readonly<Record<string, readonly number[]>> = {}): Promise<void> {
  const { model: after } = await afterPass(before, pass);
  expect(countOps(after)).toEqual({ Slice: 1 });
  await expectEquivalent(before, after, { class: 'bits', seeds: 1, shapes });
}

async function expectKept(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, pass);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

describe('merge-slices', () => {
  it.each([9, 13])('takes parts of different axes at once, in opset %i', async (opset) => {
    await expectMerged(chain([4, 9], [[[0, 1, 3]], [[-1, 2, -1]]], { opset }));
    await expectMerged(
      chain(
        [4, 9],
        [
          [
            [0, 1, 3],
            [1, 0, 8],
          ],
          [[1, 2, END]],
        ],
        { opset },
      ),
    );
  });

  it('composes parts of one axis, forwards, backwards and in steps', async () => {
    await expectMerged(chain([2, 16], [[[1, 2, 14, 2]], [[1, 1, 5]]]));
    await expectMerged(chain([2, 16], [[[1, -1, -END, -1]], [[1, 3, 12, 4]]]));
    await expectMerged(chain([2, 16], [[[1, 3, 13]], [[1, -2, -END, -3]]]));
    await expectMerged(chain([2, 16], [[[1, 3, 13]], [[1, -4, END]], [[1, 1, -1]]]));
  });

  it('composes parts of an axis of any length where the length does not matter', async () => {
    const shapes = { x: [2, 11] };
    await expectMerged(chain([2, 'n'], [[[1, 2, END]], [[1, 1, 5]]]), shapes);
    await expectMerged(chain([2, 'n'], [[[1, 2, 9, 2]], [[1, 1, END]]]), shapes);
    await expectMerged(chain([2, 'n'], [[[1, 1, -1]], [[1, 1, -2]]]), shapes);
    await expectMerged(chain([2, 'n'], [[[1, 1, END]], [[1, 0, -1]]]), shapes);
  });

  it('refuses where it does', async () => {
    await expectKept(chain([2, 'n'], [[[1, 1, 9]], [[1, 0, -1]]]), /axis 1 depends on its length/);
    await expectKept(chain([2, 'n'], [[[1, 1, -1]], [[1, 0, 3]]]), /depends on its length/);
    await expectKept(chain([2, 'n'], [[[1, -4, END]], [[1, 0, 3]]]), /depends on its length/);
  });

  it('refuses what is only known when it runs, and leaves a first one that others read', async () => {
    const loose = buildModel({}, (g) => {
      const first = slice(g, g.input('x', [4]), [[0, 1, 3]]);
      g.output(g.op('Slice', [first, g.input('s', [1], 'int64'), g.int64s('e', [2])]), 'y');
    });
    await expectKept(loose, /What Slice slice_2 takes is only known when it runs/);
    const shared = buildModel({}, (g) => {
      const first = slice(g, g.input('x', [4]), [[0, 1, 3]]);
      g.output(slice(g, first, [[0, 1, 2]]), 'y');
      g.output(g.op('Neg', [first]), 'z');
    });
    await expectKept(shared, /read by Neg neg too/);
  });

  it.skipIf(!haveShared())('composes the trap', async () => {
    await expectMerged(readModel(sharedFile('micro/traps/slice_slice_same_axis.onnx')).model);
  });
});

describe('merge-slices: of what was put together', () => {
  const parted = (slices: readonly (readonly Row[])[], more: (g: GraphBuilder, all: ValueId) => void = () => {}) =>
    buildModel({}, (g) => {
      const parts = [2, 3, 4].map((size, i) => g.op('Neg', [g.input(`x${i}`, ['n', size])]));
      const all = g.op('Concat', parts, { axis: -1 });
      slices.forEach((rows, i) => g.output(g.op('Exp', [slice(g, all, rows)]), `y${i}`));
      more(g, all);
    });
  const shapes = { x0: [3, 2], x1: [3, 3], x2: [3, 4] };

  it('takes whole operands as they are, whoever reads the rest', async () => {
    const before = parted([[[1, 0, 2]], [[-1, 2, 5]]], (g, all) => g.output(all, 'all'));
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Neg: 3, Concat: 1, Exp: 2 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 1, shapes });
  });

  it('takes parts of single operands where that takes all apart', async () => {
    const before = parted([
      [[1, 3, 5]],
      [
        [1, -1, -4, -2],
        [0, 0, 2],
      ],
      [[1, 0, 2]],
    ]);
    const { model: after } = await afterPass(before, pass);
    expect(countOps(after)).toEqual({ Neg: 3, Slice: 2, Exp: 3 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 1, shapes });
  });

  it('leaves what is of two operands, and parts where the whole is needed anyway', async () => {
    expect((await sitesOf(parted([[[1, 1, 3]], [[1, 3, 4]]]), pass)).sites).toEqual([]);
    expect(
      (
        await sitesOf(
          parted([[[1, 3, 4]]], (g, all) => g.output(all, 'all')),
          pass,
        )
      ).sites,
    ).toEqual([]);
    expect((await sitesOf(parted([[[0, 0, 2]]]), pass)).sites).toEqual([]);
  });
});

/** What a cut takes of an axis, by the operator specification. */
function taken(elements: readonly number[], { start, end, step }: Cut): number[] {
  const { first, count } = sliceRange(elements.length, start, end, step);
  return Array.from({ length: count }, (_, i) => elements[first + i * step] ?? NaN);
}

describe('cutTwice', () => {
  it('takes what both cuts take, for every length', () => {
    const random = seeded(7);
    const pick = (values: readonly number[]): number => values[Math.floor(random() * values.length)] ?? 0;
    const bounds = [-END, -9, -3, -2, -1, 0, 1, 2, 3, 5, 8, END];
    const cut = (): Cut => ({ start: pick(bounds), end: pick(bounds), step: pick([1, 1, 1, 2, 3, -1, -2]) });
    let open = 0;
    for (let round = 0; round < 5000; round++) {
      const [first, second] = [cut(), cut()];
      const anyLength = cutTwice(null, first, second);
      if (anyLength) open++;
      for (const size of [0, 1, 2, 3, 5, 10]) {
        const elements = Array.from({ length: size }, (_, i) => i);
        const wanted = taken(taken(elements, first), second).join();
        for (const both of [cutTwice(size, first, second), anyLength]) {
          if (both && taken(elements, both).join() !== wanted)
            expect.fail(JSON.stringify({ first, second, size, both }));
        }
      }
    }
    expect(open).toBeGreaterThan(100);
  });
});
