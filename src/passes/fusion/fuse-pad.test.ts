import { describe, expect, it } from 'vitest';
import { float, getInt, getInts } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fusePad } from './fuse-pad.ts';

const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fusePad);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

async function expectFused(before: Model, ops: Record<string, number>): Promise<Model> {
  const { model: after } = await afterPass(before, fusePad);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'kernel', seeds: 1 });
  return after;
}

const PADS = [0, 0, 1, 0, 0, 0, 2, 1];
const input = (g: GraphBuilder): ValueId => g.input('x', [2, 3, 6, 7]);

/** A Pad as version 13 has it. */
function pad(g: GraphBuilder, x: ValueId, pads: readonly number[] = PADS, value?: number): ValueId {
  return g.op('Pad', [x, g.int64s('pads', pads), ...(value === undefined ? [] : [g.floats('value', [], value)])]);
}
const conv = (g: GraphBuilder, x: ValueId, attributes = {}): ValueId =>
  g.op('Conv', [x, g.weight('w', [4, 3, 3, 3]), g.weight('b', [4])], attributes);
const padsOf = (after: Model, type: string): number[] =>
  getInts(
    [...after.nodes.values()].find((each) => each.opType === type)!,
    'pads',
    [],
  );

describe('fuse-pad: convolutions', () => {
  it('adds the padding to that of the convolution', async () => {
    for (const attributes of [
      {},
      { pads: [1, 1, 0, 2], strides: [2, 1] },
      { auto_pad: 'VALID' },
      { pads: [0, 0, 0, 0], auto_pad: 'NOTSET' },
    ]) {
      const after = await expectFused(
        model((g) => conv(g, pad(g, input(g)), attributes)),
        { Conv: 1 },
      );
      const own = 'strides' in attributes ? attributes.pads : [0, 0, 0, 0];
      expect(padsOf(after, 'Conv')).toEqual([1, 0, 2, 1].map((each, i) => each + (own?.[i] ?? 0)));
    }
  });

  it('takes pads larger than the kernel, along one to three axes, grouped and dilated', async () => {
    for (const rank of [3, 4, 5]) {
      const before = model((g) => {
        const pads = [0, 0, ...Array(rank - 2).fill(4), 0, 0, ...Array(rank - 2).fill(5)] as number[];
        const x = pad(g, g.input('x', [1, 4, 5, 6, 4].slice(0, rank)), pads, 0);
        return g.op('Conv', [x, g.weight('w', [4, 2, 3, 3, 3].slice(0, rank))], {
          group: 2,
          dilations: Array(rank - 2).fill(2) as number[],
        });
      });
      await expectFused(before, { Conv: 1 });
    }
  });

  it('reads the pads of every version', async () => {
    const old = model((g) => conv(g, g.op('Pad', [input(g)], { pads: PADS, mode: 'constant', value: float(0) })), {
      opset: 8,
    });
    await expectFused(old, { Conv: 1 });
    const axes = model(
      (g) => {
        const inputs = [input(g), g.int64s('pads', [1, 2, 0, 3]), g.floats('zero', [], 0), g.int64s('axes', [-1, 2])];
        return conv(g, g.op('Pad', inputs));
      },
      { opset: 19 },
    );
    expect(padsOf(await expectFused(axes, { Conv: 1 }), 'Conv')).toEqual([2, 1, 3, 0]);
  });

  it('reads pads that are computed from constants', async () => {
    const before = model((g) => {
      const half = g.int64s('half', [0, 0, 1, 1]);
      return conv(g, g.op('Pad', [input(g), g.op('Concat', [half, half], { axis: 0 })]));
    });
    await expectFused(before, { Conv: 1, Concat: 1 });
  });

  it('leaves other paddings alone', async () => {
    const refused = (build: (g: GraphBuilder) => ValueId) => reasons(model((g) => conv(g, build(g))));
    expect(await refused((g) => g.op('Pad', [input(g), g.int64s('pads', PADS)], { mode: 'reflect' }))).toMatch(
      /reflect/,
    );
    expect(await refused((g) => pad(g, input(g), PADS, 1))).toMatch(/pads with 0, and this is another/);
    expect(await refused((g) => pad(g, input(g), [0, 0, -1, 0, 0, 0, 1, 0]))).toMatch(/negative pads/);
    expect(await refused((g) => pad(g, g.input('x', [2, 2, 6, 7]), [0, 1, 0, 0, 0, 0, 0, 0]))).toMatch(/the channels/);
    expect(await refused((g) => g.op('Pad', [input(g), g.input('pads', [8], 'int64')]))).toMatch(
      /pads are not constant/,
    );
    const value = (g: GraphBuilder) => g.op('Pad', [input(g), g.int64s('pads', PADS), g.input('value', [])]);
    expect(await refused(value)).toMatch(/pads with is not constant/);
  });

  it('leaves a convolution alone whose padding depends on its input, and a padded value that is read elsewhere', async () => {
    const same = model((g) => conv(g, pad(g, input(g)), { auto_pad: 'SAME_UPPER', strides: [2, 2] }));
    expect(await reasons(same)).toMatch(/auto_pad SAME_UPPER/);
    const shared = buildModel({}, (g) => {
      const padded = pad(g, input(g));
      g.output(conv(g, padded), 'y');
      g.output(g.op('Relu', [padded]), 'z');
    });
    expect(await reasons(shared)).toMatch(/read by Relu/);
  });
});

