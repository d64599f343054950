import { CodedError } from '../base/error.ts';
import type { Pass } from '../rewrite/pass.ts';
import { convertOpset } from './cleanup/convert-opset.ts';
import { eliminateCommonSubexpressions } from './cleanup/eliminate-common-subexpressions.ts';
import { eliminateDeadNodes } from './cleanup/eliminate-dead-nodes.ts';
import { eliminateIdentity } from './cleanup/eliminate-identity.ts';
import { eliminateNoop } from './cleanup/eliminate-noop.ts';
import { foldConstants } from './cleanup/fold-constants.ts';
import { freezeInitializers } from './cleanup/freeze-initializers.ts';
import { inlineConstantIf } from './cleanup/inline-constant-if.ts';
import { materializeShapes } from './cleanup/materialize-shapes.ts';
import { mergeCasts } from './cleanup/merge-casts.ts';
import { mergeClips } from './cleanup/merge-clips.ts';
import { mergeDuplicateInitializers } from './cleanup/merge-duplicate-initializers.ts';
import { mergeReshapes } from './cleanup/merge-reshapes.ts';
import { mergeSlices } from './cleanup/merge-slices.ts';
import { mergeTransposes } from './cleanup/merge-transposes.ts';
import { recover } from './compress/recover.ts';
import { storeFloat16 } from './compress/store-float16.ts';
import { addOutput } from './edit/add-output.ts';
import { deleteNodes } from './edit/delete-nodes.ts';
import { extractSubgraph } from './edit/extract-subgraph.ts';
import { removeInput } from './edit/remove-input.ts';
import { removeOutput } from './edit/remove-output.ts';
import { rename } from './edit/rename.ts';
import { setAttribute } from './edit/set-attribute.ts';
import { setBatch } from './edit/set-batch.ts';
import { setInputShape } from './edit/set-input-shape.ts';
import { userRule } from './edit/user-rule.ts';
import { addKvCache } from './kv-cache/add-kv-cache.ts';
import { deferRotary } from './kv-cache/defer-rotary.ts';
import { extendPositions } from './kv-cache/extend-positions.ts';
import { pageKvCache } from './kv-cache/page-kv-cache.ts';
import { quantizeKvCache } from './kv-cache/quantize-kv-cache.ts';
import { slidingWindowCache } from './kv-cache/sliding-window-cache.ts';
import { streamingCache } from './kv-cache/streaming-cache.ts';
import { foldBatchNorm } from './fusion/fold-batch-norm.ts';
import { foldScaleBias } from './fusion/fold-scale-bias.ts';
import { fuseAttention } from './fusion/fuse-attention.ts';
import { fuseBiasGelu } from './fusion/fuse-bias-gelu.ts';
import { fuseConvActivation } from './fusion/fuse-conv-activation.ts';
import { fuseConvResidual } from './fusion/fuse-conv-residual.ts';
import { fuseFastGelu } from './fusion/fuse-fast-gelu.ts';
import { fuseGelu } from './fusion/fuse-gelu.ts';
import { fuseGemmActivation } from './fusion/fuse-gemm-activation.ts';
import { fuseGroupNorm } from './fusion/fuse-group-norm.ts';
import { fuseHardSwish } from './fusion/fuse-hard-swish.ts';
import { fuseLayerNorm } from './fusion/fuse-layer-norm.ts';
import { fuseMatMulBias } from './fusion/fuse-matmul-bias.ts';
import { fuseMatMulTranspose } from './fusion/fuse-matmul-transpose.ts';
import { fusePad } from './fusion/fuse-pad.ts';
import { fuseQuickGelu } from './fusion/fuse-quick-gelu.ts';
import { fuseRmsNorm } from './fusion/fuse-rms-norm.ts';
import { fuseRotary } from './fusion/fuse-rotary.ts';
import { fuseSkipNorm } from './fusion/fuse-skip-norm.ts';
import { fuseSpaceToDepth } from './fusion/fuse-space-to-depth.ts';
import { mergeLinearChains } from './fusion/merge-linear-chains.ts';
import { mergeParallelBranches } from './fusion/merge-parallel-branches.ts';
import { mergeParallelConvs } from './fusion/merge-parallel-convs.ts';
import { mergeParallelMatMuls } from './fusion/merge-parallel-matmuls.ts';
import { slicesToSplit } from './fusion/slices-to-split.ts';
import { pruneBlocks } from './pruning/prune-blocks.ts';
import { pruneChannels } from './pruning/prune-channels.ts';
import { pruneHeads } from './pruning/prune-heads.ts';
import { pruneWeights } from './pruning/prune-weights.ts';
import { reestimateBatchNorm } from './pruning/reestimate-batch-norm.ts';
import { removeDeadChannels } from './pruning/remove-dead-channels.ts';
import { shrinkKernels } from './pruning/shrink-kernels.ts';
import { sparseInitializers } from './pruning/sparse-initializers.ts';

/**
 * Every pass, in the order in which they are offered, and run where several are named. `convert-opset` comes behind the
 * fusions: the runtime's own forms of some operators are of older operator sets, and it says which cannot be taken along.
 */
export const PASSES: readonly Pass[] = [
  freezeInitializers,
  foldConstants,
  eliminateIdentity,
  eliminateNoop,
  inlineConstantIf,
  materializeShapes,
  mergeCasts,
  mergeTransposes,
  mergeReshapes,
  mergeSlices,
  mergeClips,
  mergeDuplicateInitializers,
  eliminateCommonSubexpressions,
  eliminateDeadNodes,
  foldBatchNorm,
  foldScaleBias,
  fusePad,
  slicesToSplit,
  fuseSpaceToDepth,
  fuseLayerNorm,
  fuseRmsNorm,
  fuseGroupNorm,
  fuseGelu,
  fuseFastGelu,
  fuseQuickGelu,
  fuseHardSwish,
  fuseRotary,
  fuseAttention,
  fuseSkipNorm,
  fuseBiasGelu,
  mergeLinearChains,
  mergeParallelMatMuls,
  mergeParallelConvs,
  mergeParallelBranches,
  fuseMatMulBias,
  fuseGemmActivation,
  fuseMatMulTranspose,
  fuseConvResidual,
  fuseConvActivation,
  convertOpset,
  removeDeadChannels,
  pruneChannels,
  pruneHeads,
  pruneBlocks,
  shrinkKernels,
  addKvCache,
  extendPositions,
  deferRotary,
  slidingWindowCache,
  streamingCache,
  quantizeKvCache,
  pageKvCache,
  pruneWeights,
  reestimateBatchNorm,
  recover,
  sparseInitializers,
  storeFloat16,
  rename,
  deleteNodes,
  addOutput,
  removeOutput,
  removeInput,
  setBatch,
  setInputShape,
  setAttribute,
  extractSubgraph,
  userRule,
];

const byId = new Map(PASSES.map((pass) => [pass.id, pass]));

export const hasPass = (id: string): boolean => byId.has(id);

/** Throws `bad-request` for an id that no pass has. */
export function passById(id: string): Pass {
  const pass = byId.get(id);
  if (pass) return pass;
  const known = PASSES.map((each) => each.id).join(', ');
  throw new CodedError('bad-request', `There is no pass "${id}". Passes: ${known}.`, { pass: id });
}
