import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import type { Job } from '../base/job.ts';
import type { HostTensor } from '../runtime/types.ts';
import type { StepInput, StepOutput, TrainerSetup, TrainerState } from './trainer.ts';

type Outputs = Readonly<Record<string, HostTensor>>;

export function floatsOf(tensor: HostTensor | undefined): Float32Array<ArrayBuffer> {
  const { data } = defined(tensor, 'an output of the step');
  if (data instanceof Float32Array) return data as Float32Array<ArrayBuffer>;
  throw new Error('invariant: outputs of a training step are float32');
}
export const numberOf = (tensor: HostTensor | undefined): number => floatsOf(tensor)[0] ?? NaN;

export const bytesOf = (tensors: Outputs): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 0), 0);

/** Throws `bad-request` where the loss is no number: no step goes on from there. */
export function lossOf({ total }: Pick<TrainerSetup, 'total'>, outputs: Outputs, step: number): number {
  const loss = numberOf(outputs[total]);
  if (Number.isFinite(loss)) return loss;
  throw new CodedError(
    'bad-request',
    `The loss is ${Number.isNaN(loss) ? 'not a number' : 'infinite'} at step ${step}. Lower the learning rate, or clip gradients.`,
    { step },
  );
}

type Arrays = Pick<TrainerSetup, 'tensors' | 'statistics'>;

/** All that a model keeps of a training, by name: trained tensors, and running values of batch norms. */
export const stateArrays = ({
  tensors,
  statistics,
}: Arrays): readonly { readonly name: string; readonly data: Float32Array<ArrayBuffer> }[] => [
  ...tensors,
  ...statistics.flatMap(({ runningMean, runningVariance }) => [runningMean, runningVariance]),
];

/** What a state holds of each of them. Throws `bad-request` where it is of another training. */
export const keptOf = (setup: Arrays, { weights }: TrainerState) =>
  stateArrays(setup).map(({ name, data }) => {
    const kept = weights[name];
    if (kept?.length === data.length) return { data, kept };
    throw new CodedError(
      'bad-request',
      `The checkpoint is of another training: it has no ${name} of ${data.length} numbers.`,
    );
  });

/** The variance of a batch is biased, the running one is not: N/(N − 1). */
export const unbiasedBy = (count: number): number => (count > 1 ? count / (count - 1) : 1);

/** One step after the other; a cancel is seen between two. */
export async function inTurn(
  inputs: readonly StepInput[],
  job: Job,
  step: (input: StepInput) => Promise<StepOutput>,
): Promise<StepOutput[]> {
  const outputs: StepOutput[] = [];
  for (const input of inputs) {
    await job.checkpoint();
    outputs.push(await step(input));
  }
  return outputs;
}
