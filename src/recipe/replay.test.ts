import { describe, expect, it } from 'vitest';
import { createJob } from '../base/job.ts';
import { CodedError } from '../base/error.ts';
import { writeModel } from '../onnx/write.ts';
import { buildModel } from '../testing/build.ts';
import { expectEquivalent } from '../testing/equivalent.ts';
import { countOps, obtain, sitesOf } from '../testing/passes.ts';
import type { Model } from '../ir/model.ts';
import { foldBatchNorm } from '../passes/fusion/fold-batch-norm.ts';
import { presetRecipe } from './presets.ts';
import { replay, replayStep, type ReplayHooks, type ReplayOutcome } from './replay.ts';
import type { Recipe, RecipeStep } from './types.ts';

/** A network in which one clean-up step opens the way for the one before it, and that again for fusion. */
const network = (): Model =>
  buildModel({ opset: 13 }, (g) => {
    let x = g.input('x', [1, 3, 8, 8]);
    for (let layer = 0; layer < 2; layer++) {
      const w = g.op('Identity', [g.op('Mul', [g.weight('w', [3, 3, 3, 3]), g.floats('one', [], 1)])]);
      x = g.op('Conv', [x, w, g.weight('b', [3])], { pads: [1, 1, 1, 1] });
      x = g.op('Reshape', [x, g.op('Shape', [g.weight('like', [1, 3, 8, 8])])]);
      const statistics = [0.5, 0, 0.1, 1].map((offset) => g.weight('s', [3], { scale: 0.01, offset }));
      x = g.op('Relu', [g.op('BatchNormalization', [x, ...statistics])]);
    }
    g.op('Neg', [x]);
    g.output(g.op('Identity', [x]), 'y');
  });

async function outcomes(model: Model, recipe: Recipe, hooks: ReplayHooks = { obtain }): Promise<ReplayOutcome[]> {
  const found: ReplayOutcome[] = [];
  for await (const outcome of replay(model, recipe, hooks)) found.push(outcome);
  return found;
}

const step = (pass: string, sites: RecipeStep['sites'] = 'all', options = {}): RecipeStep => ({ pass, options, sites });

describe('replay', () => {
  it('takes a model through a preset, whose clean-up reaches a fixed point', async () => {
    const before = network();
    const all = await outcomes(before, presetRecipe('wasm'));
    expect(all.every((outcome) => outcome.error === null)).toBe(true);
    const after = all.at(-1)!.model;
    expect(countOps(after)).toEqual({ 'com.microsoft.FusedConv': 2 });
    await expectEquivalent(before, after, { class: 'weights', seeds: 1 });
    const again = await outcomes(after, presetRecipe('clean'));
    expect(again.flatMap((outcome) => outcome.applied)).toEqual([]);
  });

  it('leaves the model that it was given as it is, and gives the same bytes each time', async () => {
    const before = network();
    const bytes = writeModel(before);
    const runs = [await outcomes(before, presetRecipe('wasm')), await outcomes(before, presetRecipe('wasm'))];
    expect(writeModel(before)).toEqual(bytes);
    const [first, second] = runs.map((all) => writeModel(all.at(-1)!.model));
    expect(first).toEqual(second);
  });

  it('yields steps that replay plainly to the same model', async () => {
    const before = network();
    const all = await outcomes(before, presetRecipe('wasm'));
    const plain = await outcomes(before, { whittle: 1, steps: all.map((outcome) => outcome.step) });
    expect(writeModel(plain.at(-1)!.model)).toEqual(writeModel(all.at(-1)!.model));
  });

  it('applies the sites of a list, and leaves those excepted', async () => {
    const clean = (await outcomes(network(), presetRecipe('clean'))).at(-1)!.model;
    const keys = (await sitesOf(clean, foldBatchNorm)).sites.map((site) => site.key);
    expect(keys).toHaveLength(2);
    const [listed] = await outcomes(clean, { whittle: 1, steps: [step('fold-batch-norm', [keys[1]!])] });
    expect(listed).toMatchObject({ applied: [{ key: keys[1] }], off: [keys[0]], lost: [] });
    const [excepted] = await outcomes(clean, { whittle: 1, steps: [step('fold-batch-norm', { except: [keys[1]!] })] });
    expect(excepted).toMatchObject({ applied: [{ key: keys[0] }], off: [keys[1]], lost: [] });
    for (const outcome of [listed, excepted]) expect(countOps(outcome!.model)['BatchNormalization']).toBe(1);
  });

  it('lists keys that it does not find', async () => {
    const [outcome] = await outcomes(network(), { whittle: 1, steps: [step('fold-batch-norm', ['conv-bn:gone:0'])] });
    expect(outcome).toMatchObject({ applied: [], lost: ['conv-bn:gone:0'], error: null });
  });

  it('goes on after a step that cannot be applied, with its error', async () => {
    const steps = [step('from-the-future'), step('fuse-conv-activation'), step('eliminate-dead-nodes')];
    const all = await outcomes(network(), { whittle: 1, backend: 'portable', steps });
    expect(all.map((outcome) => outcome.error?.code ?? null)).toEqual(['unsupported', 'bad-request', null]);
    expect(all[0]?.pass).toBeNull();
    expect(all[2]?.removed).toBe(1);
  });

  it('throws when cancelled', async () => {
    const job = createJob(AbortSignal.abort(), () => {});
    const cancelled = outcomes(network(), presetRecipe('clean'), { obtain, job });
    await expect(cancelled).rejects.toThrow(CodedError);
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('names what a step makes after its place', async () => {
    const clean = (await outcomes(network(), presetRecipe('clean'))).at(-1)!.model;
    const { model } = await replayStep(clean, step('fold-batch-norm'), { index: 4, obtain });
    const made = [...model.nodes.values()].filter((node) => node.madeBy !== null);
    expect(made.map((node) => node.madeBy)).toEqual(['s5/conv-bn', 's5/conv-bn']);
    expect(made.every((node) => node.name.endsWith(':conv-bn'))).toBe(true);
  });
});
