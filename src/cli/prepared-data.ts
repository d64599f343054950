import { basename, resolve } from 'node:path';
import type { Json } from '../base/json.ts';
import { changePreprocess } from '../data/change.ts';
import { prepared } from '../data/feeds.ts';
import { preprocessFor } from '../data/propose.ts';
import type { DataSet, InputPort } from '../data/types.ts';
import { openData } from '../engine/data.ts';
import type { PreparedData } from '../engine/train/desk.ts';
import { drawnData, isDrawn } from '../engine/train/drawn.ts';
import type { Arguments } from './arguments.ts';
import { fileAt, filesAt } from './data-files.ts';
import { keyValues } from './options.ts';

/** Which samples, and how they are read. */
export interface DataChoice {
  /** A path, or what is drawn here. */
  readonly path: string;
  readonly labels: string | null;
  readonly tokenizer: string | null;
  /** Fields of the proposed preprocessing that are set by hand. */
  readonly changes: Readonly<Record<string, Json>>;
}

export const dataChoice = (path: string, labels: string | null, args: Arguments): DataChoice => ({
  path,
  labels,
  tokenizer: args.text('tokenizer'),
  changes: keyValues(args),
});

/** Opens samples as a model's inputs are fed with them. Throws as reading and preprocessing do. */
export async function preparedData(
  choice: DataChoice,
  inputs: readonly InputPort[],
  use: 'train' | 'judge',
): Promise<PreparedData> {
  const dataSet = await dataSetFrom(choice, use);
  const { preprocess: proposed, notes } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, choice.changes);
  return { dataSet: prepared(dataSet, preprocess), preprocess, notes };
}

async function dataSetFrom({ path, labels, tokenizer }: DataChoice, use: 'train' | 'judge'): Promise<DataSet> {
  if (isDrawn(path)) return drawnData(path, use);
  return openData(basename(resolve(path)), filesAt(path), {
    ...(labels !== null && { labels: fileAt(labels) }),
    ...(tokenizer !== null && {
      tokenizer: tokenizer === 'bytes' || tokenizer === 'characters' ? tokenizer : fileAt(tokenizer),
    }),
  });
}
