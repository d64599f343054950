import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import type { Model } from '../ir/model.ts';
import { verifyModel } from '../ir/verify-model.ts';
import { readModel } from '../onnx/read.ts';
import { expectEquivalent } from '../testing/equivalent.ts';
import { countOps, obtain } from '../testing/passes.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { presetRecipe } from './presets.ts';
import { replay } from './replay.ts';

const open = (file: string): Model => readModel(sharedFile(`real/models/${file}.onnx`)).model;

async function whittled(model: Model, name: string): Promise<Model> {
  let last = model;
  for await (const outcome of replay(model, presetRecipe(name), { obtain })) {
    expect(outcome.error).toBeNull();
    last = outcome.model;
  }
  verifyModel(last);
  return last;
}

const weightBytes = (model: Model): number =>
  [...model.graph.initializers.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0);

const macs = (model: Model): number => {
  const analysis = analyze(model);
  return [...model.nodes.values()].reduce((sum, node) => sum + (analysis.cost(node).macs ?? 0), 0);
};

/** Nodes before and after `wasm`, and operators that must be gone. */
const MODELS: Readonly<Record<string, { before: number; after: number; gone: readonly string[] }>> = {
  'face/version-RFB-320': { before: 242, after: 124, gone: ['BatchNormalization', 'Constant'] },
  'audio/gtcrn_simple': { before: 415, after: 398, gone: ['BatchNormalization'] },
  'audio/silero_vad': { before: 689, after: 220, gone: ['Constant'] },
  'cifar/resnet_2b': { before: 17, after: 14, gone: [] },
  'mnist-cnn/mnist': { before: 12, after: 11, gone: [] },
  'decoder/attention_past_state': { before: 150, after: 102, gone: ['Constant'] },
  'transformer/vit_pgd_2_3_16': { before: 133, after: 102, gone: ['Constant'] },
  'transformer/bert_toy_unfused': { before: 384, after: 260, gone: ['Constant'] },
};

describe.skipIf(!haveShared())('presets on real models', () => {
  it.each(Object.entries(MODELS))('%s keeps its outputs', async (file, { before, after, gone }) => {
    const model = open(file);
    const clean = await whittled(model, 'clean');
    await expectEquivalent(model, clean, { class: 'bits', seeds: 1 });
    const fused = await whittled(model, 'wasm');
    await expectEquivalent(model, fused, { class: 'weights', seeds: 1 });
    expect(model.nodes.size).toBe(before);
    expect(fused.nodes.size).toBeLessThanOrEqual(after);
    for (const op of gone) expect(countOps(fused)[op]).toBeUndefined();
  });

  it('RFB-320 loses all 35 of its batch norms', async () => {
    const model = open('face/version-RFB-320');
    expect(countOps(model)['BatchNormalization']).toBe(35);
    expect(countOps(await whittled(model, 'portable'))['BatchNormalization']).toBeUndefined();
  });

  it('the light ResNet-50 loses all 53 of its, once its weights are folded', async () => {
    const model = open('light/light_resnet50');
    expect(countOps(model)['BatchNormalization']).toBe(53);
    const after = countOps(await whittled(model, 'portable'));
    expect(after['BatchNormalization'] ?? after['ConstantOfShape']).toBeUndefined();
  });

  it('edge halves the MACs of a detector, and the result runs', async () => {
    const model = open('face/version-RFB-320_simplified');
    const after = await whittled(model, 'edge');
    const share = macs(after) / macs(model);
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThanOrEqual(0.5);
    await expectEquivalent(model, after, { class: 'approximation', seeds: 1 });
  });

  it('a small quantized model keeps its integer weights', async () => {
    const model = open('mobilenetv2/mobilenet_v2_int8_dynamic');
    const after = await whittled(model, 'clean');
    expect(weightBytes(after)).toBeLessThanOrEqual(weightBytes(model));
  });
});
