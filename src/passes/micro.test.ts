import { describe, expect, it } from 'vitest';
import { readModel } from '../onnx/read.ts';
import { expectEquivalent } from '../testing/equivalent.ts';
import { afterPass } from '../testing/passes.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { PASSES } from './index.ts';

/** Sites by file and pass, where there are any; every other pass leaves the file alone. */
const FIRES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'patterns/bert_layer': { 'merge-duplicate-initializers': 1, 'merge-parallel-matmuls': 1 },
  'patterns/bn_conv': { 'fold-batch-norm': 1 },
  'patterns/conv_bn_clip6': { 'fold-batch-norm': 1 },
  'patterns/conv_bn_relu': { 'fold-batch-norm': 1 },
  'patterns/conv_sigmoid': { 'fuse-conv-activation': 1 },
  'patterns/convtranspose_bn': { 'fold-batch-norm': 1 },
  'patterns/cse': { 'eliminate-common-subexpressions': 1 },
  'patterns/dw_pw': { 'fold-batch-norm': 2 },
  'patterns/gemm_bn': { 'fold-batch-norm': 1 },
  'patterns/matmul_bn': { 'fold-batch-norm': 1 },
  'patterns/mha_vit_style': { 'merge-duplicate-initializers': 1, 'merge-parallel-matmuls': 1 },
  'patterns/reshape_reshape': { 'merge-reshapes': 1 },
  'traps/grouped_conv_bn': { 'fold-batch-norm': 1 },
  'traps/relu_clip_neg_min': { 'merge-clips': 1 },
  // Each alone: the two convolutions read the same, and only one of them has a batch norm.
  'traps/shared_conv_weight_one_bn': { 'eliminate-common-subexpressions': 1, 'fold-batch-norm': 1 },
  'traps/slice_slice_same_axis': { 'merge-duplicate-initializers': 2, 'merge-slices': 1 },
  'traps/transpose3_not_inverse': { 'merge-transposes': 1 },
};

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
      await expectEquivalent(model, after.model, { class: pass.preserves, seeds: 1 });
    }
    expect(fired).toEqual(FIRES[file.slice('micro/'.length, -'.onnx'.length)] ?? {});
  });

  it('looks at all of them', () => {
    expect(files.length).toBeGreaterThanOrEqual(52);
    expect(Object.keys(FIRES).every((name) => files.includes(`micro/${name}.onnx`))).toBe(true);
  });
});
