import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { defined } from '../../base/assert.ts';
import type { Model } from '../../ir/model.ts';
import { tensorType } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { passById } from '../../passes/index.ts';
import { factsOf } from '../../runtime/facts.ts';
import { planFeeds } from '../../runtime/feed-plan.ts';
import { CHECK_ATTEMPTS } from '../../runtime/feed-sizes.ts';
import { shapeIn, type FeedPlan } from '../../runtime/feeds.ts';
import { expectDecomposed, type Decomposed } from '../../testing/decomposed.ts';
import { testRuntime } from '../../testing/equivalent.ts';
import { afterPass } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { decompose } from './decompose.ts';

/** The model at sizes with which it runs, in operator set 18. */
async function sized(file: string): Promise<{ model: Model; plan: FeedPlan }> {
  const { model } = readModel(sharedFile(file));
  const settings = { backend: 'wasm', level: 'disabled', threads: 1 } as const;
  const session = await testRuntime().createSession(writeModel(model), settings, silentJob());
  const { limits } = factsOf(model);
  const [plan] = await planFeeds(session, { attempts: CHECK_ATTEMPTS, count: 1, limits }, silentJob());
  const found = defined(plan, 'a plan');
  for (const port of session.inputs) {
    const input = model.graph.inputs.map((id) => model.getValue(id)).find(({ name }) => name === port.name);
    if (input) input.type = tensorType(port.dtype, shapeIn(port, found));
  }
  await session.release();
  if (model.opset() >= 18) return { model, plan: found };
  const { model: converted } = await afterPass(model, passById('convert-opset'), { options: { target: 18 } });
  expect(converted.opset()).toBe(18);
  return { model: converted, plan: found };
}

/** Passes that make one node of many. */
const FUSIONS = [
  'fold-constants',
  'materialize-shapes',
  'eliminate-noop',
  'eliminate-common-subexpressions',
  'fuse-layer-norm',
  'fuse-rms-norm',
  'fuse-gelu',
  'fuse-fast-gelu',
  'fuse-quick-gelu',
  'fuse-rotary',
  'fuse-attention',
  'fuse-skip-norm',
  'fuse-bias-gelu',
  'fuse-matmul-transpose',
  'fuse-conv-activation',
  'fuse-gemm-activation',
];

async function fused(file: string): Promise<{ model: Model; plan: FeedPlan }> {
  const { model, plan } = await sized(file);
  let at = model;
  for (const id of FUSIONS) at = (await afterPass(at, passById(id))).model;
  return { model: at, plan };
}

/** What was written out, counted by operator. */
function counts({ report }: Decomposed): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { opType } of report.replaced) found[opType] = (found[opType] ?? 0) + 1;
  return found;
}
const ms = (numbers: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).map(([name, count]) => [`com.microsoft.${name}`, count]));

const kinds = ['normal', 'unit'] as const;

describe.skipIf(!haveShared())('real models', () => {
  it.each([
    [
      'transformer/bert_toy_unfused',
      { LayerNormalization: 1, ...ms({ Gelu: 6, Attention: 5, SkipLayerNormalization: 11, FusedGemm: 1 }) },
    ],
    ['transformer/vit_pgd_2_3_16', ms({ MultiHeadAttention: 2, FusedMatMul: 8 })],
    ['decoder/gpt2_past', ms({ FastGelu: 12, MultiHeadAttention: 12, SkipLayerNormalization: 25 })],
    ['decoder/attention_past_state', ms({ FusedMatMul: 1 })],
    [
      'decoder/aidreams260k_nocache',
      {
        SimplifiedLayerNormalization: 1,
        ...ms({ QuickGelu: 4, RotaryEmbedding: 8, MultiHeadAttention: 4, SkipSimplifiedLayerNormalization: 8 }),
      },
    ],
    ['cifar/resnet_2b', ms({ FusedConv: 3, FusedGemm: 1 })],
  ])('%s computes the same before it is fused and after it is written out', async (file, expected) => {
    const { model, plan } = await fused(`real/models/${file}.onnx`);
    const { model: original } = await sized(`real/models/${file}.onnx`);
    expect(counts(await expectDecomposed(model, { plan, kinds }))).toEqual(expected);
    await expectDecomposed(model, { plan, kinds, reference: original });
  });

  it('the recurrent layers of GTCRN are written out', async () => {
    const { model, plan } = await sized('real/models/audio/gtcrn_simple.onnx');
    const result = await expectDecomposed(model, { plan, kinds });
    expect(counts(result)).toEqual({ GRU: 14 });
    expect(Math.max(...result.report.replaced.map(({ by }) => by))).toBeGreaterThan(500);
  });

  it('the recurrent layers of Silero VAD stand in branches, and stay', async () => {
    const { model } = await sized('real/models/audio/silero_vad.onnx');
    const { replaced, left } = decompose(model);
    expect(replaced).toEqual([]);
    expect(left.map(({ opType, reason }) => `${opType}: ${reason}`)).toEqual(
      Array.from({ length: 4 }, () => 'LSTM: it stands in a subgraph'),
    );
  });

  it.each([
    'approximation/gelu_add_bias',
    'computation_reduction/gathernd/e2e',
    'computation_reduction/gathernd/gathernd_gelu',
    'fusion/attention_past_no_unidir',
    'fusion/attention_past_unidir',
    'fusion/attention_symbolic_batch',
    'fusion/embed_layer_norm_format3',
    'fusion/embed_layer_norm_format3_no_cast_opset13',
    'fusion/embed_layer_norm_format3_opset13',
    'fusion/embed_layer_norm_format5_opset13',
    'fusion/embed_layer_norm_format8_opset13',
    'fusion/embed_layer_norm_multiple',
    'fusion/embed_layer_norm_multiple_opset13',
    'fusion/gpt2_one_layer',
    'fusion/matmul_scale_transposescalematmul_in0_in1_out',
    'fusion/skip_layer_norm_no_beta',
    'fusion/transpose_matmul_trans_batch_fusion_invalid_case3',
    'model_parallel/bart_mlp_megatron_basic_test',
    'model_parallel/mlp_megatron_basic_test',
  ])("ONNX Runtime's own %s computes the same", async (file) => {
    const { model, plan } = await sized(`real/ort_fusion/${file}.onnx`);
    await expectDecomposed(model, { plan, kinds });
  });

  it('a function whose body holds branches stays a call', async () => {
    const { model } = await sized('real/ort_fusion/gh_issue_18338.onnx');
    expect(decompose(model).left).toMatchObject([
      {
        opType: 'pkg.onnxscript.torch_lib._aten_linalg_vector_norm_no_dim_onnx',
        reason: 'its body holds subgraphs',
      },
    ]);
  });
});
