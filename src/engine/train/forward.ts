import { CodedError } from '../../base/error.ts';
import { decompose } from '../../grad/decompose/decompose.ts';
import type { DecomposeReport } from '../../grad/decompose/report.ts';
import type { Model } from '../../ir/model.ts';
import { setBatch } from '../../passes/edit/set-batch.ts';
import { convertOpset } from '../../passes/cleanup/convert-opset.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { runPass } from '../../rewrite/run.ts';

/** The operator set that gradients are written in. */
const OPSET = 18;

/**
 * A copy of a model that gradients can be taken of: its inputs have the sizes of a batch, its operators those of a later
 * operator set, and what is made of others is written out. Constants keep their ids.
 *
 * @param shapes of each input, batch and all
 * @throws CodedError `unsupported` where the batch cannot be set or an operator not be converted, with the reason
 */
export async function forwardModel(
  model: Model,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<{ model: Model; report: DecomposeReport }> {
  let copy = model.clone();
  const batch = Object.values(shapes)[0]?.[0];
  if (batch !== undefined) copy = await changed(copy, setBatch, { batch: String(batch) }, 'The batch cannot be set');
  for (const id of copy.graph.inputs) {
    const value = copy.getValue(id);
    const shape = shapes[value.name];
    if (shape && value.type?.kind === 'tensor') value.type = { ...value.type, shape };
  }
  if (copy.opset() < OPSET) {
    copy = await changed(copy, convertOpset, { target: OPSET }, 'Gradients are written in a later operator set');
    if (copy.opset() < OPSET) throw new CodedError('unsupported', `Gradients are written in operator set ${OPSET}.`);
  }
  copy.sort();
  const report = decompose(copy, (node) => node.opType === 'LayerNormalization' && node.domain === '');
  return { model: copy, report };
}

async function changed(model: Model, pass: Pass, options: Readonly<Record<string, string | number>>, failing: string) {
  const result = await runPass(model, pass, { backend: 'portable', options, copies: true });
  const [refusal] = result.refusals;
  if (result.applied.length === 0 && refusal) {
    throw new CodedError('unsupported', `${failing}: ${refusal.reason}`);
  }
  return result.model;
}
