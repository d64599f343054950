import { CodedError } from '../base/error.ts';
import { isElementType, isFloatType } from './elements.ts';
import { describePort, fixedCount, type Dims } from './fit.ts';
import type { ImagePreprocess, Proposal, Resize } from './preprocess.ts';
import type { Image, InputPort } from './types.ts';

/** Of the ImageNet training set, for RGB in [0, 1]: what torchvision's classifiers are trained with. */
const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];
/** From this side on, classifiers are taken to be trained as on ImageNet: the shorter side to 8/7 of it, the middle cut. */
const LARGE = 128;
const DEFAULT_SIDE = 224;

/** What an input wants of an image. Free sizes are null. */
interface Want {
  readonly channels: number;
  readonly height: number | null;
  readonly width: number | null;
  readonly layout: 'nchw' | 'nhwc';
  /** The sample shape, where it is not the layout's own. */
  readonly reshape: readonly number[] | null;
}

/** Preprocessing of images for the first input that takes them. Throws `unsupported` where none does. */
export function proposeImage(inputs: readonly InputPort[], first: Image, sameSize: boolean): Proposal {
  for (const input of inputs) {
    const want = isElementType(input.dtype) ? wantOf(input, first) : null;
    if (want) return proposal(input, want, first, sameSize);
  }
  throw new CodedError(
    'unsupported',
    `No input takes images: ${inputs.map(describePort).join('; ')}. Give recorded inputs as .npz or .pb instead.`,
  );
}

const isChannels = (dim: Dims[number] | undefined): dim is 1 | 3 => dim === 1 || dim === 3;

function wantOf({ shape }: InputPort, { width, height, channels }: Image): Want | null {
  if (!shape) return null;
  const rest: Dims = shape.length === 3 && shape[0] === 3 ? shape : shape.slice(1);
  const [a, b, c] = rest;
  const size = (dim: Dims[number] | undefined): number | null => (typeof dim === 'number' ? dim : null);
  if (rest.length === 3 && isChannels(a)) {
    return { channels: a, height: size(b), width: size(c), layout: 'nchw', reshape: null };
  }
  if (rest.length === 3 && isChannels(c)) {
    return { channels: c, height: size(a), width: size(b), layout: 'nhwc', reshape: null };
  }
  const count = fixedCount(rest);
  const reshape = rest as readonly number[];
  if (count === width * height) return { channels: 1, height, width, layout: 'nchw', reshape };
  if (count === width * height * channels) return { channels, height, width, layout: 'nchw', reshape };
  return null;
}

function proposal(input: InputPort, want: Want, first: Image, sameSize: boolean): Proposal {
  const notes: string[] = [];
  const { channels, layout } = want;
  const dtype = isElementType(input.dtype) ? input.dtype : 'float32';
  const [width, height] = sides(want, first, sameSize, notes);
  const { resize, crop } = fitting(first, width, height, sameSize);
  if (resize?.to === 'shorter') {
    notes.push(
      `The shorter side becomes ${resize.size}, and the middle ${width} × ${height} is taken, as for ImageNet.`,
    );
  } else if (resize) notes.push(`Images are resized to ${width} × ${height} whatever their proportions.`);
  const colours = channels === 1 ? 'gray' : 'rgb';
  if (channels === 3) notes.push('Channels are taken to be RGB; choose BGR for models that come from Caffe or OpenCV.');
  const values = valuesFor(dtype, channels, Math.min(width, height), notes);
  const own = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const preprocess: ImagePreprocess = {
    kind: 'image',
    input: input.name,
    channels: colours,
    resize,
    crop,
    ...values,
    layout,
    shape: want.reshape ?? own,
    dtype,
  };
  return { preprocess, notes };
}

function sides(want: Want, first: Image, sameSize: boolean, notes: string[]): readonly [number, number] {
  if (want.width !== null && want.height !== null) return [want.width, want.height];
  const width = want.width ?? want.height ?? (sameSize ? first.width : DEFAULT_SIDE);
  const height = want.height ?? want.width ?? (sameSize ? first.height : DEFAULT_SIDE);
  notes.push(`The model leaves the size open; ${width} × ${height} is chosen.`);
  return [width, height];
}

function fitting(
  first: Image,
  width: number,
  height: number,
  sameSize: boolean,
): Pick<ImagePreprocess, 'resize' | 'crop'> {
  if (sameSize && first.width === width && first.height === height) return { resize: null, crop: null };
  if (width === height && width >= LARGE && !sameSize) {
    const resize: Resize = { to: 'shorter', size: Math.round((width * 8) / 7), filter: 'bilinear' };
    return { resize, crop: { width, height } };
  }
  return { resize: { to: 'exact', width, height, filter: 'bilinear' }, crop: null };
}

function valuesFor(
  dtype: ImagePreprocess['dtype'],
  channels: number,
  side: number,
  notes: string[],
): Pick<ImagePreprocess, 'scale' | 'mean' | 'std'> {
  const each = (value: number): number[] => Array.from({ length: channels }, () => value);
  if (!isFloatType(dtype)) {
    const zero = dtype === 'int8' ? 128 : 0;
    notes.push(`The input takes ${dtype}: pixels go in ${zero ? 'less 128' : 'as they are, 0 to 255'}.`);
    return { scale: 1, mean: each(zero), std: each(1) };
  }
  if (channels === 3 && side >= LARGE) {
    notes.push(
      'Scale 1/255, mean and std of ImageNet. Set scale 1, mean 0, std 1 for a model that normalizes by itself.',
    );
    return { scale: 1 / 255, mean: IMAGENET_MEAN, std: IMAGENET_STD };
  }
  notes.push('Scale 1/255, so that pixels are 0 to 1. Set scale to 1 for a model that takes 0 to 255.');
  return { scale: 1 / 255, mean: each(0), std: each(1) };
}
