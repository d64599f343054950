import { defined } from '../base/assert.ts';
import { CodedError } from '../base/error.ts';
import { allocateElements, countOf } from './elements.ts';
import { encodeSample } from './encode.ts';
import { describePort, sameDims } from './fit.ts';
import type { Preprocess } from './preprocess.ts';
import type { DataFeeds, DataSet, DataTensor, FeedTensor, InputPort } from './types.ts';

/** One run of the model. */
export interface FeedBatch {
  /** The samples in it. Rows beyond them repeat the last one, where the model's batch is fixed and samples run out. */
  readonly indices: readonly number[];
  readonly feeds: DataFeeds;
}

/** The data set with what the preprocessing decides about samples themselves: the windows of a text. */
export function prepared(dataSet: DataSet, preprocess: Preprocess): DataSet {
  if (dataSet.kind !== 'text' || preprocess.kind !== 'text') return dataSet;
  const { length, stride, bos } = preprocess;
  const { window } = dataSet.text;
  if (window.length === length && window.stride === stride && window.bos === bos) return dataSet;
  if (dataSet.rewindow) return dataSet.rewindow({ length, stride, bos });
  throw new CodedError(
    'bad-request',
    `${dataSet.name} is a part with windows of its own. Prepare the whole, then take a part.`,
  );
}

/**
 * Feeds for the samples at `indices`, made as they are asked for: `batch` samples each where the model leaves its batch
 * axis free, as many as it fixes, or one by one where it has none. Throws `bad-request` where preprocessing, samples and
 * inputs do not fit, with the sample and the input.
 */
export async function* feedsOf(
  dataSet: DataSet,
  indices: readonly number[],
  inputs: readonly InputPort[],
  preprocess: Preprocess,
  batch = 1,
): AsyncGenerator<FeedBatch> {
  if (!Number.isInteger(batch) || batch < 1)
    throw new CodedError('bad-request', `A batch of ${batch} is none; give a whole number from 1.`);
  const encode = (index: number): Promise<DataFeeds> => sampleFeeds(dataSet, index, inputs, preprocess);
  for (let from = 0; from < indices.length;) {
    const first = await encode(indices[from] ?? 0);
    const { rows, fixed } = batchFor(inputs, first, batch);
    const part = indices.slice(from, from + rows);
    const samples = [first];
    for (const index of part.slice(1)) samples.push(await encode(index));
    const missing = fixed ? rows - samples.length : 0;
    const padded = [...samples, ...Array.from({ length: missing }, () => samples.at(-1) ?? first)];
    yield { indices: part, feeds: stackFeeds(inputs, padded) };
    from += part.length;
  }
}

/** What one sample gives each input, without the batch axis where that is free. Throws as `feedsOf`. */
export async function sampleFeeds(
  dataSet: DataSet,
  index: number,
  inputs: readonly InputPort[],
  preprocess: Preprocess,
): Promise<DataFeeds> {
  const where = dataSet.files?.[index] ?? `sample ${index} of ${dataSet.name}`;
  const feeds = encodeSample(where, await dataSet.sample(index), inputs, preprocess);
  return Object.fromEntries(inputs.map((input) => [input.name, fitted(where, input, feeds[input.name])]));
}

/** Samples of one shape side by side, along a new first axis. Throws `bad-request` where their shapes differ. */
export const stackFeeds = (inputs: readonly InputPort[], samples: readonly DataFeeds[]): DataFeeds =>
  Object.fromEntries(inputs.map((input) => [input.name, stack(input, samples)]));

/** A sample of the input's own type and sizes: without the batch axis, or whole. */
function fitted(where: string, input: InputPort, tensor: FeedTensor | undefined): FeedTensor {
  const { name, dtype, shape } = input;
  if (!tensor)
    throw new CodedError(
      'bad-request',
      `${where} gives nothing for the input ${describePort(input)}. Name it in the preprocessing.`,
      { input: name },
    );
  const own = tensor.shape;
  const matches = shape === null || sameDims(shape.slice(1), own) || sameDims(shape, own);
  if (tensor.dtype !== dtype || !matches) {
    throw new CodedError(
      'bad-request',
      `${where} gives ${tensor.dtype} [${own.join(', ')}]; the input is ${describePort(input)}. Set dtype and shape in the preprocessing.`,
      { input: name },
    );
  }
  // One recorded sample of a free batch can be stacked with others.
  if (shape && own.length === shape.length && own[0] === 1 && typeof shape[0] !== 'number')
    return withShape(tensor, own.slice(1));
  return tensor;
}

const withShape = (tensor: FeedTensor, shape: readonly number[]): FeedTensor =>
  tensor.dtype === 'string' ? { ...tensor, shape } : { ...tensor, shape };

const isWhole = ({ shape }: InputPort, sample: FeedTensor | undefined): boolean =>
  shape !== null && shape.length === sample?.shape.length;

/** Samples a run: one where some input takes a sample as it is, else what the model fixes, else what is asked for. */
function batchFor(inputs: readonly InputPort[], sample: DataFeeds, batch: number): { rows: number; fixed: boolean } {
  if (inputs.some((input) => isWhole(input, sample[input.name]))) return { rows: 1, fixed: true };
  const sizes = inputs.flatMap(({ shape }) => (typeof shape?.[0] === 'number' ? [shape[0]] : []));
  return sizes[0] === undefined ? { rows: batch, fixed: false } : { rows: Math.max(1, sizes[0]), fixed: true };
}

/** Samples of one shape along a new first axis, or the one sample that is whole. */
function stack(input: InputPort, samples: readonly DataFeeds[]): FeedTensor {
  const { name } = input;
  const tensors = samples.map((each) => each[name]);
  const first = defined(tensors[0], `a sample of ${name}`);
  if (isWhole(input, first)) return first;
  const odd = tensors.find((each) => each && each.shape.join() !== first.shape.join());
  if (odd) {
    throw new CodedError(
      'bad-request',
      `Samples of one batch differ for "${name}": [${first.shape.join(', ')}] and [${odd.shape.join(', ')}]. Resize them, or feed one by one.`,
      { input: name },
    );
  }
  const shape = [tensors.length, ...first.shape];
  if (first.dtype === 'string') {
    return { dtype: 'string', shape, data: tensors.flatMap((each) => (each?.dtype === 'string' ? each.data : [])) };
  }
  const data = allocateElements(first.dtype, countOf(shape));
  tensors.forEach((each, row) => data.set((each as DataTensor).data as never, row * countOf(first.shape)));
  return { dtype: first.dtype, shape, data };
}
