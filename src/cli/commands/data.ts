import {
  summarize,
  summarizeLabels,
  summarizeSample,
  type LabelSummary,
  type TensorSummary,
} from '../../data/describe.ts';
import { feedsOf, prepared } from '../../data/feeds.ts';
import type { Proposal } from '../../data/preprocess.ts';
import { preprocessFor } from '../../data/propose.ts';
import type { DataSet } from '../../data/types.ts';
import { changePreprocess } from '../../data/change.ts';
import type { Json } from '../../base/json.ts';
import { formatShape } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { nodePort } from '../../engine/node.ts';
import { UsageError } from '../arguments.ts';
import { openFrom, READING } from '../open-data.ts';
import { keyValues } from '../options.ts';
import type { Command } from '../command.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';

/** What a model is fed with, and that it runs. */
interface Fed extends Proposal {
  /** Samples once the preprocessing has cut them. */
  readonly samples: number;
  readonly feeds: readonly TensorSummary[];
  readonly outputs: readonly TensorSummary[];
}

async function feed(dataSet: DataSet, path: string, changes: Readonly<Record<string, Json>>, job: Job): Promise<Fed> {
  const { studio, document } = await openStudio(path, job);
  const inputs = document.stops[0]?.summary?.inputs ?? [];
  const { preprocess: proposed, notes } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, changes);
  const ready = prepared(dataSet, preprocess);
  for await (const { feeds } of feedsOf(ready, [0], inputs, preprocess)) {
    const results = await nodePort().evaluate(studio.exportModel(), feeds, job);
    return {
      preprocess,
      notes,
      samples: ready.count,
      feeds: Object.entries(feeds).map(([name, tensor]) => summarize(name, tensor)),
      outputs: Object.entries(results).map(([name, tensor]) => summarize(name, tensor as never)),
    };
  }
  return { preprocess, notes, samples: 0, feeds: [], outputs: [] };
}

const round = (value: number): string => String(Number(value.toPrecision(6)));

const tensorRow = (label: string, { name, dtype, shape, statistics }: TensorSummary): string[] => [
  label,
  [name, dtype, formatShape(shape)].filter(Boolean).join(' '),
  statistics
    ? `${round(statistics.min)} to ${round(statistics.max)}, mean ${round(statistics.mean)}, std ${round(statistics.std)}`
    : '',
];

function labelRow({ classes, largest, most, fewest, names }: LabelSummary): string[] {
  const named = names?.length ? `: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}` : '';
  return ['labels', `${classes} classes, the largest ${largest}`, `${fewest} to ${most} samples each${named}`];
}

export const data: Command = {
  name: 'data',
  summary: 'Describes a data set, and how a model would be fed with it.',
  positionals: ['D'],
  options: {
    model: { type: 'string', value: 'MODEL', help: 'propose preprocessing for this model, and run one sample' },
    ...READING,
    seed: { type: 'string', value: 'N', help: 'of `synthetic` data (0)' },
  },
  examples: ['whittle data digits --model model.onnx'],
  async run(args, output, job) {
    const changes = keyValues(args);
    const model = args.text('model');
    if (!model && Object.keys(changes).length > 0)
      throw new UsageError('--set changes what a model is fed with: it needs --model.');
    const dataSet = await openFrom(args.positionals[0] ?? '', args);
    const sample = summarizeSample(await dataSet.sample(0));
    const labels = summarizeLabels(dataSet);
    const fed = model ? await feed(dataSet, model, changes, job) : null;
    const text = dataSet.kind === 'text' ? dataSet.text : null;
    const { name, kind, count } = dataSet;
    const rows = [
      ['data', name, ''],
      ['kind', kind, ''],
      ['samples', String(fed?.samples ?? count), ''],
      ...(text ? [['tokens', `${text.tokens} of ${text.tokenizer}`, `ids below ${text.vocabulary}`]] : []),
      ...sample.map((each) => tensorRow('first sample', each)),
      ...(labels ? [labelRow(labels)] : []),
      ...(fed?.feeds ?? []).map((each) => tensorRow('feeds', each)),
      ...(fed?.outputs ?? []).map((each) => tensorRow('output', each)),
    ];
    const lines = fed ? ['', JSON.stringify(fed.preprocess, null, 2), '', ...fed.notes] : [];
    output.result({ name, kind, count, sample, labels, text, model: fed }, [...table(rows), ...lines]);
    return 0;
  },
};
