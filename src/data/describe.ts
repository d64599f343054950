import { numbersOf } from './elements.ts';
import type { DataSet, DataTensor, FeedTensor, Sample } from './types.ts';

export interface TensorSummary {
  /** Empty where a sample is one array. */
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Over all elements; null for strings and where there are none. */
  readonly statistics: {
    readonly min: number;
    readonly max: number;
    readonly mean: number;
    readonly std: number;
  } | null;
}

export interface LabelSummary {
  /** Different classes that occur, and the largest class number. */
  readonly classes: number;
  readonly largest: number;
  /** Samples of the most and the least frequent class. */
  readonly most: number;
  readonly fewest: number;
  /** Of the classes that occur, where the labels name them. */
  readonly names: readonly string[] | null;
}

export const summarizeSample = (sample: Sample): TensorSummary[] => {
  switch (sample.kind) {
    case 'image': {
      const { width, height, channels, data } = sample.image;
      return [summarize('', { dtype: 'uint8', shape: [height, width, channels], data })];
    }
    case 'array':
      return [summarize('', sample.tensor)];
    case 'feeds':
      return Object.entries(sample.tensors).map(([name, tensor]) => summarize(name, tensor));
    case 'tokens':
      return [summarize('', { dtype: 'int32', shape: [sample.ids.length], data: sample.ids })];
    case 'seed':
      return [];
  }
};

export function summarize(name: string, tensor: FeedTensor): TensorSummary {
  const { dtype, shape } = tensor;
  const statistics = tensor.dtype === 'string' || tensor.data.length === 0 ? null : statisticsOf(tensor);
  return { name, dtype, shape, statistics };
}

function statisticsOf({ dtype, data }: DataTensor): NonNullable<TensorSummary['statistics']> {
  const values = numbersOf(dtype, data);
  let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const mean = sum / values.length;
  // A second pass: the difference of two large sums would lose the digits.
  for (let i = 0; i < values.length; i++) squares += ((values[i] ?? 0) - mean) ** 2;
  return { min, max, mean, std: Math.sqrt(squares / values.length) };
}

export function summarizeLabels({ labels, labelNames }: DataSet): LabelSummary | null {
  if (!labels || labels.length === 0) return null;
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sizes = [...counts.values()].sort((a, b) => a - b);
  const present = [...counts.keys()].sort((a, b) => a - b);
  const names = labelNames ? present.map((label) => labelNames[label] ?? String(label)) : null;
  const largest = labels.reduce((most, label) => Math.max(most, label), 0);
  return { classes: counts.size, largest, most: sizes.at(-1) ?? 0, fewest: sizes[0] ?? 0, names };
}
