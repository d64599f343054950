import { CodedError } from '../base/error.ts';
import { countOf, encodeNumbers, isElementType, numbersOf } from './elements.ts';
import { filled } from './fill.ts';
import { toGray, toRgb } from './image.ts';
import type { ArrayPreprocess, FeedsPreprocess, ImagePreprocess, Preprocess, TextPreprocess } from './preprocess.ts';
import { centerCrop, resizeImage } from './resize.ts';
import { noiseOf } from './synthetic.ts';
import type { DataFeeds, DataTensor, Image, InputPort, Sample } from './types.ts';

/**
 * One sample as the model's inputs, without the batch axis; recorded inputs as they are. `where` names the sample in
 * errors. Throws `bad-request` where the preprocessing does not fit the sample.
 */
export function encodeSample(
  where: string,
  sample: Sample,
  inputs: readonly InputPort[],
  preprocess: Preprocess,
): DataFeeds {
  if (sample.kind === 'image' && preprocess.kind === 'image') {
    return { [preprocess.input]: encodeImage(where, sample.image, preprocess) };
  }
  if (sample.kind === 'array' && preprocess.kind === 'array') {
    return { [preprocess.input]: encodeArray(where, sample.tensor, preprocess) };
  }
  if (sample.kind === 'tokens' && preprocess.kind === 'text')
    return encodeTokens(where, sample.ids, inputs, preprocess);
  if (sample.kind === 'feeds' && preprocess.kind === 'feeds') return chooseFeeds(where, sample.tensors, preprocess);
  if (sample.kind === 'seed' && preprocess.kind === 'synthetic') return noiseOf(sample.seed, inputs, preprocess);
  throw new CodedError(
    'bad-request',
    `${where} is of kind ${sample.kind}; the preprocessing is for ${preprocess.kind}. Propose one for this data set.`,
  );
}

/** Colours → resize → crop → `(pixel · scale − mean) / std` → layout → shape. */
function encodeImage(where: string, image: Image, preprocess: ImagePreprocess): DataTensor {
  const { channels, scale, mean, std, layout, shape, dtype } = preprocess;
  const {
    data,
    width,
    height,
    channels: depth,
  } = cropped(where, resized(channels === 'gray' ? toGray(image) : toRgb(image), preprocess), preprocess);
  if (mean.length !== depth || std.length !== depth) {
    throw new CodedError(
      'bad-request',
      `mean and std want ${depth} numbers each, for ${channels}; they have ${mean.length} and ${std.length}.`,
    );
  }
  if (countOf(shape) !== data.length) throw mismatch(where, [depth, height, width], shape);
  const values = new Float64Array(data.length);
  const area = width * height;
  for (let channel = 0; channel < depth; channel++) {
    const from = channels === 'bgr' ? depth - 1 - channel : channel;
    const [shift, divisor] = [mean[channel] ?? 0, std[channel] ?? 1];
    for (let pixel = 0; pixel < area; pixel++) {
      const to = layout === 'nchw' ? channel * area + pixel : pixel * depth + channel;
      values[to] = ((data[pixel * depth + from] ?? 0) * scale - shift) / divisor;
    }
  }
  return { dtype, shape, data: encodeNumbers(dtype, values) };
}

function resized(image: Image, { resize }: ImagePreprocess): Image {
  if (!resize) return image;
  if (resize.to === 'exact') return resizeImage(image, resize.width, resize.height, resize.filter);
  const { width, height } = image;
  const longer = Math.floor((resize.size * Math.max(width, height)) / Math.min(width, height));
  const [toWidth, toHeight] = width < height ? [resize.size, longer] : [longer, resize.size];
  return resizeImage(image, toWidth, toHeight, resize.filter);
}

function cropped(where: string, image: Image, { crop }: ImagePreprocess): Image {
  if (!crop) return image;
  if (crop.width > image.width || crop.height > image.height) {
    throw new CodedError(
      'bad-request',
      `${where} has ${image.width} × ${image.height} pixels, the crop wants ${crop.width} × ${crop.height}. Resize to more first.`,
    );
  }
  return centerCrop(image, crop.width, crop.height);
}

function encodeArray(where: string, { dtype, shape, data }: DataTensor, preprocess: ArrayPreprocess): DataTensor {
  const { scale, mean, std, shape: wanted, dtype: target } = preprocess;
  if (countOf(wanted) !== data.length) throw mismatch(where, shape, wanted);
  // Ids of 64 bits are not sent through doubles.
  if (dtype === target && scale === 1 && mean === 0 && std === 1) return { dtype, shape: wanted, data };
  const numbers = Float64Array.from(numbersOf(dtype, data), (value) => (value * scale - mean) / std);
  return { dtype: target, shape: wanted, data: encodeNumbers(target, numbers) };
}

function encodeTokens(
  where: string,
  ids: Int32Array,
  inputs: readonly InputPort[],
  preprocess: TextPreprocess,
): DataFeeds {
  const { input, dtype, length, fill } = preprocess;
  if (ids.length !== length) {
    throw new CodedError(
      'bad-request',
      `${where} has ${ids.length} tokens, the preprocessing says ${length}. Prepare the data set with it first.`,
    );
  }
  const shape = [length];
  const feeds: Record<string, DataTensor> = { [input]: { dtype, shape, data: encodeNumbers(dtype, ids) } };
  for (const [name, how] of Object.entries(fill)) {
    const other = inputs.find((each) => each.name === name)?.dtype ?? dtype;
    if (!isElementType(other))
      throw new CodedError('unsupported', `The input "${name}" takes ${other}, which cannot be filled with ${how}.`);
    feeds[name] = filled(how, other, shape);
  }
  return feeds;
}

function chooseFeeds(where: string, tensors: DataFeeds, { names }: FeedsPreprocess): DataFeeds {
  const chosen = Object.entries(names).map(([input, name]) => {
    const tensor = tensors[name];
    if (tensor) return [input, tensor] as const;
    throw new CodedError(
      'bad-request',
      `${where} has no array "${name}" for the input "${input}"; it has ${Object.keys(tensors).join(', ')}.`,
    );
  });
  return Object.fromEntries(chosen);
}

const mismatch = (where: string, have: readonly number[], want: readonly number[]): CodedError =>
  new CodedError(
    'bad-request',
    `${where} is [${have.join(', ')}], the preprocessing wants [${want.join(', ')}]. Resize, crop or reshape to as many elements.`,
  );
