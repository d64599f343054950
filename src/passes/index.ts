import { CodedError } from '../base/error.ts';
import type { Pass } from '../rewrite/pass.ts';
import { convertOpset } from './cleanup/convert-opset.ts';
import { eliminateCommonSubexpressions } from './cleanup/eliminate-common-subexpressions.ts';
import { eliminateDeadNodes } from './cleanup/eliminate-dead-nodes.ts';
import { eliminateIdentity } from './cleanup/eliminate-identity.ts';
import { eliminateNoop } from './cleanup/eliminate-noop.ts';
import { foldConstants } from './cleanup/fold-constants.ts';
import { freezeInitializers } from './cleanup/freeze-initializers.ts';
import { addOutput } from './edit/add-output.ts';
import { deleteNodes } from './edit/delete-nodes.ts';
import { extractSubgraph } from './edit/extract-subgraph.ts';
import { removeInput } from './edit/remove-input.ts';
import { removeOutput } from './edit/remove-output.ts';
import { rename } from './edit/rename.ts';
import { setAttribute } from './edit/set-attribute.ts';
import { setBatch } from './edit/set-batch.ts';
import { setInputShape } from './edit/set-input-shape.ts';
import { foldBatchNorm } from './fusion/fold-batch-norm.ts';
import { fuseConvActivation } from './fusion/fuse-conv-activation.ts';
import { mergeParallelMatMuls } from './fusion/merge-parallel-matmuls.ts';
import { pruneChannels } from './pruning/prune-channels.ts';

/** Every pass, in the order in which they are offered. */
export const PASSES: readonly Pass[] = [
  freezeInitializers,
  foldConstants,
  eliminateIdentity,
  eliminateNoop,
  eliminateCommonSubexpressions,
  eliminateDeadNodes,
  convertOpset,
  foldBatchNorm,
  fuseConvActivation,
  mergeParallelMatMuls,
  pruneChannels,
  rename,
  deleteNodes,
  addOutput,
  removeOutput,
  removeInput,
  setBatch,
  setInputShape,
  setAttribute,
  extractSubgraph,
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
