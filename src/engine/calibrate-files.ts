import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import {
  summarize,
  summarizeLabels,
  summarizeSample,
  type LabelSummary,
  type TensorSummary,
} from '../data/describe.ts';
import { prepared } from '../data/feeds.ts';
import type { Preprocess } from '../data/preprocess.ts';
import type { DataFile, DataSet, InputPort } from '../data/types.ts';
import { calibrate, type Calibrated } from './calibrate.ts';
import { openData } from './data.ts';

/** Files to calibrate on, and how they are to be used. */
export interface CalibrationFiles {
  readonly files: readonly DataFile[];
  /** The class of each sample; null: none are known. */
  readonly labels: DataFile | null;
  /** At most so many samples are used, and at most half of all: others are left to judge by. */
  readonly samples: number;
  /** Fields of the proposed preprocessing that are set by hand. */
  readonly changes: Readonly<Record<string, Json>>;
}

/** What the data are, and how the model is fed with them. */
export interface CalibrationView {
  readonly name: string;
  readonly kind: DataSet['kind'];
  /** Samples that there are, those that are calibrated on, and others that the result is judged by. */
  readonly count: number;
  readonly used: number;
  readonly judged: number;
  /** The first sample as it lies in the files. */
  readonly sample: readonly TensorSummary[];
  /** What the first run feeds the model with. */
  readonly feeds: readonly TensorSummary[];
  readonly labels: LabelSummary | null;
  readonly preprocess: Preprocess;
  /** What was chosen where the model leaves it open. */
  readonly notes: readonly string[];
}

/** The draw of samples, as the command line has it: a ranking can be made again there. */
const SEED = 1;

/** Opens data, proposes how the inputs are fed with them, and makes the feeds. Throws as each of these does. */
export async function calibrateFiles(
  { files, labels, samples, changes }: CalibrationFiles,
  inputs: readonly InputPort[],
  job: Job,
): Promise<Pick<Calibrated, 'calibration' | 'judgement'> & { readonly view: CalibrationView }> {
  job.progress({ stage: 'Reading the data' });
  await job.checkpoint();
  const { name, files: inside } = withoutRoot(files);
  const dataSet = await openData(name, inside, labels ? { labels } : {});
  const options = { changes, samples, seed: SEED };
  const { calibration, judgement, preprocess, notes, judged } = await calibrate(dataSet, inputs, options, job);
  const ready = prepared(dataSet, preprocess);
  const view: CalibrationView = {
    name,
    kind: ready.kind,
    count: ready.count,
    used: calibration.samples,
    judged,
    sample: summarizeSample(await ready.sample(0)),
    feeds: Object.entries(calibration.feeds[0] ?? {}).map(([input, tensor]) => summarize(input, tensor as never)),
    labels: summarizeLabels(ready),
    preprocess,
    notes,
  };
  return { calibration, judgement, view };
}

/** What the data are called, and the files without the folder that all of them lie in; hidden ones are left out. */
export function withoutRoot(all: readonly DataFile[]): { readonly name: string; readonly files: readonly DataFile[] } {
  const files = all.filter(({ name }) => !name.split('/').some((part) => part.startsWith('.')));
  const [first] = files;
  const root = first?.name.includes('/') ? first.name.slice(0, first.name.indexOf('/')) : null;
  if (root !== null && files.every(({ name }) => name.startsWith(`${root}/`))) {
    const inside = files.map((file) => ({ name: file.name.slice(root.length + 1), bytes: () => file.bytes() }));
    return { name: root, files: inside };
  }
  return { name: files.length === 1 && first ? first.name : `${files.length} files`, files };
}
