import { analyze, type Analysis } from '../analysis/analyze.ts';
import type { Job } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { writeModel } from '../onnx/write.ts';
import type { VerifyRequest, VerifyResult } from '../verify/types.ts';
import { correspondence, withOutputs } from './interface.ts';
import type { RuntimePort } from './ports.ts';

/** A model with its analysis, where there is one already. */
export interface Side {
  readonly model: Model;
  readonly analysis?: Analysis;
}

/** Two models that are one step apart, run side by side: values keep their ids, whatever inputs and outputs are called. */
export async function checkModels(
  port: RuntimePort,
  sides: readonly [before: Side, after: Side],
  request: VerifyRequest,
  job: Job,
): Promise<VerifyResult> {
  const [before, after] = sides.map(({ model, analysis }) => ({ model, analysis: analysis ?? analyze(model) })) as [
    Required<Side>,
    Required<Side>,
  ];
  const found = correspondence(before, after, [after.model]);
  const original = found && found.reveal.length > 0 ? withOutputs(before, found.reveal) : before.model;
  const parcel = (model: Model) => ({ name: 'model.onnx', bytes: writeModel(model) });
  const full = { ...request, ...(found ? { ports: found.ports } : {}) };
  return port.verify(parcel(original), parcel(after.model), full, job);
}
