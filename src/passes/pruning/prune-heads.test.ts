import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { sizeOf } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { buildModel } from '../../testing/build.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { normalFeeds, run, worstError } from '../../testing/prune-oracle.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { pruneHeads } from './prune-heads.ts';

/** Attention of 4 heads of 2 over 8 channels, then a feed-forward of 16 that no head pass may touch. */
function encoder(): Model {
  return buildModel({ opset: 17, seed: 4 }, (g) => {
    const x = g.input('x', [1, 3, 8]);
    const project = (name: string) => {
      const y = g.op('MatMul', [x, g.weight(`${name}.weight`, [8, 8])], {}, { outputs: [name] });
      return g.op('Reshape', [y, g.int64s(`${name}.shape`, [0, 0, 4, 2])]);
    };
    const heads = (name: string, perm: number[]) => g.op('Transpose', [project(name)], { perm });
    const scores = g.op('MatMul', [heads('q', [0, 2, 1, 3]), heads('k', [0, 2, 3, 1])]);
    const mixed = g.op('MatMul', [g.op('Softmax', [scores], { axis: -1 }), heads('v', [0, 2, 1, 3])]);
    const back = g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] });
    const flat = g.op('Reshape', [back, g.int64s('flat', [0, 0, 8])]);
    const out = g.op('MatMul', [flat, g.weight('o.weight', [8, 8])]);
    const hidden = g.op('Relu', [g.op('MatMul', [out, g.weight('up', [8, 16])])]);
    g.output(g.op('MatMul', [hidden, g.weight('down', [16, 8])]), 'y', { shape: [1, 3, 8] });
  });
}

const shapes = (model: Model): string[] =>
  [...model.graph.initializers.entries()]
    .filter(([, { dtype }]) => dtype === 'float32')
    .map(([value, { shape }]) => `${model.getValue(value).name} ${shape.join('x')}`);

describe('prune-heads', () => {
  it('has a site for each attention, and leaves every other channel group alone', async () => {
    const { sites, refusals } = await sitesOf(encoder(), pruneHeads);
    expect(sites.map(({ what }) => what)).toEqual([expect.stringMatching(/^Keeps 2 of 4 heads in \d+ nodes\.$/)]);
    expect(refusals).toEqual([]);
    const { model } = await afterPass(encoder(), pruneHeads);
    expect(shapes(model)).toEqual([
      'q.weight 8x4',
      'k.weight 8x4',
      'v.weight 8x4',
      'o.weight 4x8',
      'up 8x16',
      'down 16x8',
    ]);
  });

  it('gives what the model with the output slices of the removed heads at zero gives', async () => {
    const before = encoder();
    const { model, result } = await afterPass(before, pruneHeads, { options: { ratio: 0.25 } });
    const [decision] = Object.values(result.decisions) as { readonly kept: string }[];
    const bits = Buffer.from(decision?.kept ?? '', 'base64');
    const masked = before.clone();
    const output = [...masked.graph.initializers].find(([value]) => masked.getValue(value).name === 'o.weight');
    const [id, tensor] = output ?? [];
    if (id === undefined || !tensor) throw new Error('no o.weight');
    const numbers = Float32Array.from(tensor.numbers());
    for (let i = 0; i < sizeOf([8, 8]); i++) {
      const channel = Math.floor(i / 8);
      if (((bits[channel >> 3] ?? 0) & (1 << (channel & 7))) === 0) numbers[i] = 0;
    }
    masked.setInitializer(id, floats(tensor.shape, numbers));
    const feeds = normalFeeds(before, 1);
    const [expected, found] = [await run(masked, feeds), await run(model, feeds)];
    expect(worstError(expected, found)).toBeLessThan(1e-5);
    expect(worstError(await run(before, feeds), found)).toBeGreaterThan(1e-3);
  });

  it('replays its decision to the bit', async () => {
    const first = await afterPass(encoder(), pruneHeads, { options: { importance: 'random', seed: 5 } });
    const decisions = JSON.parse(JSON.stringify(first.result.decisions)) as Record<string, Json>;
    const again = await afterPass(encoder(), pruneHeads, { decisions });
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
  });

  it('keeps a protected attention and says so; all of them where the share removes none', async () => {
    const { sites } = await sitesOf(encoder(), pruneHeads);
    const key = sites[0]?.key.split(':')[1] ?? '';
    const held = await sitesOf(encoder(), pruneHeads, { options: { protected: [key] } });
    expect([held.sites.length, held.refusals.map(({ reason }) => reason)]).toEqual([0, ['The group is protected.']]);
    const none = await sitesOf(encoder(), pruneHeads, { options: { ratio: 0.1 } });
    expect(none.refusals.map(({ reason }) => reason)).toEqual([
      'None of its 8 channels goes: they are cut 2 at a time, in multiples of 1.',
    ]);
  });

  it.skipIf(!haveShared())('prunes heads alone of a trained vision transformer, and it runs', async () => {
    const before = readModel(sharedFile('real/models/transformer/vit_pgd_2_3_16.onnx')).model;
    const { model, result } = await afterPass(before, pruneHeads);
    expect(result.applied).toHaveLength(2);
    const feeds = normalFeeds(before, 1);
    expect(worstError(await run(before, feeds), await run(model, feeds))).toBeGreaterThan(1e-3);
  });
});
