import { CodedError } from '../base/error.ts';
import { decodeText, parseCsv } from './csv.ts';
import { numbersOf } from './elements.ts';
import { isIdx, readIdx } from './idx.ts';
import { isGzip } from './inflate.ts';
import { isNpy, readNpy } from './npy.ts';
import { refuse } from './refuse.ts';
import type { DataFile, DataSet, DataTensor } from './types.ts';

/** Classes as a file gives them: in the order of the samples, or by the samples' file names. */
interface LabelFile {
  readonly classes: readonly (number | string)[];
  readonly files: readonly string[] | null;
  /** The name of each row's class, where the file tells names beside numbers. */
  readonly names: readonly (string | undefined)[] | null;
}

interface Classes {
  readonly labels: Int32Array;
  readonly labelNames?: readonly string[];
}

/**
 * The data set with classes from `file`: idx, npy, CSV (a column of classes, or file and class), or JSON (a list of
 * classes, a list of `{ file, classIndex | class | label, name? }`, or `{ file: class }`). Where classes are words, they
 * are numbered in alphabetical order. Throws `bad-file`, and `bad-request` where labels and samples do not match.
 */
export async function withLabels(dataSet: DataSet, file: DataFile): Promise<DataSet> {
  const { classes, files, names } = await readLabels(file.name, await file.bytes());
  const { labels, labelNames } = numbered(file.name, classes, names);
  if (!files) {
    if (labels.length === dataSet.count) return { ...dataSet, labels, labelNames };
    const counts = { labels: labels.length, samples: dataSet.count };
    throw new CodedError(
      'bad-request',
      `${file.name} has ${labels.length} labels, ${dataSet.name} has ${dataSet.count} samples. Give the labels of this data set.`,
      counts,
    );
  }
  const byFile = new Map(files.map((name, i) => [name, labels[i] ?? 0]));
  return { ...dataSet, labels: matched(dataSet, file.name, byFile), labelNames };
}

function matched(dataSet: DataSet, labelFile: string, byFile: ReadonlyMap<string, number>): Int32Array {
  if (!dataSet.files) {
    throw new CodedError(
      'bad-request',
      `${labelFile} names files, but ${dataSet.name} is one file. Give labels in the order of its samples.`,
    );
  }
  return Int32Array.from(dataSet.files, (name) => {
    const label = byFile.get(name) ?? byFile.get(name.slice(name.lastIndexOf('/') + 1));
    if (label === undefined) {
      throw new CodedError('bad-request', `${labelFile} has no label for ${name}. Add it, or leave the file out.`, {
        file: name,
      });
    }
    return label;
  });
}

function numbered(file: string, classes: LabelFile['classes'], names: LabelFile['names']): Classes {
  const isWords = classes.some((each) => typeof each === 'string' && !/^\s*\d+\s*$/.test(each));
  if (isWords) return classesByName(classes.map(String));
  const labels = Int32Array.from(classes, (each, i) => {
    const value = Number(each);
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
    throw refuse(
      'bad-file',
      file,
      `label ${i} is ${value}; classes are whole numbers from 0. Give the class of each sample.`,
    );
  });
  if (!names?.some((name) => name !== undefined)) return { labels };
  const labelNames: string[] = [];
  labels.forEach((label, i) => {
    if (label < MOST_CLASSES) labelNames[label] = names[i] ?? String(label);
  });
  return { labels, labelNames: Array.from(labelNames, (name, i) => name ?? String(i)) };
}

/** Names are kept for class numbers below this: one wild number must not make a list of millions. */
const MOST_CLASSES = 1_000_000;

/** Words as class numbers, in alphabetical order, as folder data sets are numbered elsewhere (torchvision ImageFolder). */
export function classesByName(words: readonly string[]): Classes {
  const labelNames = [...new Set(words)].sort();
  const index = new Map(labelNames.map((name, i) => [name, i]));
  return { labels: Int32Array.from(words, (word) => index.get(word) ?? 0), labelNames };
}

async function readLabels(file: string, bytes: Uint8Array): Promise<LabelFile> {
  if (isGzip(bytes) || isIdx(bytes)) return listed(file, await readIdx(file, bytes));
  if (isNpy(bytes)) return listed(file, readNpy(file, bytes));
  if (/\.json$/i.test(file)) return fromJson(file, decodeText(file, bytes));
  return fromCsv(file, bytes);
}

function listed(file: string, { dtype, shape, data }: DataTensor): LabelFile {
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) {
    return { classes: Array.from(numbersOf(dtype, data)), files: null, names: null };
  }
  throw refuse('bad-file', file, `labels have the shape [${shape.join(', ')}]; one class a sample is wanted: [N].`);
}

function fromCsv(file: string, bytes: Uint8Array): LabelFile {
  const { rows } = parseCsv(file, bytes);
  const width = rows[0]?.length ?? 0;
  if (width === 1) return { classes: rows.map(([cell]) => cell ?? ''), files: null, names: null };
  if (width === 2) {
    return { classes: rows.map((row) => row[1] ?? ''), files: rows.map((row) => row[0] ?? ''), names: null };
  }
  throw refuse('bad-file', file, `its rows have ${width} cells; labels are one column, or file and class.`);
}

function fromJson(file: string, text: string): LabelFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw refuse('bad-file', file, `it is no JSON (${(error as Error).message}).`);
  }
  if (Array.isArray(json) && json.every((each) => isClass(each))) return { classes: json, files: null, names: null };
  const rows = Array.isArray(json)
    ? json.map((row) => entryOf(row))
    : Object.entries(json ?? {}).map(([name, each]) => ({ file: name, label: each as unknown, name: undefined }));
  const bad = rows.findIndex(({ file: name, label }) => typeof name !== 'string' || !isClass(label));
  if (bad >= 0 || rows.length === 0) {
    throw refuse(
      'bad-file',
      file,
      `entry ${Math.max(0, bad)} has no file or no class. Give { "file": class } or a list of { file, classIndex }.`,
    );
  }
  return {
    classes: rows.map(({ label }) => label as number | string),
    files: rows.map(({ file: name }) => name as string),
    names: rows.map(({ name }) => (typeof name === 'string' ? name : undefined)),
  };
}

const isClass = (value: unknown): value is number | string => typeof value === 'number' || typeof value === 'string';

function entryOf(row: unknown): { file: unknown; label: unknown; name: unknown } {
  const entry = (typeof row === 'object' && row !== null ? row : {}) as Readonly<Record<string, unknown>>;
  return { file: entry['file'], label: entry['classIndex'] ?? entry['class'] ?? entry['label'], name: entry['name'] };
}
