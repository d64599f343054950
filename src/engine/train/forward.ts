import { CodedError } from '../../base/error.ts';
import { decompose } from '../../grad/decompose/decompose.ts';
import type { DecomposeReport } from '../../grad/decompose/report.ts';
import type { Model } from '../../ir/model.ts';
import { convertOpset } from '../../passes/cleanup/convert-opset.ts';
import { runPass } from '../../rewrite/run.ts';
import { batched } from './batch.ts';

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
  const batch = Object.values(shapes)[0]?.[0] ?? 1;
  let copy = await batched(model, batch);
  for (const id of copy.graph.inputs) {
    const value = copy.getValue(id);
    const shape = shapes[value.name];
    if (shape && value.type?.kind === 'tensor') value.type = { ...value.type, shape };
  }
  if (copy.opset() < OPSET) {
    copy = await converted(copy);
  }
  copy.sort();
  const report = decompose(copy, (node) => node.opType === 'LayerNormalization' && node.domain === '');
  return { model: copy, report };
}

async function converted(model: Model): Promise<Model> {
  const options = { target: OPSET };
  const result = await runPass(model, convertOpset, { backend: 'portable', options, copies: true });
  if (result.model.opset() >= OPSET) return result.model;
  const reason = result.refusals[0]?.reason ?? `The model is of operator set ${model.opset()}.`;
  throw new CodedError('unsupported', `Gradients are written in operator set ${OPSET}. ${reason}`);
}
