import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { changePreprocess } from '../data/change.ts';
import { preprocessFor } from '../data/propose.ts';
import { synthetic } from '../data/synthetic.ts';
import { openAccuracyData } from '../engine/accuracy/data.ts';
import type { AccuracyData, AccuracySubject } from '../engine/accuracy/measure.ts';
import type { AccuracyRequest } from '../engine/accuracy/types.ts';
import { drawnData, isDrawn } from '../engine/train/drawn.ts';
import type { Arguments, Options } from './arguments.ts';
import { fileAt, filesAt } from './data-files.ts';
import { keyValues } from './options.ts';

/** What goes with samples, wherever a command takes them. */
export const SAMPLE_OPTIONS = {
  labels: { type: 'string', value: 'L', help: 'classes of the samples: idx, npy, csv or json (folders of images)' },
  targets: { type: 'string', value: 'T', help: 'values to hold answers against: npy, npz or csv (output_N.pb)' },
  samples: { type: 'string', value: 'N', help: 'at most so many, drawn by a fixed seed (all)' },
  preprocess: { type: 'string', value: 'FILE', help: 'fields of the preprocessing as JSON' },
  'label-offset': {
    type: 'string',
    value: 'N',
    help: 'a class of the model less that of a label (0); --label-offset=-1',
  },
} as const satisfies Options;

/** What those options ask for, on WASM with all that the runtime does; of the first output that can answer. */
export const accuracyRequest = (args: Arguments): AccuracyRequest => ({
  samples: args.number('samples', { min: 1, max: 1e9, integer: true }),
  labelOffset: args.number('label-offset', { min: -1e6, max: 1e6, integer: true }) ?? 0,
  output: null,
  formula: null,
  backend: 'wasm',
  level: 'all',
  threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
});

/**
 * Samples by a path or a name, with labels or targets where options name them, ready for a model. Throws as reading and
 * preprocessing do.
 *
 * @param madeUp how many samples of `synthetic` there are where `--samples` does not say
 * @param fields changed fields of the preprocessing, beside those of `--preprocess`
 */
export async function openAccuracyFrom(
  path: string,
  args: Arguments,
  { inputs }: Pick<AccuracySubject, 'inputs'>,
  madeUp: number,
  fields: Readonly<Record<string, Json>> = keyValues(args),
): Promise<AccuracyData> {
  if (isDrawn(path)) {
    const dataSet = drawnData(path, 'judge');
    const { preprocess, notes } = await preprocessFor(inputs, dataSet);
    return { dataSet, targets: null, preprocess: changePreprocess(preprocess, preprocessChanges(args, fields)), notes };
  }
  if (path === 'synthetic') {
    const dataSet = synthetic(args.number('samples', { min: 1, max: 1e6, integer: true }) ?? madeUp, 0);
    return { dataSet, targets: null, ...(await preprocessFor(inputs, dataSet)) };
  }
  const [labels, targets] = [args.text('labels'), args.text('targets')];
  const root = basename(resolve(path));
  const files = filesAt(path).map((file) => ({ name: `${root}/${file.name}`, bytes: () => file.bytes() }));
  return openAccuracyData(
    {
      files,
      labels: labels === null ? null : fileAt(labels),
      targets: targets === null ? null : fileAt(targets),
      changes: preprocessChanges(args, fields),
    },
    inputs,
  );
}

function preprocessChanges(args: Arguments, changed: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  const path = args.text('preprocess');
  if (path === null) return changed;
  try {
    const { kind: _, ...fields } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Json>;
    return { ...fields, ...changed };
  } catch (error) {
    throw new CodedError('bad-file', `${path} is no preprocessing in JSON: ${(error as Error).message}.`);
  }
}
