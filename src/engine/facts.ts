import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { tensorFromBytes, type Tensor } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import { evaluateConstants } from '../rewrite/constants.ts';
import type { Facts, Pass, PassContext } from '../rewrite/pass.ts';
import type { HostTensor } from '../runtime/types.ts';
import type { RuntimePort } from './ports.ts';

/** What a pass cannot know by looking: constant subgraphs, run on the runtime in one session. */
export async function obtainFacts(pass: Pass, context: PassContext, port: RuntimePort, job: Job): Promise<Facts> {
  const wanted = pass.requests?.(context) ?? [];
  const evaluate = async (part: Model): Promise<Map<string, Tensor>> => {
    job.progress({ stage: `Computing ${part.graph.outputs.length} constants` });
    const results = await port.evaluate({ name: 'constants', bytes: writeModel(part) }, {}, job);
    return new Map(Object.entries(results).map(([name, tensor]) => [name, toTensor(tensor)]));
  };
  return { constants: await evaluateConstants(context.model, wanted, evaluate) };
}

function toTensor({ dtype, shape, data }: HostTensor): Tensor {
  if (!ArrayBuffer.isView(data)) throw new CodedError('unsupported', 'Constant strings are not folded.');
  return tensorFromBytes(dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
