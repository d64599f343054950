import { basename } from 'node:path';
import { formatError, formatInteger, formatShare } from '../../base/format.ts';
import { changedCsv } from '../../report/accuracy-csv.ts';
import { measureAccuracy, type AccuracySubject } from '../../engine/accuracy/measure.ts';
import type { AccuracyRequest, AccuracyResult, ModelAccuracy, Proportion } from '../../engine/accuracy/types.ts';
import { nodePort } from '../../engine/node.ts';
import type { Job } from '../../base/job.ts';
import { accuracyRequest, openAccuracyFrom, SAMPLE_OPTIONS } from '../accuracy-data.ts';
import { UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';
import { writeFile } from '../write-file.ts';

const LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;

const within = ({ share, interval }: Proportion): string =>
  `${formatShare(share)} (${interval.map((each) => formatShare(each)).join(' to ')})`;

function modelRow({ name, metrics }: ModelAccuracy): string[] {
  switch (metrics.kind) {
    case 'classification':
      return [
        name,
        `top-1 ${within(metrics.top1)}`,
        metrics.top5 ? `top-5 ${within(metrics.top5)}` : '',
        `cross entropy ${metrics.crossEntropy.toFixed(4)}`,
        `calibration error ${formatShare(metrics.calibrationError)}`,
      ];
    case 'regression':
      return [
        name,
        `RMSE ${formatError(metrics.rmse)}`,
        `MAE ${formatError(metrics.mae)}`,
        `largest ${formatError(metrics.largest)}`,
        metrics.r2 === null ? '' : `R² ${metrics.r2.toFixed(4)}`,
        metrics.own === null ? '' : `own error ${formatError(metrics.own)}`,
      ];
    case 'agreement':
      return [name, 'no labels'];
  }
}

function pairLines({ pair, samples }: AccuracyResult): string[] {
  if (!pair) return [];
  const { agreement, cosine, kl, fixed, broken, p } = pair;
  const alike = agreement === null ? '' : `the same top class on ${formatShare(agreement)}, KL ${kl?.toFixed(4)}, `;
  const test =
    fixed === null || broken === null || p === null
      ? []
      : [
          `of ${formatInteger(samples)} samples ${fixed} are right only in the second, ${broken} only in the first: p ${p.toPrecision(2)}, ${p < 0.05 ? 'settled' : 'not settled'}`,
        ];
  return [`${alike}cosine ${cosine.toFixed(6)}`, ...test];
}

/** The pairs that are confused most. */
function confusionLines({ models, labelNames }: AccuracyResult): string[] {
  const [{ metrics } = { metrics: null }] = models;
  if (metrics?.kind !== 'classification') return [];
  const name = (label: number): string => labelNames?.[label] ?? String(label);
  const wrong = metrics.confusion.filter(({ label, predicted }) => label !== predicted);
  const most = wrong.toSorted((a, b) => b.count - a.count).slice(0, 5);
  return most.map(({ label, predicted, count }) => `${name(label)} taken for ${name(predicted)}: ${count}`);
}

async function subjectAt(path: string, job: Job): Promise<AccuracySubject> {
  const { studio, document } = await openStudio(path, job);
  const inputs = document.stops[0]?.summary.inputs ?? [];
  return { name: basename(path), inputs, parcel: () => studio.exportModel() };
}

/** Samples that are made up where nobody says how many. */
const SYNTHETIC = 100;

export const accuracy: Command = {
  name: 'accuracy',
  summary: 'What a model gets right on labelled data, or how it agrees with another on any.',
  positionals: ['MODEL'],
  options: {
    data: {
      type: 'string',
      value: 'D',
      help: 'samples: images, idx, npy, npz, csv, ONNX test data, digits, synthetic',
    },
    ...SAMPLE_OPTIONS,
    against: { type: 'string', value: 'ORIGINAL', help: 'another model, sample by sample' },
    set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'change a field of the preprocessing' },
    output: { type: 'string', value: 'NAME', help: 'the output that answers (the first that can)' },
    metric: { type: 'string', value: 'FORMULA', help: 'an error of outputs y and targets t: mean(abs(y - t))' },
    changed: { type: 'string', value: 'FILE', writes: true, help: 'write the samples whose top class changed as CSV' },
    backend: { type: 'string', value: 'wasm|native', help: 'native: onnxruntime-node, where it is installed (wasm)' },
    level: { type: 'string', value: LEVELS.join('|'), help: "the runtime's own optimization on load (all)" },
    threads: { type: 'string', value: 'N', help: 'threads (1)' },
  },
  examples: ['whittle accuracy model.onnx --data digits --samples 100'],
  async run(args, output, job) {
    const path = args.text('data');
    if (path === null) throw new UsageError('--data is missing: the samples to run.');
    const request: AccuracyRequest = {
      ...accuracyRequest(args),
      output: args.text('output'),
      formula: args.text('metric'),
      backend: args.choice('backend', ['wasm', 'native']) ?? 'wasm',
      level: args.choice('level', LEVELS) ?? 'all',
    };
    const model = await subjectAt(args.positionals[0] ?? '', job);
    const against = args.text('against');
    const original = against === null ? null : await subjectAt(against, job);
    const data = await openAccuracyFrom(path, args, original ?? model, SYNTHETIC);
    for (const note of data.notes) output.note(note);
    const subjects = original ? ([original, model] as const) : ([model, null] as const);
    const result = await measureAccuracy(subjects, data, request, nodePort(), job);
    const saveTo = args.text('changed');
    if (saveTo !== null) writeFile(saveTo, changedCsv(result));
    const { metrics } = result.models.at(-1) ?? { metrics: null };
    const found = metrics?.kind === 'classification' ? metrics : null;
    // The contract: shares of the model that was named; the rest stands beside them.
    const told = {
      top1: found?.top1.share ?? null,
      top5: found?.top5?.share ?? null,
      interval: found?.top1.interval ?? null,
    };
    const lines = [
      `${formatInteger(result.samples)} of ${formatInteger(result.count)} samples of ${result.data}, output ${result.output}`,
      ...table(result.models.map(modelRow)),
      ...pairLines(result),
      ...confusionLines(result),
      ...result.notes.filter((note) => !data.notes.includes(note)),
    ];
    output.result({ ...told, preprocess: data.preprocess, ...result }, lines);
    return 0;
  },
};