describe('fuse-pad: pooling', () => {
  const pooled = (
    type: string,
    attributes = {},
    value?: number,
    inner: (g: GraphBuilder, x: ValueId) => ValueId = (_, x) => x,
  ) =>
    model((g) =>
      g.op(type, [pad(g, inner(g, input(g)), [0, 0, 1, 1, 0, 0, 1, 0], value)], {
        kernel_shape: [3, 3],
        ...attributes,
      }),
    );

  it('lets a mean count the zeros', async () => {
    for (const attributes of [{}, { strides: [2, 2] }, { pads: [1, 0, 0, 1], count_include_pad: 1 }]) {
      const after = await expectFused(pooled('AveragePool', attributes), { AveragePool: 1 });
      expect(getInt([...after.nodes.values()][0]!, 'count_include_pad', 0)).toBe(1);
    }
  });

  it('leaves a mean alone that has pads of its own and does not count them', async () => {
    expect(await reasons(pooled('AveragePool', { pads: [1, 1, 0, 0] }))).toMatch(/pads of its own/);
    expect(await reasons(pooled('AveragePool', {}, 2))).toMatch(/another value/);
    expect(await reasons(pooled('AveragePool', { ceil_mode: 1 }))).toMatch(/ceil_mode/);
    expect(await reasons(pooled('AveragePool', { kernel_shape: [1, 1] }))).toMatch(/as large as a window/);
    expect(await reasons(pooled('AveragePool', { auto_pad: 'SAME_LOWER' }))).toMatch(/SAME_LOWER/);
  });

  it.each([
    ['Relu', []],
    ['Sigmoid', []],
    ['Abs', []],
    ['Clip', [0, 6]],
  ] as const)('lets a maximum pad behind %s', async (type, limits) => {
    const before = pooled('MaxPool', { strides: [2, 2] }, undefined, (g, x) =>
      g.op('Transpose', [g.op(type, [x, ...limits.map((limit) => g.floats('limit', [], limit))])], {
        perm: [0, 1, 2, 3],
      }),
    );
    await expectFused(before, { MaxPool: 1, Transpose: 1, [type]: 1 });
  });

  it('lets a maximum pad where the padding is −∞', async () => {
    await expectFused(pooled('MaxPool', {}, -Infinity), { MaxPool: 1 });
  });

  it('leaves a maximum alone whose input may be negative, or whose indices are read', async () => {
    expect(await reasons(pooled('MaxPool'))).toMatch(/may be below/);
    const clip = pooled('MaxPool', {}, 0, (g, x) => g.op('Clip', [x, g.floats('low', [], -1)]));
    expect(await reasons(clip)).toMatch(/may be below/);
    const indexed = buildModel({}, (g) => {
      const node = g.node(
        'MaxPool',
        [pad(g, g.op('Relu', [input(g)]), [0, 0, 1, 1, 0, 0, 1, 1])],
        { kernel_shape: [3, 3] },
        { outputs: ['y', 'at'] },
      );
      for (const output of node.outputs) g.output(output!);
    });
    expect(await reasons(indexed)).toMatch(/MaxPool maxpool is a graph output/);
  });
});

describe.skipIf(!haveShared())("fuse-pad: ONNX Runtime's own tests and traps", () => {
  const read = (file: string) => readModel(sharedFile(`${file}.onnx`)).model;

  it.each([
    ['real/ort_fusion/fusion/fuse-pad-avgpool', { AveragePool: 1 }],
    ['real/ort_fusion/fusion/fuse-pad-conv', { Conv: 1 }],
    ['micro/patterns/pad_conv', { Conv: 1 }],
    ['micro/traps/pad_avgpool', { AveragePool: 1 }],
  ])('fuses %s', async (file, ops) => expectFused(read(file), ops).then(() => undefined));

  it.each([
    ['real/ort_fusion/fusion/fuse-pad-avgpool_with_pad-nofuse', /pads of its own/],
    ['micro/traps/pad_conv_autopad', /auto_pad/],
    ['micro/traps/pad_conv_negative', /negative/],
  ])('leaves %s alone', async (file, reason) => expect(await reasons(read(file))).toMatch(reason));
});
