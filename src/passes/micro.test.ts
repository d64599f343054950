import { describe, expect, it } from 'vitest';
import { loosest } from '../base/exactness.ts';
import { readModel } from '../onnx/read.ts';
import { expectEquivalent } from '../testing/equivalent.ts';
import { afterPass } from '../testing/passes.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { PASSES } from './index.ts';

/** Sites by file and pass, where there are any; every other pass but those of `EVERYWHERE` leaves the file alone. */
const FIRES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'patterns/bert_layer': { 'fuse-skip-norm': 3, 'merge-parallel-matmuls': 1 },
  'patterns/bn_conv': { 'fold-batch-norm': 1 },
  'patterns/conv_bn_clip6': { 'fold-batch-norm': 1 },
  'patterns/conv_bn_relu': { 'fold-batch-norm': 1 },
  'patterns/conv_sigmoid': { 'fuse-conv-activation': 1 },
  'patterns/convtranspose_bn': { 'fold-batch-norm': 1 },
  'patterns/cse': { 'eliminate-common-subexpressions': 1 },
  'patterns/dw_pw': { 'fold-batch-norm': 2 },
  'patterns/gemm_bn': { 'fold-batch-norm': 1 },
  'patterns/layernorm_decomp': { 'fuse-layer-norm': 1 },
  'patterns/matmul_bn': { 'fold-batch-norm': 1 },
  'patterns/mha_vit_style': { 'merge-parallel-matmuls': 1 },
  'patterns/rmsnorm_decomp': { 'fuse-rms-norm': 1 },
  'patterns/rmsnorm_decomp_recipmul': { 'fuse-rms-norm': 1 },
  'patterns/skip_layernorm_residual_used': { 'fuse-skip-norm': 1 },
  'patterns/skip_rmsnorm': { 'fuse-rms-norm': 1 },
  'traps/grouped_conv_bn': { 'fold-batch-norm': 1 },
  // Each alone: the two convolutions read the same, and only one of them has a batch norm.
  'traps/shared_conv_weight_one_bn': { 'eliminate-common-subexpressions': 1, 'fold-batch-norm': 1 },
};

/** What fires on every file, for all of them are of an older operator set than the default target. */
const EVERYWHERE = { 'convert-opset': 1 };

/** Passes of this table: those that need no choice of what to give up. */
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
    expect(fired).toEqual({ ...EVERYWHERE, ...FIRES[file.slice('micro/'.length, -'.onnx'.length)] });
  });

  it('looks at all of them', () => {
    expect(files.length).toBeGreaterThanOrEqual(52);
    expect(Object.keys(FIRES).every((name) => files.includes(`micro/${name}.onnx`))).toBe(true);
  });
});
