import { basename, resolve } from 'node:path';
import type { Job } from '../base/job.ts';
import { synthetic } from '../data/synthetic.ts';
import type { DataSet } from '../data/types.ts';
import { calibrate } from '../engine/calibrate.ts';
import { openData } from '../engine/data.ts';
import { drawnData, isDrawn } from '../engine/train/drawn.ts';
import type { Fidelity, Judgement } from '../engine/fidelity.ts';
import { UsageError, type Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { fileAt, filesAt } from './data-files.ts';
import { keyValues } from './options.ts';
import type { Output } from './output.ts';
import type { CommandStudio } from './studio.ts';

const SYNTHETIC_COUNT = 100;

/** How a data set is read, beside its path. */
export const READING: Command['options'] = {
  labels: { type: 'string', value: 'FILE', help: 'classes of the samples: idx, npy, csv or json' },
  tokenizer: {
    type: 'string',
    value: 'bytes|characters|FILE',
    help: 'how text becomes ids; FILE: tokenizer.json, or as of llama2.c (bytes)',
  },
  set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'change a field of the preprocessing' },
};

/** A folder of images or `.pb`, an idx, `.npy`, `.npz`, csv or text file, or by name what is made here. */
export async function openFrom(path: string, args: Arguments): Promise<DataSet> {
  if (path === 'synthetic')
    return synthetic(SYNTHETIC_COUNT, args.number('seed', { min: 0, max: 2 ** 31, integer: true }) ?? 0);
  if (isDrawn(path)) return drawnData(path, 'train');
  const [labels, tokenizer] = [args.text('labels'), args.text('tokenizer')];
  return openData(basename(resolve(path)), filesAt(path), {
    ...(labels && { labels: fileAt(labels) }),
    ...(tokenizer && {
      tokenizer: tokenizer === 'bytes' || tokenizer === 'characters' ? tokenizer : fileAt(tokenizer),
    }),
  });
}

/** How a command calibrates. */
export const CALIBRATING: Command['options'] = {
  data: { type: 'string', value: 'D', help: 'inputs to look at activations on; see `whittle data`' },
  samples: { type: 'string', value: 'N', help: 'how many of them are taken (64)' },
  ...READING,
};

const SAMPLES = 64;

/**
 * Gives the studio the data that `--data` names; without it, inputs are made up where they are needed. Returns other
 * samples to judge the result by; null: there are none.
 */
export async function calibrateFrom(
  args: Arguments,
  studio: CommandStudio,
  output: Output,
  job: Job,
): Promise<Judgement | null> {
  const path = args.text('data');
  const samples = args.number('samples', { min: 1, max: 100_000, integer: true });
  const changes = keyValues(args);
  if (!path) {
    if (samples !== null || Object.keys(changes).length > 0) {
      throw new UsageError('--samples and --set say how data are read: they need --data.');
    }
    return null;
  }
  // Inputs with a default may have been frozen since.
  const inputs = studio.document().stops.at(-1)?.summary.inputs ?? [];
  const dataSet = await openFrom(path, args);
  const options = { changes, samples: samples ?? SAMPLES, seed: 1 };
  const { calibration, judgement, preprocess, notes } = await calibrate(dataSet, inputs, options, job);
  studio.setCalibration(calibration);
  output.note(
    `Calibrated on ${calibration.samples} of ${dataSet.count} samples of ${dataSet.name}: ${JSON.stringify(preprocess)}`,
  );
  for (const note of notes) output.note(note);
  return judgement;
}

/** What was found on other samples than those it was calibrated on. */
export function fidelityLines({ runs, outputs, accuracy }: Fidelity): string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    ...outputs.map(
      ({ name, cosine, kl, agreement }) =>
        `on ${runs} other samples  ${name}: cosine ${cosine.toFixed(4)}, KL ${kl.toFixed(4)}, the same top class on ${percent(agreement)}`,
    ),
    ...(accuracy ? [`accuracy  ${percent(accuracy.before)} → ${percent(accuracy.after)}`] : []),
  ];
}
