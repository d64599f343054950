import { measureAccuracy, type AccuracySubject } from '../engine/accuracy/measure.ts';
import type { AccuracyResult } from '../engine/accuracy/types.ts';
import { parcelOf } from '../engine/export-files.ts';
import type { RuntimePort } from '../engine/ports.ts';
import type { Job } from '../base/job.ts';
import type { Json } from '../base/json.ts';
import { accuracyRequest, openAccuracyFrom } from './accuracy-data.ts';
import type { Arguments } from './arguments.ts';
import type { CommandStudio } from './studio.ts';

/**
 * The original and the result of a recipe on the same samples, on WASM. Hears `--samples`, `--label-offset`, `--threads`
 * where a command has them, and what names labels and preprocessing. Throws as reading the data does.
 *
 * @param path of the samples, or a name such as `digits`
 * @param madeUp how many samples of `synthetic` there are where `--samples` does not say
 * @param fields changed fields of the preprocessing; absent: those of `--set`
 */
export async function accuracyOfResult(
  studio: CommandStudio,
  path: string,
  madeUp: number,
  args: Arguments,
  port: RuntimePort,
  job: Job,
  fields?: Readonly<Record<string, Json>>,
): Promise<AccuracyResult> {
  const subject = (index: number, name: string): AccuracySubject => {
    const stop = studio.stopOf(index);
    return { name, inputs: stop.summary.inputs, parcel: () => parcelOf(stop, name) };
  };
  const original = subject(0, 'Original');
  const result = subject(studio.document().cursor, 'Result');
  const data = await openAccuracyFrom(path, args, original, madeUp, fields);
  return measureAccuracy([original, result], data, accuracyRequest(args), port, job);
}
