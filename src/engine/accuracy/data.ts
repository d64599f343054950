import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import { changePreprocess } from '../../data/change.ts';
import { summarize, summarizeLabels, type LabelSummary, type TensorSummary } from '../../data/describe.ts';
import { numbersOf } from '../../data/elements.ts';
import { encodeSample } from '../../data/encode.ts';
import { prepared } from '../../data/feeds.ts';
import type { ImagePreprocess, Preprocess } from '../../data/preprocess.ts';
import { presetsFor, type PreprocessPreset } from '../../data/presets.ts';
import { preprocessFor } from '../../data/propose.ts';
import type { DataFile, DataSet, DataTensor, Image, InputPort } from '../../data/types.ts';
import { toRgb } from '../../data/image.ts';
import { resizeImage } from '../../data/resize.ts';
import { withoutRoot } from '../calibrate-files.ts';
import { openData } from '../data.ts';
import type { AccuracyData } from './measure.ts';

/** Files with what the answers should be. */
export interface AccuracyFiles {
  readonly files: readonly DataFile[];
  /** The class of each sample; null: folders, or none. */
  readonly labels: DataFile | null;
  /** Values that each answer is held against; null: outputs that were recorded beside the inputs, or none. */
  readonly targets: DataFile | null;
  /** Fields of the proposed preprocessing that are set by hand. */
  readonly changes: Readonly<Record<string, Json>>;
}

/** What the data are, and how a model is fed with them. */
export interface AccuracyDataView {
  readonly name: string;
  readonly kind: DataSet['kind'];
  readonly count: number;
  readonly labels: LabelSummary | null;
  /** Target values of the first sample. */
  readonly targets: readonly TensorSummary[] | null;
  readonly preprocess: Preprocess;
  readonly presets: readonly PreprocessPreset[];
  readonly notes: readonly string[];
  /** What the first run is fed with, for one sample. */
  readonly feeds: readonly TensorSummary[];
}

/** A small picture: RGBA, row by row. */
export interface SamplePicture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

const OUTPUT = /(^|\/)output_(\d+)\.pb$/;

/** Opens data with their labels or targets and proposes how the inputs are fed. Throws as each of these does. */
export async function openAccuracyData(
  { files, labels, targets, changes }: AccuracyFiles,
  inputs: readonly InputPort[],
): Promise<AccuracyData> {
  const { name, files: inside } = withoutRoot(files);
  const dataSet = await openData(name, inside, labels ? { labels } : {});
  const { preprocess: proposed, notes } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, changes);
  return { dataSet: prepared(dataSet, preprocess), preprocess, notes, targets: await targetsOf(name, inside, targets) };
}

/** A file of values, or what ONNX test data have recorded as outputs, in the order of their inputs. */
async function targetsOf(name: string, files: readonly DataFile[], file: DataFile | null): Promise<DataSet | null> {
  if (file) return openData(file.name, [file]);
  const recorded = files.filter((each) => OUTPUT.test(each.name));
  if (recorded.length === 0) return null;
  // They are tensors in files like those of the inputs, in the same folders.
  const named = recorded.map((each) => ({
    name: each.name.replace(OUTPUT, '$1input_$2.pb'),
    bytes: () => each.bytes(),
  }));
  return openData(`the outputs of ${name}`, named);
}

export async function accuracyDataView(
  { dataSet, preprocess, notes, targets }: AccuracyData,
  inputs: readonly InputPort[],
): Promise<AccuracyDataView> {
  const feeds = encodeSample(dataSet.files?.[0] ?? 'sample 0', await dataSet.sample(0), inputs, preprocess);
  return {
    name: dataSet.name,
    kind: dataSet.kind,
    count: dataSet.count,
    labels: summarizeLabels(dataSet),
    targets: targets && summariesOf(await targets.sample(0)),
    preprocess,
    presets: presetsFor(preprocess),
    notes,
    feeds: Object.entries(feeds).map(([input, tensor]) => summarize(input, tensor)),
  };
}

function summariesOf(sample: Awaited<ReturnType<DataSet['sample']>>): readonly TensorSummary[] {
  if (sample.kind === 'array') return [summarize('', sample.tensor)];
  return sample.kind === 'feeds' ? Object.entries(sample.tensors).map(([name, each]) => summarize(name, each)) : [];
}

/** Longest side of a small picture. */
const SIDE = 160;

/** A sample as it lies in the files; null: it is no image. */
export async function samplePicture({ dataSet }: AccuracyData, index: number): Promise<SamplePicture | null> {
  const sample = await dataSet.sample(index);
  if (sample.kind !== 'image') return null;
  const { width, height } = sample.image;
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  return pictureOf(toRgb(scale < 1 ? resizeImage(sample.image, w, h, 'bilinear') : sample.image));
}

/** A sample as the model gets it: from its smallest to its largest value, black to white; null: it is no image. */
export async function fedPicture(
  { dataSet, preprocess }: AccuracyData,
  inputs: readonly InputPort[],
  index: number,
): Promise<SamplePicture | null> {
  if (preprocess.kind !== 'image') return null;
  const where = dataSet.files?.[index] ?? `sample ${index}`;
  const tensor = encodeSample(where, await dataSet.sample(index), inputs, preprocess)[preprocess.input];
  if (!tensor || tensor.dtype === 'string') return null;
  return pictureOf(toRgb(imageOf(tensor, preprocess)));
}

function imageOf(tensor: DataTensor, preprocess: ImagePreprocess): Image {
  const { layout, channels: colours } = preprocess;
  const channels = colours === 'gray' ? 1 : 3;
  const values = numbersOf(tensor.dtype, tensor.data);
  const size = preprocess.crop ?? sizeOf(preprocess, values.length / channels);
  const { width, height } = size;
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) [min, max] = [Math.min(min, values[i] ?? 0), Math.max(max, values[i] ?? 0)];
  const data = new Uint8Array(width * height * channels);
  const plane = width * height;
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      // Blue first is what the model sees; a person is shown red first.
      const from = colours === 'bgr' ? 2 - channel : channel;
      const value = values[layout === 'nchw' ? from * plane + pixel : pixel * channels + from] ?? 0;
      data[pixel * channels + channel] = max > min ? Math.round((255 * (value - min)) / (max - min)) : 0;
    }
  }
  return { width, height, channels, data };
}

function sizeOf({ resize, shape, layout }: ImagePreprocess, pixels: number): { width: number; height: number } {
  if (resize?.to === 'exact') return resize;
  const [height, width] = layout === 'nchw' ? shape.slice(-2) : shape.slice(-3, -1);
  if (height !== undefined && width !== undefined && height * width === pixels) return { width, height };
  // A vector of a square image.
  const side = Math.round(Math.sqrt(pixels));
  if (side * side === pixels) return { width: side, height: side };
  throw new CodedError('unsupported', 'What the model gets has no sides that could be drawn.');
}

function pictureOf({ width, height, data }: Image): SamplePicture {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) rgba[4 * pixel + channel] = data[3 * pixel + channel] ?? 0;
  }
  return { width, height, rgba };
}
