import { CodedError } from '../base/error.ts';
import { isElementType, isFloatType } from './elements.ts';
import { fillFor } from './fill.ts';
import { describePort, sampleShape } from './fit.ts';
import { proposeImage } from './propose-image.ts';
import type { Fill, Proposal } from './preprocess.ts';
import { proposeSynthetic } from './synthetic.ts';
import type { DataSet, DataTensor, FeedTensor, InputPort, TextDataSet } from './types.ts';

/**
 * Sensible preprocessing from the types and shapes of a model's inputs, never from what a particular model is called.
 * Whatever the model does not say is chosen and told in the notes. Throws `unsupported` where the data fit no input.
 */
export async function preprocessFor(inputs: readonly InputPort[], dataSet: DataSet): Promise<Proposal> {
  if (dataSet.kind === 'text') return proposeText(inputs, dataSet);
  if (dataSet.kind === 'synthetic') return proposeSynthetic(inputs);
  const sample = await dataSet.sample(0);
  switch (sample.kind) {
    case 'image':
      // Files may differ in size; the rows of one array cannot.
      return alone(inputs, proposeImage(inputs, sample.image, dataSet.files === undefined), dataSet);
    case 'array':
      return alone(inputs, proposeArray(inputs, sample.tensor), dataSet);
    case 'feeds':
      return proposeFeeds(inputs, sample.tensors, dataSet);
    case 'tokens':
    case 'seed':
      throw new CodedError(
        'internal',
        `${dataSet.name} is of kind ${dataSet.kind} with samples of kind ${sample.kind}.`,
      );
  }
}

/** One array a sample can feed one input; others would be invented. */
function alone(inputs: readonly InputPort[], proposal: Proposal, { name }: DataSet): Proposal {
  const fed = 'input' in proposal.preprocess ? proposal.preprocess.input : '';
  const others = inputs.filter((input) => input.name !== fed);
  if (others.length === 0) return proposal;
  throw new CodedError(
    'unsupported',
    `${name} feeds "${fed}" alone; the model also takes ${others.map(describePort).join('; ')}. Give all inputs as .npz or .pb.`,
  );
}

function proposeArray(inputs: readonly InputPort[], { dtype, shape: own }: DataTensor): Proposal {
  for (const input of inputs) {
    const shape = sampleShape(input, own);
    if (!shape || !isElementType(input.dtype)) continue;
    const isBytes = dtype === 'uint8' && isFloatType(input.dtype);
    const notes = isBytes
      ? ['Scale 1/255, since the data are bytes. Set scale to 1 for a model that takes 0 to 255.']
      : [];
    return {
      preprocess: {
        kind: 'array',
        input: input.name,
        scale: isBytes ? 1 / 255 : 1,
        mean: 0,
        std: 1,
        shape,
        dtype: input.dtype,
      },
      notes,
    };
  }
  throw new CodedError(
    'unsupported',
    `No input takes samples of [${own.join(', ')}]: ${inputs.map(describePort).join('; ')}. Give data of the model's shape.`,
  );
}

function proposeFeeds(
  inputs: readonly InputPort[],
  tensors: Readonly<Record<string, FeedTensor>>,
  { name }: DataSet,
): Proposal {
  const have = Object.keys(tensors);
  // As a name stands in an archive: slashes would be folders there.
  const archived = (input: string): string => input.replaceAll(/[\\/]/g, '_');
  const names = inputs.map((input): [string, string] => {
    const found = have.find((each) => each === input.name) ?? have.find((each) => each === archived(input.name));
    const only = inputs.length === 1 && have.length === 1 ? have[0] : undefined;
    const chosen = found ?? only;
    if (chosen !== undefined) return [input.name, chosen];
    throw new CodedError(
      'unsupported',
      `${name} has nothing for the input ${describePort(input)}; it has ${have.join(', ')}. Name the arrays as the inputs.`,
      { input: input.name },
    );
  });
  return {
    preprocess: { kind: 'feeds', names: Object.fromEntries(names) },
    notes: ['Recorded inputs are fed as they are.'],
  };
}

const DEFAULT_LENGTH = 128;

function proposeText(inputs: readonly InputPort[], { name, text }: TextDataSet): Proposal {
  const takesIds = ({ dtype, shape, name: input }: InputPort): boolean =>
    (dtype === 'int64' || dtype === 'int32') &&
    (shape === null || shape.length === 1 || shape.length === 2) &&
    !fillFor(input);
  const input = inputs.find(takesIds);
  if (!input) {
    throw new CodedError(
      'unsupported',
      `No input takes token ids: ${inputs.map(describePort).join('; ')}. Give a model of int64 or int32 ids.`,
    );
  }
  const fill: Record<string, Fill> = {};
  for (const other of inputs) {
    if (other === input) continue;
    const chosen = fillFor(other.name);
    if (!chosen) {
      throw new CodedError(
        'unsupported',
        `Text cannot feed the input ${describePort(other)}. Give all inputs of ${name} as .npz or .pb.`,
      );
    }
    fill[other.name] = chosen;
  }
  const fixed = input.shape?.at(-1);
  const length = typeof fixed === 'number' ? fixed : Math.min(DEFAULT_LENGTH, text.tokens);
  const bos = text.hasBos && length > 1;
  const stride = Math.max(1, length - (bos ? 1 : 0));
  const notes = [
    `Windows of ${length} tokens (${typeof fixed === 'number' ? 'the model’s length' : 'chosen, as the model leaves it open'}), side by side; a rest is left out.`,
    `Tokenizer ${text.tokenizer}: ids are below ${text.vocabulary}; the model must have been trained with it.`,
  ];
  return {
    preprocess: {
      kind: 'text',
      input: input.name,
      dtype: input.dtype === 'int32' ? 'int32' : 'int64',
      length,
      stride,
      bos,
      fill,
    },
    notes,
  };
}
