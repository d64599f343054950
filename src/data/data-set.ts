import { CodedError } from '../base/error.ts';
import { seeded } from '../base/random.ts';
import { countOf, rowsOf } from './elements.ts';
import { decodeImage } from './image.ts';
import { classesByName } from './labels.ts';
import { refuse } from './refuse.ts';
import type { DataFeeds, DataFile, DataSet, DataTensor, Image, Sample } from './types.ts';

/**
 * Images, decoded one at a time, in the order of their names. Where every one lies in a folder and there are several
 * folders, these are the classes.
 */
export function imageDataSet(name: string, images: readonly DataFile[]): DataSet {
  const sorted = [...images].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const folders = sorted.map((file) => file.name.slice(0, Math.max(0, file.name.lastIndexOf('/'))));
  const classes = folders.every(Boolean) && new Set(folders).size > 1 ? classesByName(folders) : null;
  return {
    name,
    kind: 'images',
    count: sorted.length,
    files: sorted.map((file) => file.name),
    ...classes,
    async sample(index) {
      const file = at(name, sorted, index);
      return { kind: 'image', image: await decodeImage(file.name, await file.bytes()) };
    },
  };
}

/**
 * An array whose first axis counts samples. Bytes as `[N, H, W]`, `[N, H, W, 1]` and `[N, H, W, 3]` are images, which is
 * how data sets of small images are kept. Throws `bad-file` where there is no sample axis.
 */
export function arrayDataSet(name: string, { dtype, shape, data }: DataTensor): DataSet {
  const [count, ...rest] = shape;
  if (count === undefined)
    throw refuse('bad-file', name, 'it holds a single number. Give an array whose first axis counts samples.');
  const row = countOf(rest);
  if (row === 0)
    throw refuse('bad-file', name, `its shape [${shape.join(', ')}] has no elements. Give data with some.`);
  const channels = rest.length === 2 ? 1 : rest.length === 3 ? rest[2] : undefined;
  const isImage = dtype === 'uint8' && (channels === 1 || channels === 3);
  return {
    name,
    kind: isImage ? 'images' : 'array',
    count,
    async sample(index): Promise<Sample> {
      const part = rowsOf(data, row, checked(name, count, index), index + 1);
      if (!isImage) return { kind: 'array', tensor: { dtype, shape: rest, data: part } };
      const image: Image = {
        width: rest[1] ?? 0,
        height: rest[0] ?? 0,
        channels: channels === 1 ? 1 : 3,
        data: part as Uint8Array,
      };
      return { kind: 'image', image };
    },
  };
}

/**
 * Named arrays, as a `.npz` holds them: samples along the first axis where all have the same size there, else one sample
 * that is all of them.
 */
export function feedsDataSet(name: string, arrays: ReadonlyMap<string, DataTensor>): DataSet {
  const entries = [...arrays];
  const count = entries[0]?.[1].shape[0];
  if (count === undefined || entries.some(([, { shape }]) => shape[0] !== count || countOf(shape) === 0)) {
    const whole: Sample = { kind: 'feeds', tensors: Object.fromEntries(entries) };
    return { name, kind: 'feeds', count: 1, sample: async () => whole };
  }
  return {
    name,
    kind: 'feeds',
    count,
    async sample(index) {
      checked(name, count, index);
      const tensors = entries.map(([input, { dtype, shape, data }]): [string, DataTensor] => [
        input,
        { dtype, shape: [1, ...shape.slice(1)], data: rowsOf(data, countOf(shape.slice(1)), index, index + 1) },
      ]);
      return { kind: 'feeds', tensors: Object.fromEntries(tensors) };
    },
  };
}

/** Whole inputs of a model, one set a sample, read when they are needed. */
export const recordedDataSet = (name: string, sets: readonly (() => Promise<DataFeeds>)[]): DataSet => ({
  name,
  kind: 'feeds',
  count: sets.length,
  sample: async (index) => ({ kind: 'feeds', tensors: await at(name, sets, index)() }),
});

/** The samples at `indices`, in that order, with their labels. Throws `bad-request` where there is no such sample. */
export function subset(dataSet: DataSet, indices: readonly number[]): DataSet {
  indices.forEach((index) => checked(dataSet.name, dataSet.count, index));
  const { labels, files } = dataSet;
  const part = {
    count: indices.length,
    sample: async (index: number) => dataSet.sample(at(dataSet.name, indices, index)),
    ...(labels && { labels: Int32Array.from(indices, (index) => labels[index] ?? 0) }),
    ...(files && { files: indices.map((index) => files[index] ?? '') }),
  };
  return dataSet.kind === 'text' ? { ...dataSet, ...part, rewindow: null } : { ...dataSet, ...part };
}

/** Two parts without overlap that make the whole: `count` samples drawn by `seed`, and the others, each in file order. */
export function split(dataSet: DataSet, count: number, seed: number): readonly [DataSet, DataSet] {
  const order = shuffled(dataSet.count, seed);
  const rising = (part: readonly number[]): number[] => [...part].sort((a, b) => a - b);
  return [subset(dataSet, rising(order.slice(0, count))), subset(dataSet, rising(order.slice(count)))];
}

/** The indices below `count` in an order that follows from the seed (Fisher–Yates). */
export function shuffled(count: number, seed: number): number[] {
  const random = seeded(seed);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

function checked(name: string, count: number, index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new CodedError('bad-request', `${name} has no sample ${index}; its samples are 0 to ${count - 1}.`, {
    index,
    count,
  });
}

const at = <T>(name: string, list: readonly T[], index: number): T => list[checked(name, list.length, index)] as T;
