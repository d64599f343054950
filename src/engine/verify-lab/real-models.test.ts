import { beforeAll, describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';

import { floats } from '../../ir/tensor.ts';
import { memoryFiles } from '../../onnx/external.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { conformanceCases } from '../../testing/conformance.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { nodePort } from '../node.ts';
import { Studio } from '../studio.ts';
import type { LabFiles, LabRequest } from './types.ts';

const job = silentJob();
/** Real models on a busy machine take their time, ms. */
const PATIENCE = 300_000;

const REQUEST: LabRequest = {
  a: 0,
  b: 'second',
  class: 'order',
  seeds: 1,
  backends: ['wasm'],
  levels: ['disabled'],
  threads: 1,
  intermediates: { level: 'disabled', backend: 'wasm' },
};

const external = memoryFiles(new Map<string, Uint8Array>());
const MOBILENET = 'real/models/mobilenetv2/mobilenet_v2_fp32.onnx';

async function studioOf(path: string): Promise<Studio> {
  const studio = new Studio(nodePort());
  await studio.openFile({ name: path, bytes: sharedFile(path), external }, job);
  return studio;
}

const openBeside = (studio: Studio, bytes: Uint8Array) =>
  studio.openSecond({ name: 'second.onnx', bytes, external }, job);

describe.skipIf(!haveShared())('real models', () => {
  let mobilenet: Studio;
  beforeAll(async () => {
    mobilenet = await studioOf(MOBILENET);
    await mobilenet.replay({ preset: 'wasm' }, job);
  }, PATIENCE);

  it(
    'MobileNetV2 agrees with its fused version inside, as stops and as files',
    async () => {
      const studio = mobilenet;
      const last = studio.document().cursor;
      const stops = await studio.verifyLab({ ...REQUEST, b: last, class: null }, null, job);
      expect(stops, stops.notes.join(' ')).toMatchObject({ ok: true, parts: [] });
      expect(stops.matched.values).toBeGreaterThan(50);
      await openBeside(studio, studio.exportModel().bytes);
      const files = await studio.verifyLab(REQUEST, null, job);
      expect(files, files.notes.join(' ')).toMatchObject({ ok: true, parts: [] });
      expect(files.matched.values).toBeGreaterThan(50);
    },
    PATIENCE,
  );

  it(
    'a fused MobileNetV2 with one corrupted weight parts at the Conv that took the batch norm in',
    async () => {
      const studio = mobilenet;
      const fused = readModel(studio.exportModel().bytes, { external, name: 'm' }).model;
      const conv = [...fused.nodes.values()].filter(({ opType }) => opType === 'FusedConv')[7]!;
      const tensor = fused.graph.initializers.get(conv.inputs[1]!)!;
      const data = Float32Array.from(tensor.numbers());
      data[0]! += 2;
      fused.setInitializer(conv.inputs[1]!, floats(tensor.shape, data));
      await openBeside(studio, writeModel(fused));
      const result = await studio.verifyLab(REQUEST, null, job);
      expect(result.parts.map(({ nodeB }) => nodeB)).toHaveLength(1);
      expect(result.parts[0]!.producer).toBe(`FusedConv ${conv.name}`);
    },
    PATIENCE,
  );

  it(
    'bert_toy agrees with what the preset makes of it, as a file of its own',
    async () => {
      const studio = await studioOf('real/models/transformer/bert_toy_unfused.onnx');
      await studio.replay({ preset: 'wasm' }, job);
      await openBeside(studio, studio.exportModel().bytes);
      const result = await studio.verifyLab(REQUEST, null, job);
      expect(result, result.notes.join(' ')).toMatchObject({ ok: true, parts: [] });
      expect(result.matched.values).toBeGreaterThan(20);
    },
    PATIENCE,
  );

  it(
    'the simplified RFB-320 gives the same scores, and parts at its boxes, which it leaves undecoded',
    async () => {
      const studio = await studioOf('real/models/face/version-RFB-320.onnx');
      await openBeside(studio, sharedFile('real/models/face/version-RFB-320_simplified.onnx'));
      const result = await studio.verifyLab(REQUEST, null, job);
      expect(result.verify.outputs).toMatchObject([
        { name: 'scores', ok: true },
        { name: 'boxes', ok: false },
      ]);
      expect(result.matched).toMatchObject({ values: 110, of: 110 });
      expect(result.intermediates!.values.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['boxes']);
      expect(result.parts).toMatchObject([{ producer: 'Concat boxes' }]);
    },
    PATIENCE,
  );
});

/** Cases with one and with several inputs and outputs, integers and booleans among them. */
const CASES = [
  'test_and2d',
  'test_argmax_default_axis_example_select_last_index',
  'test_batchnorm_example',
  'test_split_equal_parts_2d_opset13',
  'test_matmul_2d',
  'test_conv_with_strides_no_padding',
];

describe.skipIf(!haveShared())('recorded outputs', () => {
  it(
    'of conformance cases are met by the model, and not by another one',
    async () => {
      const all = await conformanceCases();
      const cases = CASES.map((name) => all.find((each) => each.name.endsWith(name))).filter(
        (each) => each !== undefined,
      );
      expect(cases.length).toBe(CASES.length);
      for (const { name, model, inputs, outputs } of cases) {
        const files: LabFiles = {
          files: [
            ...inputs.map((bytes, i) => ({
              name: `test_data_set_0/input_${i}.pb`,
              bytes: () => Promise.resolve(bytes),
            })),
            ...outputs.map((bytes, i) => ({
              name: `test_data_set_0/output_${i}.pb`,
              bytes: () => Promise.resolve(bytes),
            })),
          ],
          samples: 8,
          changes: {},
        };
        const studio = new Studio(nodePort());
        await studio.openFile({ name, bytes: model, external }, job);
        await openBeside(studio, model);
        const result = await studio.verifyLab({ ...REQUEST, seeds: 0 }, files, job);
        expect(result.verify.expected, name).toMatchObject([
          { of: 'original', ok: true, inputs: 1 },
          { of: 'result', ok: true, inputs: 1 },
        ]);
        expect(result.verify.expected![0]!.outputs, name).toHaveLength(outputs.length);
        const wrong = [
          ...files.files.slice(0, inputs.length),
          { name: 'test_data_set_0/output_0.pb', bytes: () => Promise.resolve(inputs[0]!) },
        ];
        const missed = await studio.verifyLab({ ...REQUEST, seeds: 0 }, { ...files, files: wrong }, job).then(
          ({ ok }) => ok,
          () => false,
        );
        expect(missed, name).toBe(false);
      }
    },
    PATIENCE,
  );
});
