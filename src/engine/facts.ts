import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Model } from '../ir/model.ts';
import { tensorFromBytes, type Tensor } from '../ir/tensor.ts';
import { writeModel } from '../onnx/write.ts';
import { evaluateConstants } from '../rewrite/constants.ts';
import { noFacts, type Facts } from '../rewrite/facts.ts';
import type { Pass, PassContext } from '../rewrite/pass.ts';
import type { HostTensor } from '../runtime/types.ts';
import { answer, observe, SYNTHETIC, type Calibration } from './calibration.ts';
import type { Stop } from './document.ts';
import { observeGradients } from './gradients.ts';
import type { RuntimePort } from './ports.ts';

/** Of a stop, for which facts are obtained. */
export interface Origin {
  /** The model as it was opened; null: nobody knows. */
  readonly original: Stop | null;
  /** Learnt weights that steps name; left out: none are at hand. */
  readonly weights?: Facts['weights'];
  /** False: sites are only looked for, and nothing is investigated, which takes a run of the data for each layer. */
  readonly investigates: boolean;
}

/** What a pass cannot know by looking: constant subgraphs, run in one session, and activations and gradients on calibration data. */
export async function obtainFacts(
  pass: Pass,
  context: PassContext,
  port: RuntimePort,
  job: Job,
  calibration: Calibration = SYNTHETIC,
  { original: opened, weights = noFacts.weights, investigates }: Origin = { original: null, investigates: true },
): Promise<Facts> {
  const observed = pass.observes?.(context);
  const wanted = pass.requests?.(context) ?? [];
  const evaluate = async (part: Model): Promise<Map<string, Tensor>> => {
    job.progress({ stage: `Computing ${part.graph.outputs.length} constants` });
    const results = await port.evaluate({ name: 'constants', bytes: writeModel(part) }, {}, job);
    return new Map(Object.entries(results).map(([name, tensor]) => [name, toTensor(tensor)]));
  };
  const constants = await evaluateConstants(context.model, wanted, evaluate);
  const looks = observed !== undefined && observed.stats.length + observed.moments.length > 0;
  const seen = looks ? await observe(context, observed, calibration, port, job) : {};
  const gates = observed?.gates ?? [];
  const gradients = gates.length > 0 ? await observeGradients(context, gates, calibration, port, job) : null;
  const samples = calibration.feeds === null || calibration.madeUp === true ? null : calibration.samples;
  const original = opened && sameInputs(opened.model, context.model) ? opened : null;
  const facts = { ...noFacts, samples, original, constants, weights, gradients, ...seen };
  const inquiries = investigates ? pass.investigate?.({ ...context, facts }) : undefined;
  return inquiries ? { ...facts, investigated: await answer(inquiries, calibration, port, job) } : facts;
}

/** Whether inputs of the one fit the other: by name and type, those with a default left out. */
function sameInputs(a: Model, b: Model): boolean {
  const [left, right] = [a, b].map((model) =>
    model.graph.inputs
      .filter((id) => !model.graph.initializers.has(id))
      .map((id) => model.getValue(id))
      .map(({ name, type }) => JSON.stringify([name, type]))
      .sort()
      .join(),
  );
  return left === right;
}

function toTensor({ dtype, shape, data }: HostTensor): Tensor {
  if (!ArrayBuffer.isView(data)) throw new CodedError('unsupported', 'Constant strings are not folded.');
  return tensorFromBytes(dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
