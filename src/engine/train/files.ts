import type { Json } from '../../base/json.ts';
import { changePreprocess } from '../../data/change.ts';
import { prepared } from '../../data/feeds.ts';
import { preprocessFor } from '../../data/propose.ts';
import type { DataFile, InputPort } from '../../data/types.ts';
import { accuracyDataView, type AccuracyDataView } from '../accuracy/data.ts';
import { withoutRoot } from '../calibrate-files.ts';
import { openData } from '../data.ts';
import type { PreparedData } from './desk.ts';
import { drawnData, type Drawn } from './drawn.ts';

/** Files to train on, or to judge by. */
export interface TrainFiles {
  /** In place of files: samples that are made here. */
  readonly drawn: Drawn | null;
  readonly files: readonly DataFile[];
  /** The class of each sample; null: folders, or none. */
  readonly labels: DataFile | null;
  /** How text becomes ids; null: by its bytes. */
  readonly tokenizer: 'bytes' | 'characters' | DataFile | null;
  /** Fields of the proposed preprocessing that are set by hand. */
  readonly changes: Readonly<Record<string, Json>>;
}

/** Opens the files and proposes how the inputs are fed with them. Throws as each of these does. */
export async function openTrainData(
  { drawn, files, labels, tokenizer, changes }: TrainFiles,
  as: 'train' | 'judge',
  inputs: readonly InputPort[],
): Promise<{ readonly data: PreparedData; readonly view: AccuracyDataView }> {
  const { name, files: inside } = withoutRoot(files);
  const dataSet = drawn
    ? drawnData(drawn, as)
    : await openData(name, inside, { ...(labels && { labels }), ...(tokenizer && { tokenizer }) });
  const { preprocess: proposed, notes } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, changes);
  const data = { dataSet: prepared(dataSet, preprocess), preprocess, notes };
  return { data, view: await accuracyDataView({ ...data, targets: null }, inputs) };
}
