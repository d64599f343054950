import { describe, expect, it } from 'vitest';
import { getString } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { fuseSpaceToDepth } from './fuse-space-to-depth.ts';

type Place = readonly [row: number, column: number];
const ROWS: readonly Place[] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
/** YOLOv5 joins them column by column. */
const COLUMNS: readonly Place[] = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
];
const END = Number.MAX_SAFE_INTEGER;

function slice(
  g: GraphBuilder,
  x: ValueId,
  axes: readonly number[],
  starts: readonly number[],
  step: number,
  end = END,
): ValueId {
  const inputs = [starts, axes.map(() => end), axes, axes.map(() => step)].map((each) => g.int64s('at', each));
  return g.op('Slice', [x, ...inputs]);
}

/** x[…, row::block, column::block], as one Slice or two, joined along the channels. */
function focus(
  g: GraphBuilder,
  x: ValueId,
  places: readonly Place[],
  { block = 2, single = false, end = END } = {},
): ValueId {
  const parts = places.map(([row, column]) =>
    single
      ? slice(g, x, [3, -2], [column, row], block, end)
      : slice(g, slice(g, x, [2], [row], block, end), [3], [column], block, end),
  );
  return g.op('Concat', parts, { axis: 1 });
}

const model = (
  build: (g: GraphBuilder, x: ValueId) => ValueId,
  shape: (number | string)[] = [2, 3, 4, 6],
  options: BuildOptions = {},
) => buildModel(options, (g) => g.output(build(g, g.input('x', shape)), 'y'));

interface Expected {
  readonly ops: Record<string, number>;
  readonly class: 'bits' | 'order';
  readonly backend?: 'wasm' | 'webgpu';
}

async function expectFused(before: Model, { ops, class: preserves, backend = 'wasm' }: Expected): Promise<Model> {
  const { model: after, result } = await afterPass(before, fuseSpaceToDepth, { backend });
  expect(countOps(after)).toEqual(ops);
  expect(result.applied[0]?.preserves).toBe(preserves);
  await expectEquivalent(before, after, { class: preserves, seeds: 1, shapes: { x: [2, 3, 4, 6] } });
  return after;
}

