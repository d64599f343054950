import { CodedError } from '../base/error.ts';
import { arrayDataSet, feedsDataSet, imageDataSet, recordedDataSet } from './data-set.ts';
import { readCsv } from './csv.ts';
import { isIdx, readIdx } from './idx.ts';
import { isImageName } from './image.ts';
import { isGzip } from './inflate.ts';
import { isJpeg } from './jpeg.ts';
import { withLabels } from './labels.ts';
import { isNpy, readNpy } from './npy.ts';
import { isZip, readNpz } from './npz.ts';
import { isPng } from './png.ts';
import { refuse } from './refuse.ts';
import { textDataSet } from './text.ts';
import { readTokenizer } from './read-tokenizer.ts';
import { byteTokenizer, characterTokenizer, type Tokenizer } from './tokenizer.ts';
import type { DataFile, DataSet, FeedTensor } from './types.ts';

export interface OpenOptions {
  readonly labels?: DataFile;
  /** How text becomes ids: `bytes` (the default), `characters` of the text itself, or a tokenizer file. */
  readonly tokenizer?: 'bytes' | 'characters' | DataFile;
  /** Decodes ONNX's `TensorProto`, for folders of test data; protobuf is known elsewhere. */
  readonly decodeTensor?: (bytes: Uint8Array) => { readonly name: string; readonly tensor: FeedTensor };
}

/**
 * A data set by what its files hold: images, ONNX test data (`input_N.pb`, in `test_data_set_*` or not), or one file that
 * is idx, npy, npz, CSV or text. Throws `bad-file`, `unsupported`, and `bad-request` where nothing fits.
 */
export async function openDataSet(
  name: string,
  files: readonly DataFile[],
  options: OpenOptions = {},
): Promise<DataSet> {
  const dataSet = await recognise(name, files, options);
  if (dataSet.count === 0) throw refuse('bad-file', name, 'it holds no sample. Give data with at least one.');
  return options.labels ? withLabels(dataSet, options.labels) : dataSet;
}

async function recognise(name: string, files: readonly DataFile[], options: OpenOptions): Promise<DataSet> {
  const images = files.filter((file) => isImageName(file.name));
  if (images.length > 0) return imageDataSet(name, images);
  const inputs = files.filter((file) => INPUT.test(file.name));
  if (inputs.length > 0) return testData(name, inputs, options);
  const [file] = files;
  if (!file || files.length > 1) {
    const what = file ? `it has ${files.length} files, and none is an image or an input_N.pb` : 'it has no files';
    throw new CodedError('bad-request', `${name}: ${what}. Give a folder of images or of ONNX test data, or one file.`);
  }
  return fromFile(name, file, options);
}

async function fromFile(name: string, file: DataFile, { tokenizer }: OpenOptions): Promise<DataSet> {
  const bytes = await file.bytes();
  if (bytes.byteLength === 0) throw refuse('bad-file', file.name, 'it is empty. Give a file with data.');
  if (isJpeg(bytes) || isPng(bytes)) return imageDataSet(name, [file]);
  if (isNpy(bytes)) return arrayDataSet(name, readNpy(file.name, bytes));
  if (isZip(bytes)) return fromArchive(name, file.name, bytes);
  if (isGzip(bytes) || isIdx(bytes)) return arrayDataSet(name, await readIdx(file.name, bytes));
  if (/\.(csv|tsv)$/i.test(file.name)) return arrayDataSet(name, readCsv(file.name, bytes));
  if (tokenizer === undefined && bytes.subarray(0, 4096).includes(0)) {
    throw refuse('unsupported', file.name, 'it is neither image, idx, npy, npz nor text. Convert it to one of them.');
  }
  return textDataSet(name, bytes, await tokenizerOf(file.name, bytes, tokenizer));
}

function fromArchive(name: string, file: string, bytes: Uint8Array): DataSet {
  const arrays = readNpz(file, bytes);
  const [only] = arrays.values();
  return arrays.size === 1 && only ? arrayDataSet(name, only) : feedsDataSet(name, arrays);
}

async function tokenizerOf(file: string, text: Uint8Array, choice: OpenOptions['tokenizer']): Promise<Tokenizer> {
  if (choice === undefined || choice === 'bytes') return byteTokenizer;
  if (choice === 'characters') return characterTokenizer(file, text);
  return readTokenizer(choice.name, await choice.bytes());
}

const INPUT = /(^|\/)input_(\d+)\.pb$/;

function testData(name: string, inputs: readonly DataFile[], { decodeTensor }: OpenOptions): DataSet {
  if (!decodeTensor)
    throw new CodedError('unsupported', `${name}: ONNX test data need a decoder here. Give .npz instead.`);
  const sets = new Map<string, DataFile[]>();
  for (const file of inputs) {
    const folder = file.name.slice(0, file.name.lastIndexOf('/') + 1);
    sets.set(folder, [...(sets.get(folder) ?? []), file]);
  }
  const inOrder = [...sets].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return recordedDataSet(
    name,
    inOrder.map(([, set]) => async () => {
      const feeds: Record<string, FeedTensor> = {};
      for (const file of set) {
        const decoded = decodeTensor(await file.bytes());
        feeds[decoded.name || file.name] = decoded.tensor;
      }
      return feeds;
    }),
  );
}
