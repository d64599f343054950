import { CodedError } from '../base/error.ts';
import { formatBytes } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import { changePreprocess } from '../data/change.ts';
import { shuffled } from '../data/data-set.ts';
import {
  summarize,
  summarizeLabels,
  summarizeSample,
  type LabelSummary,
  type TensorSummary,
} from '../data/describe.ts';
import { feedsOf, prepared } from '../data/feeds.ts';
import type { Preprocess } from '../data/preprocess.ts';
import { preprocessFor } from '../data/propose.ts';
import type { DataFile, DataSet, InputPort } from '../data/types.ts';
import type { Feeds } from '../runtime/types.ts';
import type { Calibration } from './calibration.ts';
import { openData } from './data.ts';

/** Files to calibrate on, and how they are to be used. */
export interface CalibrationFiles {
  readonly files: readonly DataFile[];
  /** The class of each sample; null: none are known. */
  readonly labels: DataFile | null;
  /** At most so many samples are used, drawn from all by a seed. */
  readonly samples: number;
  /** Fields of the proposed preprocessing that are set by hand. */
  readonly changes: Readonly<Record<string, Json>>;
}

/** What the data are, and how the model is fed with them. */
export interface CalibrationView {
  readonly name: string;
  readonly kind: DataSet['kind'];
  /** Samples that there are, and those that are used. */
  readonly count: number;
  readonly used: number;
  /** The first sample as it lies in the files. */
  readonly sample: readonly TensorSummary[];
  /** What the first run feeds the model with. */
  readonly feeds: readonly TensorSummary[];
  readonly labels: LabelSummary | null;
  readonly preprocess: Preprocess;
  /** What was chosen where the model leaves it open. */
  readonly notes: readonly string[];
}

/** The draw of samples. It is the same for everybody, so that a ranking can be made again. */
const SEED = 0;
/** All inputs are held at once; beyond this there is no memory left for the model, bytes. */
const MOST_BYTES = 2 ** 30;

/** Opens data, proposes how the inputs are fed with them, and makes the feeds. Throws as each of these does. */
export async function calibrateFiles(
  { files, labels, samples, changes }: CalibrationFiles,
  inputs: readonly InputPort[],
  job: Job,
): Promise<{ readonly calibration: Calibration; readonly view: CalibrationView }> {
  job.progress({ stage: 'Reading the data' });
  await job.checkpoint();
  const { name, files: inside } = withoutRoot(files);
  const dataSet = await openData(name, inside, labels ? { labels } : {});
  const { preprocess: proposed, notes } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, changes);
  const ready = prepared(dataSet, preprocess);
  const drawn = shuffled(ready.count, SEED).slice(0, samples);
  const feeds = await allFeeds(
    ready,
    drawn.sort((a, b) => a - b),
    { inputs, preprocess },
    job,
  );
  const view: CalibrationView = {
    name,
    kind: ready.kind,
    count: ready.count,
    used: drawn.length,
    sample: summarizeSample(await ready.sample(0)),
    feeds: Object.entries(feeds[0] ?? {}).map(([input, tensor]) => summarize(input, tensor as never)),
    labels: summarizeLabels(ready),
    preprocess,
    notes,
  };
  return { calibration: { name, feeds, samples: drawn.length }, view };
}

interface Feeding {
  readonly inputs: readonly InputPort[];
  readonly preprocess: Preprocess;
}

async function allFeeds(
  dataSet: DataSet,
  indices: readonly number[],
  { inputs, preprocess }: Feeding,
  job: Job,
): Promise<readonly Feeds[]> {
  const all: Feeds[] = [];
  let done = 0;
  for await (const batch of feedsOf(dataSet, indices, inputs, preprocess)) {
    all.push(batch.feeds);
    const most = Math.floor((MOST_BYTES / bytesOf(batch.feeds)) * batch.indices.length);
    if (indices.length > most) {
      const need = formatBytes((bytesOf(batch.feeds) * indices.length) / batch.indices.length);
      throw new CodedError('bad-request', `${indices.length} samples take ${need} of memory; use ${most} or fewer.`);
    }
    done += batch.indices.length;
    job.progress({ stage: 'Preparing samples', done, total: indices.length });
    await job.checkpoint();
  }
  return all;
}

const bytesOf = (feeds: Feeds): number =>
  Object.values(feeds).reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : 8 * data.length), 1);

/** What the data are called, and the files without the folder that all of them lie in; hidden ones are left out. */
function withoutRoot(all: readonly DataFile[]): { readonly name: string; readonly files: readonly DataFile[] } {
  const files = all.filter(({ name }) => !name.split('/').some((part) => part.startsWith('.')));
  const [first] = files;
  const root = first?.name.includes('/') ? first.name.slice(0, first.name.indexOf('/')) : null;
  if (root !== null && files.every(({ name }) => name.startsWith(`${root}/`))) {
    const inside = files.map((file) => ({ name: file.name.slice(root.length + 1), bytes: () => file.bytes() }));
    return { name: root, files: inside };
  }
  return { name: files.length === 1 && first ? first.name : `${files.length} files`, files };
}
