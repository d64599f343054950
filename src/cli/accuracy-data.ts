import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { changePreprocess } from '../data/change.ts';
import { preprocessFor } from '../data/propose.ts';
import { synthetic } from '../data/synthetic.ts';
import { openAccuracyData } from '../engine/accuracy/data.ts';
import type { AccuracyData, AccuracySubject } from '../engine/accuracy/measure.ts';
import { drawnData, isDrawn } from '../engine/train/drawn.ts';
import type { Arguments } from './arguments.ts';
import { fileAt, filesAt } from './data-files.ts';
import { keyValues } from './options.ts';

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
