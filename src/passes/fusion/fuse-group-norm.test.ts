import { describe, expect, it } from 'vitest';
import { float, getFloat, getInt } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import type { Shape, ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { fuseGroupNorm } from './fuse-group-norm.ts';
import { fuseLayerNorm } from './fuse-layer-norm.ts';

interface Spelling {
  readonly shape?: Shape;
  readonly grouped?: readonly number[];
  readonly back?: readonly number[];
  readonly own?: (g: GraphBuilder) => readonly ValueId[];
  readonly affine?: readonly number[] | null;
  readonly opset?: number;
  readonly read?: boolean;
  readonly normalise?: (g: GraphBuilder, x: ValueId) => ValueId;
}

const plain = (g: GraphBuilder): readonly ValueId[] => [g.floats('ones', [2], 1), g.floats('zeros', [2], 0)];

function model({
  shape = [2, 6, 4, 5],
  grouped = [0, 2, -1],
  back = [2, 6, 4, 5],
  own = plain,
  affine = [6, 1, 1],
  opset = 21,
  read = false,
  normalise,
}: Spelling = {}): Model {
  return buildModel({ opset, irVersion: 10 }, (g) => {
    const x = g.input('x', shape);
    const groups = g.op('Reshape', [x, g.int64s('grouped', grouped)]);
    const normal =
      normalise?.(g, groups) ??
      g.op('InstanceNormalization', [groups, ...own(g)], { epsilon: float(0.01) }, { name: 'norm' });
    const y = g.op('Reshape', [normal, g.int64s('back', back)]);
    const scaled = affine ? g.op('Mul', [y, g.weight('scale', affine)]) : y;
    g.output(affine ? g.op('Add', [g.weight('shift', affine), scaled]) : scaled, 'y');
    if (read) g.output(g.op('Neg', [normal], {}, { name: 'reader' }), 'z');
  });
}

async function fused(before: Model): Promise<Model> {
  const { model: after } = await afterPass(before, fuseGroupNorm);
  await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  return after;
}

const reasons = async (before: Model): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseGroupNorm);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

describe('fuse-group-norm', () => {
  it('recognises an instance norm of groups, with a scale and a shift for each channel', async () => {
    const after = await fused(model());
    expect(countOps(after)).toEqual({ GroupNormalization: 1 });
    const [node] = [...after.nodes.values()];
    expect(getInt(node!, 'num_groups', null)).toBe(2);
    expect(getFloat(node!, 'epsilon', null)).toBe(Math.fround(0.01));
  });

  it.each<readonly [string, Spelling]>([
    ['a fixed batch', { grouped: [2, 2, -1] }],
    ['more axes within a group', { grouped: [0, 2, 3, 20] }],
    ['a free batch', { shape: ['batch', 6, 4, 5], back: [0, 6, 4, 5], grouped: [0, 2, -1] }],
    ['one place axis', { shape: [2, 6, 7], back: [2, 6, 7], affine: [6, 1] }],
    ['a scale of full rank', { affine: [1, 6, 1, 1] }],
    ['one number for all channels', { affine: [1] }],
    ['neither scale nor shift', { affine: null }],
    ['a scale and a shift for each group', { own: (g) => [g.weight('s', [2]), g.weight('b', [2])] }],
  ])('takes %s', async (_, spelling) => {
    expect(countOps(await fused(model(spelling)))).toEqual({ GroupNormalization: 1 });
  });

  it('takes free sizes where the shape is that of the input', async () => {
    const before = buildModel({ opset: 21, irVersion: 10 }, (g) => {
      const x = g.input('x', ['N', 6, 'H', 'W']);
      const groups = g.op('Reshape', [x, g.int64s('grouped', [0, 3, -1])]);
      const norm = g.op('InstanceNormalization', [groups, g.floats('ones', [3], 1), g.floats('zeros', [3], 0)]);
      const y = g.op('Reshape', [norm, g.op('Shape', [x])]);
      g.output(g.op('Mul', [y, g.weight('scale', [6, 1, 1])]), 'y');
    });
    const after = await fused(before);
    expect(countOps(after)['GroupNormalization']).toBe(1);
  });

  it('takes the form with means, once its middle is a layer norm', async () => {
    const before = model({
      normalise: (g, x) => {
        const mean = (value: ValueId): ValueId => g.op('ReduceMean', [value, g.int64s('axes', [-1])]);
        const d = g.op('Sub', [x, mean(x)]);
        const v = g.op('Add', [mean(g.op('Mul', [d, d])), g.floats('epsilon', [], [1e-5])]);
        return g.op('Div', [d, g.op('Sqrt', [v])]);
      },
    });
    const { model: between } = await afterPass(before, fuseLayerNorm);
    const { model: after } = await afterPass(between, fuseGroupNorm);
    expect(countOps(after)).toEqual({ GroupNormalization: 1 });
    await expectEquivalent(before, after, { class: 'order', seeds: 1 });
  });

  it.each<readonly [RegExp, Spelling]>([
    [/needs opset 21/, { opset: 17 }],
    [/needs opset 21/, { opset: 20 }],
    [/do not divide 6 channels/, { grouped: [0, 4, 30], own: (g) => [g.weight('s', [4]), g.weight('b', [4])] }],
    [/not proven to keep the batch/, { shape: [4, 6, 4, 5], back: [4, 6, 4, 5], grouped: [8, 2, -1] }],
    [/not proven to restore/, { back: [2, 6, 20, 1] }],
    [/channels of its input are not known/, { shape: [2, 'C', 4, 5] }],
    [/number of its groups is not known|not proven/, { shape: [2, 6, 4, 'W'], grouped: [0, -1, 60] }],
    [/not one number for each channel/, { affine: [4, 5] }],
    [/not constant/, { own: (g) => [g.input('s', [2]), g.input('b', [2])] }],
    [/is read by Neg reader too/, { read: true }],
  ])('refuses: %s', async (reason, spelling) => {
    expect(await reasons(model(spelling))).toMatch(reason);
  });

  it('leaves layer norms with scales of their own alone', async () => {
    const before = model({
      normalise: (g, x) => g.op('LayerNormalization', [x, g.weight('scale', [60])]),
    });
    expect(await sitesOf(before, fuseGroupNorm)).toEqual({ sites: [], refusals: [] });
  });

  it('is refused for WebGPU, which has no such kernel', async () => {
    await expect(afterPass(model(), fuseGroupNorm, { backend: 'webgpu' })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it.skipIf(!haveShared())('says of the pattern in opset 17 what it needs', async () => {
    const { model: before } = readModel(sharedFile('micro/patterns/instance_norm_groupnorm.onnx'));
    expect(await reasons(before)).toMatch(/needs opset 21/);
    before.opsetImports.set('', 21);
    const { model: after } = await afterPass(before, fuseGroupNorm);
    expect(countOps(after)).toEqual({ GroupNormalization: 1 });
  });
});
