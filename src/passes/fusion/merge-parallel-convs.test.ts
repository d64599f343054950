import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { freezeInitializers } from '../cleanup/freeze-initializers.ts';
import { mergeParallelConvs } from './merge-parallel-convs.ts';

interface ConvOptions {
  readonly channels?: number;
  readonly kernel?: readonly number[];
  readonly bias?: boolean;
  readonly group?: number;
  readonly attributes?: Readonly<Record<string, readonly number[] | string>>;
}

/** Over [2, 4, …]. */
function conv(g: GraphBuilder, x: ValueId, options: ConvOptions = {}): ValueId {
  const { channels = 3, kernel = [3, 3], bias = true, group = 1, attributes = {} } = options;
  const inputs = [x, g.weight('w', [channels, 4 / group, ...kernel]), ...(bias ? [g.weight('b', [channels])] : [])];
  return g.op('Conv', inputs, { ...attributes, group });
}

/** Convolutions that all read [2, 4, 7, 6], their results as outputs. */
const parallel = (convs: readonly ConvOptions[], options: BuildOptions = {}): Model =>
  buildModel(options, (g) => {
    const x = g.input('x', [2, 4, 7, 6]);
    for (const each of convs) g.output(conv(g, x, each));
  });

async function expectMerged(before: Model, ops: Record<string, number>): Promise<Model> {
  const { model: after } = await afterPass(before, mergeParallelConvs);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

async function expectRefused(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, mergeParallelConvs);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

const weightOf = (model: Model): readonly number[] =>
  [...model.graph.initializers.values()].find((each) => each.shape.length > 2)!.shape;

describe('merge-parallel-convs', () => {
  it.each([8, 11, 13, 18, 22])('merges convolutions of one kernel and splits the result, version %i', async (opset) => {
    const attributes = { pads: [1, 0, 0, 1], strides: [2, 1], dilations: [1, 2] };
    const convs = [{ attributes }, { attributes, channels: 5, bias: false }, { attributes, channels: 1 }];
    const after = await expectMerged(parallel(convs, { opset }), { Conv: 1, Split: 1 });
    expect(weightOf(after)).toEqual([9, 4, 3, 3]);
  });

  it('adds no bias where none has one', async () => {
    const after = await expectMerged(parallel([{ bias: false }, { bias: false }]), { Conv: 1, Split: 1 });
    expect([...after.nodes.values()].find((each) => each.opType === 'Conv')?.inputs).toHaveLength(2);
  });

  it('merges along one and three spatial axes, and in float16', async () => {
    for (const spatial of [1, 3]) {
      const before = buildModel({}, (g) => {
        const x = g.input('x', [1, 4, 5, 4, 6].slice(0, 2 + spatial));
        const kernel = [3, 1, 2].slice(0, spatial);
        for (let i = 0; i < 2; i++) g.output(conv(g, x, { kernel }));
      });
      await expectMerged(before, { Conv: 1, Split: 1 });
    }
    const half = buildModel({}, (g) => {
      const x = g.input('x', [1, 2, 4, 4], 'float16');
      for (let i = 0; i < 2; i++) g.output(g.op('Conv', [x, g.weight('w', [3, 2, 3, 3], { dtype: 'float16' })]));
    });
    await expectMerged(half, { Conv: 1, Split: 1 });
  });

  it('puts zeros around smaller kernels that walk alike', async () => {
    const after = await expectMerged(
      parallel([
        { kernel: [1, 3], attributes: { pads: [1, 1, 0, 1], strides: [2, 1], dilations: [1, 2] } },
        { kernel: [3, 3], attributes: { pads: [2, 1, 1, 1], strides: [2, 1], dilations: [1, 2] }, channels: 6 },
      ]),
      { Conv: 1, Split: 1 },
    );
    expect(weightOf(after)).toEqual([9, 4, 3, 3]);
    const dilated = { strides: [1, 1], dilations: [2, 2] };
    await expectMerged(
      parallel([
        { kernel: [3, 3], attributes: { ...dilated, pads: [2, 2, 2, 2] } },
        { kernel: [1, 1], attributes: { ...dilated, pads: [0, 0, 0, 0] } },
      ]),
      { Conv: 1, Split: 1 },
    );
  });

  it('says what the zeros cost, and refuses where it is too much', async () => {
    const sized = (small: number) =>
      parallel([
        { kernel: [1, 1], channels: small },
        { kernel: [5, 5], channels: 2, attributes: { pads: [2, 2, 2, 2] } },
        { kernel: [1, 1], channels: small, bias: false },
      ]);
    const { sites } = await sitesOf(sized(1), mergeParallelConvs);
    expect(sites[0]?.what).toMatch(/1\.9 times the multiply-accumulates/);
    const { sites: apart, refusals } = await sitesOf(sized(8), mergeParallelConvs);
    expect(refusals[0]?.reason).toMatch(/6\.8 times their multiply-accumulates, more than 2/);
    expect(apart.map((each) => each.nodes.length)).toEqual([2]);
    const { model: after } = await afterPass(sized(8), mergeParallelConvs, { options: { growth: 10 } });
    expect(countOps(after)).toEqual({ Conv: 1, Split: 1 });
  });

  it('leaves kernels alone that walk in another way', async () => {
    const reason = /walk over it in another way/;
    await expectRefused(parallel([{}, { attributes: { pads: [1, 1, 1, 1] } }]), reason);
    await expectRefused(parallel([{}, { attributes: { strides: [2, 2] } }]), reason);
    await expectRefused(parallel([{}, { attributes: { dilations: [2, 2] } }]), reason);
    await expectRefused(parallel([{ kernel: [2, 2] }, { kernel: [3, 3], attributes: { pads: [1, 1, 0, 0] } }]), reason);
    await expectRefused(parallel([{ kernel: [1, 1] }, { kernel: [3, 3] }]), reason);
  });

  it('leaves grouped ones alone, padding that depends on the input, and weights that are computed', async () => {
    await expectRefused(parallel([{ channels: 4, group: 2 }, {}]), /grouped \(2 groups\)/);
    await expectRefused(parallel([{ attributes: { auto_pad: 'SAME_UPPER' } }, {}]), /auto_pad SAME_UPPER/);
    const computed = buildModel({}, (g) => {
      const x = g.input('x', [1, 4, 5, 5]);
      g.output(conv(g, x));
      g.output(g.op('Conv', [x, g.input('w', [2, 4, 3, 3])]));
    });
    await expectRefused(computed, /weight is not a constant/);
  });

  it('leaves out the Split where a Concat puts the results together again', async () => {
    const joined = (order: readonly number[], axis = 1) =>
      buildModel({}, (g) => {
        const x = g.input('x', [2, 4, 7, 6]);
        const convs = [conv(g, x), conv(g, x)];
        g.output(
          g.op(
            'Concat',
            order.map((i) => convs[i]!),
            { axis },
          ),
        );
      });
    await expectMerged(joined([0, 1]), { Conv: 1 });
    await expectMerged(joined([1, 0]), { Conv: 1, Split: 1, Concat: 1 });
    await expectMerged(joined([0, 1, 0]), { Conv: 1, Split: 1, Concat: 1 });
    await expectMerged(joined([0, 1], 2), { Conv: 1, Split: 1, Concat: 1 });
  });

  it('merges inside a branch', async () => {
    const before = buildModel({}, (g) => {
      const x = g.input('x', [1, 4, 5, 5]);
      g.output(
        g.op('If', [g.input('c', [], 'bool')], {
          then_branch: (inner) => inner.output(inner.op('Add', [conv(inner, x), conv(inner, x)])),
          else_branch: (inner) => inner.output(conv(inner, x)),
        }),
      );
    });
    await expectMerged(before, { If: 1, Conv: 2, Split: 1, Add: 1 });
  });
});

describe.skipIf(!haveShared())('merge-parallel-convs: real models', () => {
  it.each([
    ['real/models/face/version-RFB-320_simplified', 2],
    ['real/models/cifar/resnet_2b', 1],
    ['micro/patterns/parallel_conv', 1],
    ['micro/patterns/parallel_conv_distinct_outputs', 1],
  ])('%s', async (file, sites) => {
    const frozen = (await afterPass(readModel(sharedFile(`${file}.onnx`)).model, freezeInitializers)).model;
    const { model: after, result } = await afterPass(frozen, mergeParallelConvs);
    expect(result.applied).toHaveLength(sites);
    // The face detector is checked by its count alone: running it takes seconds.
    if (!file.includes('RFB')) await expectEquivalent(frozen, after, { class: 'order', seeds: 1 });
  });
});