async function expectRefused(before: Model, reason: RegExp, backend: 'wasm' | 'webgpu' = 'wasm'): Promise<void> {
  const { sites, refusals } = await sitesOf(before, fuseSpaceToDepth, { backend });
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

const conv = (g: GraphBuilder, x: ValueId, channels: number, attributes = {}): ValueId =>
  g.op('Conv', [x, g.weight('w', [5, channels, 3, 3]), g.weight('b', [5])], { pads: [1, 1, 1, 1], ...attributes });

describe('fuse-space-to-depth: slices', () => {
  it('makes strided slices in the order of SpaceToDepth one operator', async () => {
    for (const single of [true, false]) {
      await expectFused(
        model((g, x) => focus(g, x, ROWS, { single })),
        { ops: { SpaceToDepth: 1 }, class: 'bits' },
      );
    }
    const places = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column): Place => [row, column]));
    const before = model((g, x) => focus(g, x, places, { block: 3 }), [1, 2, 6, 9]);
    const { model: after } = await afterPass(before, fuseSpaceToDepth);
    expect(countOps(after)).toEqual({ SpaceToDepth: 1 });
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('takes sizes that are symbols', async () => {
    await expectFused(
      model((g, x) => focus(g, x, ROWS), ['n', 3, 'h', 'w']),
      { ops: { SpaceToDepth: 1 }, class: 'bits' },
    );
  });

  it('orders the input channels of a convolution behind where the slices stand in another order', async () => {
    const before = model((g, x) => conv(g, focus(g, x, COLUMNS), 12));
    await expectFused(before, { ops: { SpaceToDepth: 1, Conv: 1 }, class: 'order' });
  });

  it('orders the channels by a Gather where no convolution follows that it could change', async () => {
    const ops = { SpaceToDepth: 1, Gather: 1 };
    await expectFused(
      model((g, x) => focus(g, x, COLUMNS)),
      { ops, class: 'bits' },
    );
    const grouped = model((g, x) => g.op('Conv', [focus(g, x, COLUMNS), g.weight('w', [4, 3, 1, 1])], { group: 4 }));
    await expectFused(grouped, { ops: { ...ops, Conv: 1 }, class: 'bits' });
  });

  it('lets the convolution read the places itself on WebGPU, which has no SpaceToDepth', async () => {
    for (const places of [ROWS, COLUMNS]) {
      for (const attributes of [{}, { strides: [2, 1], pads: [0, 1, 2, 0] }]) {
        const before = model((g, x) => conv(g, focus(g, x, places), 12, attributes), [1, 3, 8, 10]);
        const { model: after } = await afterPass(before, fuseSpaceToDepth, { backend: 'webgpu' });
        expect(countOps(after)).toEqual({ Conv: 1 });
        await expectEquivalent(before, after, { class: 'order', seeds: 1 });
      }
    }
    await expectRefused(
      model((g, x) => focus(g, x, ROWS)),
      /does not run on WebGPU/,
      'webgpu',
    );
    await expectRefused(
      model((g, x) => conv(g, focus(g, x, ROWS), 12, { dilations: [2, 2] }), [1, 3, 16, 16]),
      /dilated/,
      'webgpu',
    );
  });

  it('keeps slices that are read elsewhere', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [2, 3, 4, 6]);
      const first = slice(g, x, [2, 3], [0, 0], 2);
      const rest = ROWS.slice(1).map((place) => slice(g, x, [2, 3], place, 2));
      g.output(g.op('Concat', [first, ...rest], { axis: 1 }), 'y');
      g.output(first, 'z');
    });
    await expectFused(before, { ops: { SpaceToDepth: 1, Slice: 1 }, class: 'bits' });
  });

  it('leaves slices alone that are no blocks', async () => {
    await expectRefused(
      model((g, x) =>
        focus(g, x, [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 0],
        ]),
      ),
      /a slice repeats/i,
    );
    await expectRefused(
      model((g, x) =>
        focus(g, x, [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 2],
        ]),
      ),
      /starts at 2/,
    );
    await expectRefused(
      model((g, x) => focus(g, x, ROWS, { block: 3 }), [1, 3, 6, 6]),
      /steps of 3/,
    );
    await expectRefused(
      model((g, x) => focus(g, x, ROWS, { end: 4 })),
      /ends before the axis/,
    );
    const rows = model((g, x) =>
      g.op(
        'Concat',
        ROWS.map((place) => slice(g, x, [2, 3], place, 2)),
        { axis: 2 },
      ),
    );
    await expectRefused(rows, /not joined along the channels/);
    const whole = buildModel({}, (g) => {
      const x = g.input('x', [2, 3, 4, 6], 'int64');
      g.output(focus(g, x, ROWS), 'y');
    });
    await expectRefused(whole, /type int64/);
  });

  it('does nothing to slices of different values', async () => {
    const before = buildModel({}, (g) => {
      const [x, z] = [g.input('x', [2, 3, 4, 6]), g.input('z', [2, 3, 4, 6])];
      const parts = ROWS.map((place, i) => slice(g, i === 0 ? z : x, [2, 3], place, 2));
      g.output(g.op('Concat', parts, { axis: 1 }));
    });
    expect(await sitesOf(before, fuseSpaceToDepth)).toEqual({ sites: [], refusals: [] });
  });
});

function reshaped(
  g: GraphBuilder,
  x: ValueId,
  six: readonly number[],
  perm: readonly number[],
  four: readonly number[],
): ValueId {
  const y = g.op('Transpose', [g.op('Reshape', [x, g.int64s('six', six)])], { perm });
  return g.op('Reshape', [y, g.int64s('four', four)]);
}

