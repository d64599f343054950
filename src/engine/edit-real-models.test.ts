import { describe, expect, it } from 'vitest';
import { silentJob } from '../base/job.ts';
import type { JsonObject } from '../base/json.ts';
import { memoryFiles } from '../onnx/external.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { nodePort } from './node.ts';
import { Studio } from './studio.ts';

const job = silentJob();
const REQUEST = { seeds: 1, backends: ['wasm'], levels: ['disabled', 'all'], threads: 1 } as const;
type Step = readonly [pass: string, options: JsonObject];

interface Case {
  readonly file: string;
  /** Each is tried on the model as it is. */
  readonly edits: readonly Step[];
  /** Edits after which outputs are measured, not equal. */
  readonly changes: readonly Step[];
}

const CASES: readonly Case[] = [
  {
    file: 'mobilenetv2/mobilenet_v2_fp32.onnx',
    edits: [
      ['set-batch', { batch: '2' }],
      ['extract-subgraph', { inputs: ['getitem_15'], outputs: ['add_408'] }],
      ['add-output', { value: 'add_198' }],
      ['rename', { from: 'output', to: 'scores' }],
      ['rename', { kind: 'node', from: 'node_Conv_820', to: 'project' }],
    ],
    changes: [
      ['set-attribute', { node: 'node_Conv_832', attribute: 'strides', value: [2, 2] }],
      ['delete-nodes', { nodes: ['node_Conv_822', 'n4_5', 'node_Conv_824', 'n4_6', 'node_Conv_826', 'node_add_198'] }],
    ],
  },
  {
    file: 'transformer/bert_toy_unfused.onnx',
    edits: [
      ['set-batch', { batch: '2' }],
      ['set-input-shape', { symbols: { batch: 1, max_seq_len_in_batch: 16 } }],
      ['extract-subgraph', { inputs: ['123'], outputs: ['200'] }],
      ['extract-subgraph', { nodes: ['MatMul_81', 'Div_83', 'Add_84', 'Softmax_85', 'MatMul_86'] }],
      ['add-output', { value: '182' }],
      ['rename', { from: 'input_mask', to: 'attention_mask' }],
      ['rename', { kind: 'node', from: 'Softmax_85', to: 'probabilities' }],
    ],
    changes: [
      ['set-attribute', { node: 'Softmax_85', attribute: 'axis', value: 2 }],
      ['delete-nodes', { nodes: ['Add_84'], through: '180' }],
    ],
  },
  {
    file: 'ocr/ch_PP-OCRv2_det_infer.onnx',
    edits: [
      ['set-batch', { batch: '2' }],
      ['extract-subgraph', { inputs: ['batch_norm_48.tmp_3'], outputs: ['elementwise_add_4'] }],
      ['add-output', { value: 'elementwise_add_4' }],
      ['rename', { from: 'x', to: 'image' }],
      ['rename', { from: 'save_infer_model/scale_0.tmp_1', to: 'probabilities' }],
    ],
    changes: [],
  },
];

async function tried(file: string, [pass, options]: Step) {
  const studio = new Studio(nodePort());
  await studio.openFile(
    { name: file, bytes: sharedFile(`real/models/${file}`), external: memoryFiles(new Map()) },
    job,
  );
  const { stops } = await studio.apply({ pass, options, off: [] }, job);
  const { result } = await studio.verify({ a: 0, b: 1, request: REQUEST }, job);
  return { stop: stops[1]!, result };
}

describe.skipIf(!haveShared())('hand edits of real models, run on the runtime', () => {
  for (const { file, edits, changes } of CASES) {
    it.each(edits)(
      `${file}: %s %j agrees`,
      async (pass, options) => {
        const { result } = await tried(file, [pass, options]);
        expect(result.verdict, result.message).toBe('agrees');
        expect(result.outputs.length).toBeGreaterThan(0);
      },
      120_000,
    );

    it.each(changes)(
      `${file}: %s %j runs, and its outputs are measured`,
      async (pass, options) => {
        const { result } = await tried(file, [pass, options]);
        expect(result, result.message).toMatchObject({ verdict: 'agrees', class: 'approximation' });
        expect(result.outputs[0]!.cosine).toBeLessThan(1);
      },
      120_000,
    );
  }

  it.each(['transformer/vit_pgd_2_3_16.onnx', 'decoder/aidreams260k_nocache.onnx'])(
    '%s takes another batch',
    async (file) => {
      const { result } = await tried(file, ['set-batch', { batch: '3' }]);
      expect(result.verdict, result.message).toBe('agrees');
    },
    120_000,
  );

  it.each(['detect/FastestDet.onnx', 'audio/gtcrn_simple.onnx'])(
    '%s has its batch built into a Reshape, which is named',
    async (file) => {
      await expect(tried(file, ['set-batch', { batch: '3' }])).rejects.toThrow(
        /Reshape 1 does not fit: .* built in: \[/,
      );
    },
  );

  it('runs a detector of one image part by part, and does not compare what mixes its images', async () => {
    const { result } = await tried('face/version-RFB-320_simplified.onnx', ['set-batch', { batch: '2' }]);
    expect(result.verdict).toBe('uninformative');
    expect(result.message).toContain('Not compared: "scores", for its first dimension is not the batch.');
  }, 120_000);
});
