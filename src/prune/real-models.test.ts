import { describe, expect, it } from 'vitest';
import { readModel } from '../onnx/read.ts';
import { foldConstants } from '../passes/cleanup/fold-constants.ts';
import { freezeInitializers } from '../passes/cleanup/freeze-initializers.ts';
import { foldBatchNorm } from '../passes/fusion/fold-batch-norm.ts';
import { fuseConvActivation } from '../passes/fusion/fuse-conv-activation.ts';
import { presetRecipe } from '../recipe/presets.ts';
import { replay } from '../recipe/replay.ts';
import { afterPass, countOps, obtain } from '../testing/passes.ts';
import { expectOracle, normalFeeds } from '../testing/prune-oracle.ts';
import { randomizeWeights } from '../testing/randomize.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import type { Model } from '../ir/model.ts';

/** Shares of the atoms that stay; `npm run bench -- prune-models` asks for more of them. */
const SHARES = (process.env['WHITTLE_PRUNE_SHARES'] ?? '0.5').split(',').map(Number);

/** ms; the large models take a few seconds, many times that on a busy machine. */
const SLOW = 300_000;

const openModel = (path: string): Model => readModel(sharedFile(`real/models/${path}.onnx`)).model;

async function preset(model: Model, name: string): Promise<Model> {
  let last = (await afterPass(model, freezeInitializers)).model;
  for await (const outcome of replay(last, presetRecipe(name), { obtain })) last = outcome.model;
  return last;
}

describe.skipIf(!haveShared())('real models: mask then run equals cut then run', () => {
  it.each([
    ['mobilenetv2/mobilenet_v2_fp32', 25],
    ['face/version-RFB-320_simplified', 20],
    ['face/version-RFB-320', 20],
    ['audio/gtcrn_simple', 1],
    ['mnist-cnn/mnist', 2],
    ['cifar/resnet_2b', 5],
    ['mnist-fc/mnist-net_256x4', 4],
    ['detect/FastestDet', 30],
    ['ocr/ch_PP-OCRv2_det_infer', 25],
  ])('%s', { timeout: SLOW }, async (path, groups) => {
    const { model } = await afterPass(openModel(path), freezeInitializers);
    for (const share of SHARES) {
      const result = await expectOracle(model, { share });
      expect(result.graph.groups.length).toBeGreaterThanOrEqual(groups);
      expect(result.change).toBeGreaterThan(1e-3);
    }
  });

  it.each([
    ['light/light_resnet50', 30],
    ['light/light_densenet121', 100],
    ['light/light_squeezenet', 20],
  ])('%s with seeded random weights', { timeout: SLOW }, async (path, groups) => {
    const model = randomizeWeights(openModel(path), 3);
    for (const share of SHARES) {
      const result = await expectOracle(model, { share });
      expect(result.graph.groups.length).toBeGreaterThanOrEqual(groups);
      expect(result.change).toBeGreaterThan(1e-3);
    }
  });

  it.each([
    ['transformer/vit_pgd_2_3_16', 5, 2, 3072, 'MultiHeadAttention'],
    ['transformer/bert_toy_unfused', 11, 5, 16, 'Attention'],
    ['decoder/aidreams260k_nocache', 8, 4, 16, 'MultiHeadAttention'],
  ])(
    'heads and hidden neurons of %s, as exported and fused',
    { timeout: SLOW },
    async (path, groups, heads, open, operator) => {
      const before = await preset(openModel(path), 'clean');
      const fused = await preset(openModel(path), 'wasm');
      expect(countOps(fused)[`com.microsoft.${operator}`]).toBe(heads);
      for (const model of [before, fused]) {
        for (const share of SHARES) {
          const { graph, change } = await expectOracle(model, { share, feeds: normalFeeds(model, 1, open) });
          expect(graph.groups).toHaveLength(groups);
          expect(graph.groups.filter((group) => group.isHeads)).toHaveLength(heads);
          expect(change).toBeGreaterThan(1e-3);
        }
      }
    },
  );

  it('hidden neurons of GPT-2 beside its cache, which is an input and keeps its heads', { timeout: SLOW }, async () => {
    const { model } = await afterPass(openModel('decoder/gpt2_past'), freezeInitializers);
    for (const share of SHARES) {
      const { graph, change } = await expectOracle(model, { share, feeds: normalFeeds(model, 1, 1) });
      expect(graph.groups).toHaveLength(12);
      expect(graph.groups.filter((group) => group.isHeads)).toEqual([]);
      expect(change).toBeGreaterThan(1e-3);
    }
  });

  it('fused: RFB-320 after batch norms are folded and activations fused', async () => {
    let { model } = await afterPass(openModel('face/version-RFB-320'), freezeInitializers);
    for (const pass of [foldConstants, foldBatchNorm, fuseConvActivation]) ({ model } = await afterPass(model, pass));
    const { graph } = await expectOracle(model);
    expect(countOps(model)['BatchNormalization']).toBeUndefined();
    expect(countOps(model)['com.microsoft.FusedConv']).toBeGreaterThan(20);
    expect(graph.groups.length).toBe(25);
  });
});
