import type { Job } from '../base/job.ts';
import type { Tensor } from '../ir/tensor.ts';
import { tensorFromBytes } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import { writeModel } from '../onnx/write.ts';
import { constantSubgraph } from '../rewrite/constants.ts';
import type { Facts, Pass, PassContext } from '../rewrite/pass.ts';
import type { HostTensor } from '../runtime/types.ts';
import { CodedError } from '../base/error.ts';
import type { RuntimePort } from './ports.ts';

export const NO_FACTS: Facts = { constants: new Map() };

/** What a pass cannot know by looking: constant subgraphs, run on the runtime in one session. */
export async function obtainFacts(pass: Pass, context: PassContext, port: RuntimePort, job: Job): Promise<Facts> {
  const wanted = pass.requests?.(context) ?? [];
  if (wanted.length === 0) return NO_FACTS;
  const { model, names } = constantSubgraph(context.model, wanted);
  job.progress({ stage: `Computing ${wanted.length} constants` });
  const results = await port.evaluate({ name: 'constants', bytes: writeModel(model) }, {}, job);
  const constants = new Map<ValueId, Tensor>();
  for (const [value, name] of names) {
    const result = results[name];
    if (result) constants.set(value, toTensor(result));
  }
  return { constants };
}

function toTensor({ dtype, shape, data }: HostTensor): Tensor {
  if (!ArrayBuffer.isView(data)) throw new CodedError('unsupported', 'Constant strings are not folded.');
  return tensorFromBytes(dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