describe('fuse-space-to-depth: reshapes', () => {
  it('makes blocks of places that move to the channels SpaceToDepth', async () => {
    const before = model((g, x) => reshaped(g, x, [0, 3, 2, 2, 3, 2], [0, 3, 5, 1, 2, 4], [0, -1, 2, 3]));
    await expectFused(before, { ops: { SpaceToDepth: 1 }, class: 'bits' });
  });

  it('takes the order of PyTorch where a convolution follows', async () => {
    const unshuffled = (behind: boolean) =>
      model((g, x) => {
        const y = reshaped(g, x, [0, 3, 2, 2, 3, 2], [0, 1, 3, 5, 2, 4], [0, 12, 2, 3]);
        return behind ? conv(g, y, 12) : y;
      });
    await expectFused(unshuffled(true), { ops: { SpaceToDepth: 1, Conv: 1 }, class: 'order' });
    await expectRefused(unshuffled(false), /not in the order of SpaceToDepth/);
  });

  it.each([
    ['DCR', [0, 2, 2, 3, 2, 5], [0, 3, 4, 1, 5, 2]],
    ['CRD', [0, 3, 2, 2, 2, 5], [0, 1, 4, 2, 5, 3]],
  ] as const)('makes channels that move to places DepthToSpace, mode %s', async (mode, six, perm) => {
    const before = model((g, x) => reshaped(g, x, six, perm, [0, 3, 4, 10]), [2, 12, 2, 5]);
    const { model: after } = await afterPass(before, fuseSpaceToDepth);
    expect(countOps(after)).toEqual({ DepthToSpace: 1 });
    expect(getString([...after.nodes.values()][0]!, 'mode', 'DCR')).toBe(mode);
    await expectEquivalent(before, after, { class: 'bits', seeds: 1 });
  });

  it('leaves other moves alone', async () => {
    const swapped = model(
      (g, x) => reshaped(g, x, [0, 3, 2, 2, 2, 5], [0, 1, 4, 3, 5, 2], [0, 3, 4, 10]),
      [2, 12, 2, 5],
    );
    await expectRefused(swapped, /neither mode/);
    const old = model((g, x) => reshaped(g, x, [0, 3, 2, 2, 2, 5], [0, 1, 4, 2, 5, 3], [0, 3, 4, 10]), [2, 12, 2, 5], {
      opset: 9,
    });
    await expectRefused(old, /before version 11/);
    for (const [six, perm, four] of [
      [
        [0, 3, 2, 2, 3, 2],
        [0, 3, 5, 1, 4, 2],
        [0, -1, 3, 2],
      ],
      [
        [0, 3, 2, 2, 3, 2],
        [0, 3, 5, 1, 2, 4],
        [0, -1, 3, 2],
      ],
      [
        [0, 3, 2, 2, 2, 3],
        [0, 3, 5, 1, 2, 4],
        [0, -1, 2, 2],
      ],
      [
        [0, 3, 2, 2, 3, 2],
        [1, 3, 5, 0, 2, 4],
        [3, -1, 2, 3],
      ],
    ]) {
      const other = model((g, x) => reshaped(g, x, six!, perm!, four!));
      expect(await sitesOf(other, fuseSpaceToDepth)).toEqual({ sites: [], refusals: [] });
    }
  });

  it('leaves it alone where something between is read elsewhere', async () => {
    const before = buildModel({}, (g) => {
      const six = g.op('Reshape', [g.input('x', [2, 3, 4, 6]), g.int64s('six', [2, 3, 2, 2, 3, 2])]);
      const moved = g.op('Transpose', [six], { perm: [0, 3, 5, 1, 2, 4] });
      g.output(g.op('Reshape', [moved, g.int64s('four', [2, 12, 2, 3])]), 'y');
      g.output(six, 'six_out');
    });
    await expectRefused(before, /graph output/);
  });
});
