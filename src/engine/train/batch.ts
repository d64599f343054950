import { analyze, type Analysis } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import { getInt } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import { sizeOf, staticShape } from '../../ir/types.ts';
import { setBatch } from '../../passes/edit/set-batch.ts';
import { runPass } from '../../rewrite/run.ts';

/**
 * A copy of a model for a batch. A Reshape that has the old batch built in, and keeps each sample's elements together,
 * copies the batch of what it reads instead.
 *
 * @throws CodedError `unsupported` where the batch cannot be set, with the reason
 */
export async function batched(model: Model, batch: number): Promise<Model> {
  const copy = model.clone();
  if (hasBatch(copy, batch)) return copy;
  copyBatches(copy, analyze(copy));
  const result = await runPass(copy, setBatch, {
    backend: 'portable',
    options: { batch: String(batch) },
    copies: true,
  });
  const [refusal] = result.refusals;
  if (result.applied.length === 0 && refusal) {
    throw new CodedError('unsupported', `The batch cannot be ${batch}: ${refusal.reason}`);
  }
  // What the file declares of values inside is of the old batch.
  for (const value of result.model.values.values()) if (value.producer !== null) value.type = null;
  return result.model;
}

/** The batch is the first axis of the first input that has one. */
function hasBatch(model: Model, batch: number): boolean {
  for (const id of model.graph.inputs) {
    const { type } = model.getValue(id);
    if (model.graph.initializers.has(id) || type?.kind !== 'tensor' || !type.shape?.length) continue;
    return type.shape[0] === batch;
  }
  return true;
}

function copyBatches(model: Model, analysis: Analysis): void {
  for (const node of analysis.order) {
    if (node.opType !== 'Reshape' || node.domain !== '' || getInt(node, 'allowzero', 0) !== 0) continue;
    const target = copiedTarget(analysis, node);
    if (!target) continue;
    const made = model.addInitializer(model.graph, `${node.name}/shape`, int64s(target));
    model.setInput(node, 1, made.id);
  }
}

/** 0 in the place of the batch: the specification's “as the input has it”. */
function copiedTarget(analysis: Analysis, node: Node): readonly number[] | null {
  const [data = null, shape = null] = node.inputs;
  const [output = null] = node.outputs;
  if (data === null || shape === null || output === null || analysis.constant(data)) return null;
  const target = analysis.ints(shape)?.filter((each) => typeof each === 'number');
  const from = staticShape(analysis.shape(data));
  const to = staticShape(analysis.shape(output));
  if (!target || !from || !to || !analysis.constant(shape)) return null;
  if (target[0] === undefined || target[0] <= 0 || target[0] !== from[0]) return null;
  return sizeOf(from.slice(1)) === sizeOf(to.slice(1)) ? [0, ...target.slice(1)] : null;
}
