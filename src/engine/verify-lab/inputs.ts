import { CodedError } from '../../base/error.ts';
import { formatBytes } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { changePreprocess } from '../../data/change.ts';
import { shuffled } from '../../data/data-set.ts';
import { summarize, type TensorSummary } from '../../data/describe.ts';
import { isElementType } from '../../data/elements.ts';
import { feedsOf, prepared } from '../../data/feeds.ts';
import { preprocessFor } from '../../data/propose.ts';
import type { DataFile } from '../../data/types.ts';
import type { Feeds, HostTensor } from '../../runtime/types.ts';
import type { NamedFeeds } from '../../verify/cases.ts';
import { withoutRoot } from '../calibrate-files.ts';
import { openData } from '../data.ts';
import { readRecorded, type Interface } from './recorded.ts';
import type { LabFiles, LabInputs } from './types.ts';

/** The draw of samples: the same on the page and on the command line. */
const SEED = 1;
/** Samples of a data set that are taken unless it is said. */
const SAMPLES = 8;
/** All inputs are held at once, bytes. */
const MOST_BYTES = 2 ** 29;

export interface ReadInputs {
  readonly cases: readonly NamedFeeds[];
  readonly view: LabInputs;
}

/**
 * Inputs of a model from files: recorded ones as they are, with recorded outputs where there are any; else samples of a
 * data set. Throws `bad-request`, `bad-file` or `unsupported` where they do not fit the model.
 */
export async function readInputs(given: LabFiles, model: Interface, job: Job): Promise<ReadInputs> {
  job.progress({ stage: 'Reading your inputs' });
  await job.checkpoint();
  const { name, files } = withoutRoot(given.files);
  const recorded = await readRecorded(files, model);
  if (!recorded) return readDataSet(name, files, given, model, job);
  if (Object.keys(given.changes).length > 0) {
    throw new CodedError('bad-request', `${name} holds recorded inputs: they are fed as they are, nothing is set.`);
  }
  const cases = recorded.cases.slice(0, given.samples ?? Infinity);
  requireRoom(cases);
  const view: LabInputs = {
    name,
    kind: 'recorded',
    count: recorded.cases.length,
    used: cases.length,
    feeds: summaries(cases[0]?.feeds ?? {}),
    expected: [...new Set(cases.flatMap(({ expected = {} }) => Object.keys(expected)))],
    preprocess: null,
    notes: recorded.notes,
  };
  return { cases, view };
}

async function readDataSet(
  name: string,
  files: readonly DataFile[],
  { samples, changes, tokenizer }: LabFiles,
  { inputs }: Interface,
  job: Job,
): Promise<ReadInputs> {
  const dataSet = await openData(name, files, tokenizer ? { tokenizer } : {});
  const { preprocess: proposed, notes } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, changes);
  const ready = prepared(dataSet, preprocess);
  const drawn = shuffled(ready.count, SEED).slice(0, samples ?? SAMPLES);
  const cases: NamedFeeds[] = [];
  for await (const { indices, feeds } of feedsOf(ready, drawn, inputs, preprocess)) {
    job.progress({ stage: `Reading ${name}`, done: cases.length, total: drawn.length });
    await job.checkpoint();
    cases.push({ name: indices.map((index) => ready.files?.[index] ?? `sample ${index}`).join(', '), feeds });
    requireRoom(cases);
  }
  const view: LabInputs = {
    name,
    kind: ready.kind,
    count: ready.count,
    used: drawn.length,
    feeds: summaries(cases[0]?.feeds ?? {}),
    expected: [],
    preprocess,
    notes,
  };
  return { cases, view };
}

const bytesOf = (feeds: Feeds): number =>
  Object.values(feeds).reduce((sum, { data }) => sum + (ArrayBuffer.isView(data) ? data.byteLength : data.length), 0);

function requireRoom(cases: readonly NamedFeeds[]): void {
  const bytes = cases.reduce((sum, { feeds, expected = {} }) => sum + bytesOf(feeds) + bytesOf(expected), 0);
  if (bytes <= MOST_BYTES) return;
  throw new CodedError(
    'bad-request',
    `The first ${cases.length} inputs take ${formatBytes(bytes)} of memory; ${formatBytes(MOST_BYTES)} are held at once. Use fewer.`,
    { inputs: cases.length },
  );
}

const summaries = (feeds: Feeds): TensorSummary[] =>
  Object.entries(feeds).map(([name, tensor]) =>
    isSummable(tensor) ? summarize(name, tensor as never) : bare(name, tensor),
  );

const isSummable = ({ dtype }: HostTensor): boolean => dtype === 'string' || isElementType(dtype);
const bare = (name: string, { dtype, shape }: HostTensor): TensorSummary => ({ name, dtype, shape, statistics: null });
