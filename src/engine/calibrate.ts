import { CodedError } from '../base/error.ts';
import { formatBytes } from '../base/format.ts';
import type { Json } from '../base/json.ts';
import type { Job } from '../base/job.ts';
import { changePreprocess } from '../data/change.ts';
import { shuffled } from '../data/data-set.ts';
import { feedsOf, prepared } from '../data/feeds.ts';
import type { Preprocess, Proposal } from '../data/preprocess.ts';
import { preprocessFor } from '../data/propose.ts';
import type { DataSet, InputPort } from '../data/types.ts';
import type { Feeds } from '../runtime/types.ts';
import type { Calibration } from './calibration.ts';
import type { Judgement } from './fidelity.ts';

export interface CalibrateOptions {
  /** Changes to the proposed preprocessing, by key. */
  readonly changes?: Readonly<Record<string, Json>>;
  /** At most so many samples are taken, by `seed`. */
  readonly samples: number;
  readonly seed: number;
}

export interface Calibrated extends Proposal {
  readonly calibration: Calibration & { readonly feeds: readonly Feeds[]; readonly labels: Judgement['labels'] };
  /** As many other samples, to judge what was made of the model; null: there are none left. */
  readonly judgement: Judgement | null;
  /** How many these are. */
  readonly judged: number;
}

/**
 * Inputs for a model from samples of a data set: some to calibrate on (at most half of all), others to judge by. Throws
 * `bad-request` where they do not fit it, and where there are too many to be held at once.
 */
export async function calibrate(
  dataSet: DataSet,
  inputs: readonly InputPort[],
  { changes = {}, samples, seed }: CalibrateOptions,
  job: Job,
): Promise<Calibrated> {
  const { preprocess: proposed, notes } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, changes);
  const ready = prepared(dataSet, preprocess);
  const order = Array.from(shuffled(ready.count, seed));
  const taken = Math.min(samples, Math.ceil(order.length / 2));
  const read = (indices: readonly number[]): Promise<Feeds[]> => feedsFor(ready, indices, inputs, preprocess, job);
  const feeds = await read(order.slice(0, taken));
  const others = order.slice(taken, 2 * taken);
  const labelsOf = (indices: readonly number[]): number[] | null =>
    ready.labels ? indices.map((index) => ready.labels?.[index] ?? -1) : null;
  const judgement = others.length > 0 ? { feeds: await read(others), labels: labelsOf(others) } : null;
  const labels = labelsOf(order.slice(0, taken));
  const madeUp = dataSet.kind === 'synthetic';
  const calibration = { name: dataSet.name, feeds, samples: taken, madeUp, labels };
  return { preprocess, notes, judgement, judged: others.length, calibration };
}

async function feedsFor(
  dataSet: DataSet,
  indices: readonly number[],
  inputs: readonly InputPort[],
  preprocess: Preprocess,
  job: Job,
): Promise<Feeds[]> {
  const feeds: Feeds[] = [];
  for await (const batch of feedsOf(dataSet, indices, inputs, preprocess)) {
    job.progress({ stage: `Reading ${dataSet.name}`, done: feeds.length, total: indices.length });
    await job.checkpoint();
    feeds.push(batch.feeds);
    requireRoom(bytesOf(batch.feeds) / batch.indices.length, indices.length);
  }
  return feeds;
}

/** All inputs are held at once; beyond this there is no memory left for the model, bytes. */
const MOST_BYTES = 2 ** 30;

function requireRoom(each: number, samples: number): void {
  const most = Math.floor(MOST_BYTES / each);
  if (samples <= most) return;
  const what = `${samples} samples take ${formatBytes(each * samples)} of memory; use ${most} or fewer.`;
  throw new CodedError('bad-request', what, { samples, most });
}

const bytesOf = (feeds: Feeds): number =>
  Object.values(feeds).reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 8 * data.length), 1);
