import { answerOf, giving, type AnswerOf } from '../../engine/train/answers.ts';
import { chosenParameters, setupOf } from '../../engine/train/build.ts';
import { forwardModel } from '../../engine/train/forward.ts';
import type { TrainRequest } from '../../engine/train/types.ts';
import { writeTrainingStep, type TrainingStep } from '../../grad/step.ts';
import type { Model } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { HostTensor } from '../../runtime/types.ts';
import type { TrainerSetup } from '../../train/trainer.ts';
import type { Genome } from '../genome.ts';
import type { MaskedModel } from './mask.ts';

/** A training step that trains whatever sub-network its masks say. */
export interface SupernetStep {
  readonly step: TrainingStep;
  readonly setup: TrainerSetup;
  readonly answer: AnswerOf;
  /** The masks of a genome, by input. */
  masks(genome: Genome): Readonly<Record<string, HostTensor>>;
}

type Asked = Pick<TrainRequest, 'seed' | 'optimizer' | 'frozen'>;

/**
 * The training step of a masked model: masks are inputs, the loss is that of labels (or next tokens) and of the
 * difference to what another network says, either with a factor of its own. It gives the scores, for others to learn from.
 * Batch norms take statistics of the batch, so that each sub-network has its own.
 *
 * @param shapes of the inputs, batch and all
 * @throws CodedError `unsupported` where no gradient passes a node
 */
export async function supernetStep(
  original: Model,
  masked: MaskedModel,
  { seed, optimizer, frozen }: Asked,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<SupernetStep> {
  const answer = answerOf(masked.model);
  const { model } = await forwardModel(giving(masked.model, [answer.output, answer.logits]), shapes);
  for (const { value } of masked.masks) {
    model.graph.initializers.delete(value);
    model.graph.inputs.push(value);
  }
  const parameters = chosenParameters(original, frozen);
  const transforms = masked.kernels.flatMap(({ transforms }) => transforms.map(({ value }) => value));
  const step = writeTrainingStep(model, {
    backend: 'wasm',
    losses: [
      { kind: answer.rank === 3 ? 'tokens' : 'labels', value: answer.output },
      { kind: 'logits', value: answer.output },
    ],
    trained: new Set([...parameters.filter(({ trains }) => trains).map(({ value }) => value), ...transforms]),
    batchNorm: 'batch',
    shows: [answer.logits],
  });
  // A map that decays towards zeros would take the kernel with it.
  const roles = [...parameters, ...transforms.map((value) => ({ value, role: 'constant' as const }))];
  const known = new Set(model.graph.inputs);
  return {
    step,
    setup: { ...setupOf(masked.model, step, { seed, optimizer, sparsity: null, steps: 0 }, roles, []), resident: null },
    answer,
    masks: (genome) =>
      Object.fromEntries(
        masked.masks
          .filter(({ value }) => known.has(value))
          .map((mask): [string, HostTensor] => [mask.name, toHost(mask.of(genome))]),
      ),
  };
}

const toHost = (tensor: Tensor): HostTensor => ({
  dtype: 'float32',
  shape: tensor.shape,
  data: Float32Array.from(tensor.numbers()),
});
