import { describe, expect, it } from 'vitest';
import { loosest } from '../base/exactness.ts';
import { readModel } from '../onnx/read.ts';
import { expectEquivalent } from '../testing/equivalent.ts';
import { afterPass } from '../testing/passes.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { PASSES } from './index.ts';

/** Sites by file and pass, where there are any; every other pass but those of `EVERYWHERE` leaves the file alone. */
const FIRES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'patterns/bert_layer': {
    'merge-duplicate-initializers': 1,
    'fuse-gelu': 1,
    'fuse-attention': 1,
    'fuse-skip-norm': 3,
    'merge-parallel-matmuls': 1,
    'fuse-matmul-bias': 2,
    'fuse-matmul-transpose': 2,
  },
  'patterns/bias_gelu': { 'fuse-gelu': 1, 'fuse-matmul-bias': 1 },
  'patterns/bn_conv': { 'fold-batch-norm': 1 },
  'patterns/conv_bn_clip6': { 'fold-batch-norm': 1 },
  'patterns/conv_bn_relu': { 'fold-batch-norm': 1 },
  'patterns/conv_sigmoid': { 'fuse-conv-activation': 1 },
  'patterns/conv_silu': { 'fuse-quick-gelu': 1 },
  'patterns/convtranspose_bn': { 'fold-batch-norm': 1 },
  'patterns/cse': { 'eliminate-common-subexpressions': 1 },
  'patterns/dw_pw': { 'fold-batch-norm': 2 },
  'patterns/gelu_erf_op17': { 'fuse-gelu': 1 },
  'patterns/gelu_erf_op20': { 'fuse-gelu': 1 },
  'patterns/gelu_tanh_op20': { 'fuse-fast-gelu': 1 },
  'patterns/gemm_bn': { 'fold-batch-norm': 1 },
  'patterns/layernorm_decomp': { 'fuse-layer-norm': 1 },
  'patterns/matmul_add_3d': { 'fuse-matmul-bias': 1 },
  'patterns/matmul_bn': { 'fold-batch-norm': 1 },
  'patterns/matmul_transpose': { 'fuse-matmul-transpose': 1 },
  'patterns/mha_vit_style': {
    'merge-duplicate-initializers': 1,
    'fuse-attention': 1,
    'merge-parallel-matmuls': 1,
    'fuse-matmul-transpose': 1,
  },
  'patterns/mul_conv_pre': { 'fold-scale-bias': 1 },
  'patterns/pad_conv': { 'fuse-pad': 1 },
  'patterns/parallel_conv': { 'merge-parallel-convs': 1 },
  'patterns/parallel_conv_distinct_outputs': { 'merge-parallel-convs': 1 },
  'patterns/quickgelu': { 'fuse-quick-gelu': 1 },
  'patterns/reshape_reshape': { 'merge-reshapes': 1 },
  'patterns/rmsnorm_decomp': { 'fuse-rms-norm': 1 },
  'patterns/rmsnorm_decomp_recipmul': { 'fuse-rms-norm': 1 },
  'patterns/skip_layernorm_residual_used': { 'fuse-skip-norm': 1 },
  'patterns/skip_rmsnorm': { 'fuse-rms-norm': 1 },
  // With alpha and beta minded.
  'traps/gemm_alpha_add': { 'fold-scale-bias': 1, 'fuse-matmul-bias': 1 },
  'traps/grouped_conv_bn': { 'fold-batch-norm': 1 },
  // The zeros of the pad count: count_include_pad is 1.
  'traps/pad_avgpool': { 'fuse-pad': 1 },
  // To the tighter of the two lower limits.
  'traps/relu_clip_neg_min': { 'merge-clips': 1 },
  // Each alone: the two convolutions read the same, and only one of them has a batch norm.
  'traps/shared_conv_weight_one_bn': {
    'eliminate-common-subexpressions': 1,
    'fold-batch-norm': 1,
    'merge-parallel-convs': 1,
  },
  'traps/slice_slice_same_axis': { 'merge-slices': 1, 'merge-duplicate-initializers': 2 },
  'traps/transpose3_not_inverse': { 'merge-transposes': 1 },
};

/** Patterns that nothing fires on, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'patterns/gather_scalar_pair': 'two Gathers of one element each cost less than a Split and two Squeezes',
  'patterns/instance_norm_groupnorm':
    'GroupNormalization with a scale for each channel needs opset 21: after convert-opset it fires',
  'patterns/matmul_add_3d_dyn': 'two free sizes cannot be flattened into one without computing them',
};

/** What fires on every file, for all of them are of an older operator set than the default target. */
const EVERYWHERE = { 'convert-opset': 1 };

/** Passes of this table: those that need no choice of what to give up. */
const nameOf = (file: string): string => file.slice('micro/'.length, -'.onnx'.length);

const EXACT = PASSES.filter((pass) => pass.preserves !== 'approximation');

describe.skipIf(!haveShared())('each pass fires where it should, and keeps the outputs', () => {
  const files = [...sharedModels('micro/patterns'), ...sharedModels('micro/traps')];

  it.each(files)('%s', async (file) => {
    const { model } = readModel(sharedFile(file));
    const fired: Record<string, number> = {};
    for (const pass of EXACT) {
      const after = await afterPass(model, pass);
      if (!after.result.changed) continue;
      fired[pass.id] = after.result.applied.length;
      const exactness = loosest(after.result.applied.map((site) => site.preserves ?? pass.preserves));
      await expectEquivalent(model, after.model, { class: exactness, seeds: 1 });
    }
    expect(fired).toEqual({ ...EVERYWHERE, ...FIRES[nameOf(file)] });
  });

  it('looks at all of them', () => {
    expect(files.length).toBeGreaterThanOrEqual(52);
    const idle = files.filter((file) => /patterns/.test(file) && !FIRES[nameOf(file)]);
    expect(idle.map(nameOf).sort()).toEqual(Object.keys(EXCEPTIONS).sort());
    expect(Object.keys(FIRES).every((name) => files.includes(`micro/${name}.onnx`))).toBe(true);
  });
});
