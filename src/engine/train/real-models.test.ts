import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { normal, seeded } from '../../base/random.ts';
import { sizeOf, staticShape } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { isTensor } from '../../ops/shapes.ts';
import type { HostTensor } from '../../runtime/types.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { nodePort } from '../node.ts';
import { answerOf } from './answers.ts';
import { freezeDefaults, nameConstants } from '../../grad/named-constants.ts';
import { buildStep } from './build.ts';
import { TRAINING } from '../../train/defaults.ts';

const job = silentJob();
const port = nodePort();
const SLOW = 120_000;
const REQUEST = { ...TRAINING, batch: 2, losses: { ...TRAINING.losses, labels: 0, values: 1 } };

/** Sizes where the model leaves them free, and numbers that each input takes. */
const MODELS: readonly (readonly [path: string, sizes: Readonly<Record<string, readonly number[]>>])[] = [
  ['mnist-cnn/mnist', {}],
  ['mnist-fc/mnist-net_256x4', {}],
  ['cifar/resnet_2b', {}],
  ['mobilenetv2/mobilenet_v2_fp32', {}],
  ['face/version-RFB-320', {}],
  ['face/version-RFB-320_simplified', {}],
  ['detect/FastestDet', {}],
  ['ocr/ch_PP-OCRv2_det_infer', { x: [2, 3, 96, 96] }],
  ['text/magika_standard_v3_3', {}],
  ['transformer/bert_toy_unfused', { input_ids: [2, 16], token_type_ids: [2, 16], input_mask: [2, 16] }],
  ['transformer/vit_pgd_2_3_16', {}],
  ['decoder/aidreams260k_nocache', {}],
  ['audio/gtcrn_simple', {}],
  ['light/light_squeezenet', {}],
  ['light/light_resnet50', {}],
  ['light/light_densenet121', {}],
];

describe.runIf(haveShared())('gradients of a real model', () => {
  it.each(MODELS)(
    '%s: a training step is written, runs, and moves its weights',
    { timeout: SLOW },
    async (path, sizes) => {
      const { model } = readModel(sharedFile(`real/models/${path}.onnx`));
      freezeDefaults(model);
      nameConstants(model);
      // Two have the batch of 1 built into what they compute.
      const batch = /FastestDet|gtcrn/.test(path) ? 1 : REQUEST.batch;
      const draw = normal(seeded(1));
      const shapes: Record<string, readonly number[]> = {};
      for (const id of model.graph.inputs) {
        const { name, type } = model.getValue(id);
        if (model.graph.initializers.has(id) || !isTensor(type)) continue;
        const own = (type.shape ?? []).map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 : 16));
        shapes[name] = sizes[name] ?? [own[0] === 1 ? batch : (own[0] ?? 1), ...own.slice(1)];
      }
      const { step, setup } = await buildStep(model, { model, name: 'itself' }, { ...REQUEST, batch }, shapes);
      const trainer = await port.train(
        { name: 'step', bytes: writeModel(step.model) },
        setup,
        { backend: 'wasm', level: 'all', threads: 1 },
        job,
      );
      const before = setup.tensors.map(({ data }) => data.slice());
      const feeds: Record<string, HostTensor> = {};
      const known = new Set(setup.tensors.map(({ name }) => name));
      for (const id of step.model.graph.inputs) {
        const { name, type } = step.model.getValue(id);
        const shape = isTensor(type) ? staticShape(type.shape) : null;
        if (known.has(name) || !shape || !isTensor(type)) continue;
        const size = sizeOf(shape);
        if (type.dtype === 'int64')
          feeds[name] = { dtype: 'int64', shape, data: BigInt64Array.from({ length: size }, () => 1n) };
        else if (type.dtype === 'int32')
          feeds[name] = { dtype: 'int32', shape, data: Int32Array.from({ length: size }, () => 1) };
        else
          feeds[name] = {
            dtype: 'float32',
            shape,
            data: Float32Array.from({ length: size }, () => (size === 1 ? 1 : draw())),
          };
      }
      try {
        const [first] = await trainer.steps([{ feeds, rate: 1e-3 }], job);
        expect(first?.loss).toBeGreaterThan(0);
        expect(Number.isFinite(first?.norm)).toBe(true);
        const moved = setup.tensors.filter(({ data }, i) => data.some((each, at) => each !== before[i]![at])).length;
        expect(moved / setup.tensors.length, answerOf(model).output).toBeGreaterThan(0.9);
      } finally {
        await trainer.release();
      }
    },
  );

  it.each([
    ['audio/silero_vad', /Nothing would be trained/],
    ['mobilenetv2/mobilenet_v2_int8_dynamic', /Nothing would be trained|No gradient passes/],
  ])('%s is refused, and the node is named', async (path, says) => {
    const { model } = readModel(sharedFile(`real/models/${path}.onnx`));
    const shapes: Record<string, readonly number[]> = {};
    for (const id of model.graph.inputs) {
      const { name, type } = model.getValue(id);
      if (!isTensor(type) || model.graph.initializers.has(id)) continue;
      shapes[name] = (type.shape ?? []).map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 : 512));
    }
    await expect(buildStep(model, { model, name: 'itself' }, { ...REQUEST, batch: 1 }, shapes)).rejects.toThrow(says);
  });
});
