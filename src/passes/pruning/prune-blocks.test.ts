import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { obtainFacts } from '../../engine/facts.ts';
import { nodePort } from '../../engine/node.ts';
import { readModel } from '../../onnx/read.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { replayStep } from '../../recipe/replay.ts';
import type { ObtainFacts } from '../../rewrite/run.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { tinyEncoder } from '../../testing/exported-blocks.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { normalFeeds, run } from '../../testing/prune-oracle.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { pruneBlocks } from './prune-blocks.ts';

const obtain: ObtainFacts = (pass, context) =>
  obtainFacts(pass, context, nodePort(), silentJob(), { name: 'seeds', feeds: null, samples: 4 });

/** Three residual blocks of one convolution each, scaled by the given factors. */
const stack = (factors: readonly number[], wired: readonly number[] = factors): Model =>
  buildModel({ opset: 17, seed: 2 }, (g) => {
    let x = g.op('Conv', [g.input('x', [1, 2, 4, 4]), g.weight('stem', [4, 2, 1, 1])]);
    wired.forEach((factor, i) => (x = block(g, x, factor, i)));
    g.output(g.op('Conv', [x, g.weight('head', [2, 4, 1, 1])]), 'y', { shape: [1, 2, 4, 4] });
  });

function block(g: GraphBuilder, x: ValueId, factor: number, i: number): ValueId {
  const hidden = g.op('Relu', [g.op('Conv', [x, g.weight(`a${i}`, [6, 4, 1, 1])])]);
  const branch = g.op('Conv', [hidden, g.weight(`b${i}`, [4, 6, 1, 1], { scale: factor })]);
  return g.op('Add', [x, branch], {}, { name: `sum${i}`, outputs: [`sum${i}_out`] });
}

const dropped = async (model: Model, options = {}): Promise<readonly string[]> => {
  const { sites } = await sitesOf(model, pruneBlocks, { options, obtain });
  return sites.map((site) => model.getNode(site.anchor).name);
};

describe('prune-blocks', () => {
  it('drops the block whose last weights are smallest, or as many as asked', async () => {
    const model = stack([1, 0.01, 0.5]);
    expect(await dropped(model)).toEqual(['sum1']);
    expect(await dropped(model, { count: 2 })).toEqual(['sum1', 'sum2']);
    const { model: after } = await afterPass(model, pruneBlocks, { options: { count: 2 } });
    expect(countOps(after)).toEqual({ Conv: 4, Relu: 1, Add: 1 });
  });

  it('drops what changes least of what passes through, on data', async () => {
    // Small last weights, but its first ones make up for it.
    const model = buildModel({ opset: 17, seed: 2 }, (g) => {
      let x = g.op('Conv', [g.input('x', [1, 2, 4, 4]), g.weight('stem', [4, 2, 1, 1])]);
      const loud = g.op('Conv', [x, g.weight('a', [6, 4, 1, 1], { scale: 1000 })]);
      x = g.op('Add', [x, g.op('Conv', [loud, g.weight('b', [4, 6, 1, 1], { scale: 0.01 })])], {}, { name: 'loud' });
      x = block(g, x, 0.05, 0);
      g.output(g.op('Conv', [x, g.weight('head', [2, 4, 1, 1])]), 'y');
    });
    expect(await dropped(model)).toEqual(['loud']);
    expect(await dropped(model, { measure: 'similarity' })).toEqual(['sum0']);
  });

  it('drops those that somebody names, and says of a name why not', async () => {
    const model = stack([1, 0.01, 0.5]);
    expect(await dropped(model, { blocks: ['sum0_out', 'sum2_out'] })).toEqual(['sum0', 'sum2']);
    const { sites, refusals } = await sitesOf(model, pruneBlocks, { options: { blocks: ['stem'] }, obtain });
    expect(sites).toEqual([]);
    expect(refusals.map(({ reason }) => reason)).toEqual(['stem: no residual sum gives this value.']);
    await expect(sitesOf(model, pruneBlocks, { options: { blocks: [3] }, obtain })).rejects.toThrow('list of names');
  });

  it('leaves x alone: dropping a block of zeros changes nothing', async () => {
    const model = stack([1, 0, 1]);
    const { model: after } = await afterPass(model, pruneBlocks);
    expect(countOps(after)['Add']).toBe(2);
    // What only the block read goes with it.
    expect([...after.graph.initializers.keys()].filter((id) => !after.isUsed(id))).toEqual([]);
    expect(after.graph.initializers.size).toBeLessThan(model.graph.initializers.size);
    await expectEquivalent(model, after, { class: 'kernel', seeds: 1 });
  });

  it('replays what was decided, without data', async () => {
    const model = stack([1, 0.01, 0.5]);
    const step = { pass: 'prune-blocks', options: { measure: 'similarity' }, sites: 'all' } as const;
    const first = await replayStep(model, step, { obtain });
    const again = await replayStep(model, JSON.parse(JSON.stringify(first.step)) as typeof first.step);
    expect(again.error).toBeNull();
    expect(writeModel(again.model)).toEqual(writeModel(first.model));
  });

  it('finds the blocks of a transformer, attention and feed-forward', async () => {
    const model = tinyEncoder();
    const { sites } = await sitesOf(model, pruneBlocks, { options: { count: 9 } });
    expect(sites).toHaveLength(2);
    const { model: after } = await afterPass(model, pruneBlocks, { options: { count: 1 } });
    expect(Object.keys(await run(after, normalFeeds(after, 1)))).toEqual(['hidden']);
  });

  it('says why a residual cannot go', async () => {
    const leaking = buildModel({ opset: 17, seed: 2 }, (g) => {
      const x = g.input('x', [1, 4, 4, 4]);
      const inner = g.op('Conv', [x, g.weight('a', [4, 4, 1, 1])], {}, { outputs: ['inner'] });
      const y = g.op('Add', [g.op('Conv', [inner, g.weight('b', [4, 4, 1, 1])]), x]);
      g.output(g.op('Mul', [y, inner]), 'y');
    });
    const { sites, refusals } = await sitesOf(leaking, pruneBlocks);
    expect(sites).toEqual([]);
    expect(refusals.map((each) => each.reason)).toEqual(['inner inside it is used elsewhere.']);
    const last = buildModel({ opset: 17, seed: 2 }, (g) => {
      const x = g.input('x', [1, 4, 4, 4]);
      g.output(g.op('Add', [g.op('Conv', [x, g.weight('b', [4, 4, 1, 1])]), x]), 'y');
    });
    expect((await sitesOf(last, pruneBlocks)).refusals.map((each) => each.reason)).toEqual(['y is a graph output.']);
  });

  it.skipIf(!haveShared())('finds the ten residual blocks of MobileNetV2, and drops some', async () => {
    const { model } = readModel(sharedFile('real/models/mobilenetv2/mobilenet_v2_fp32.onnx'));
    const { sites } = await sitesOf(model, pruneBlocks, { options: { count: 99 } });
    expect(sites).toHaveLength(10);
    const { model: after } = await afterPass(model, pruneBlocks, { options: { count: 3 } });
    expect(countOps(after)['Add']).toBe(7);
    expect(Object.values(await run(after, normalFeeds(after, 1)))[0]?.shape).toEqual([1, 1000]);
  });
});
