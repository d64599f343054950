import type { Job } from '../base/job.ts';
import type { BenchRequest, BenchResult, LoadOptions } from '../bench/types.ts';
import { writeModel } from '../onnx/write.ts';
import type { CompareSide } from './compare-types.ts';
import { withInputNames } from './interface.ts';
import type { OpenDocument } from './opened.ts';
import type { Parcel, RuntimePort } from './ports.ts';
import { loadOf } from './tune.ts';
import { inputSources } from './verify-lab/ports.ts';

/** What is measured; `b` null: the first alone. */
export interface Sides {
  readonly a: CompareSide;
  readonly b: CompareSide | null;
}

/** Where a model is kept: its document, and the stop in it. */
export interface Place {
  readonly document: OpenDocument;
  readonly index: number;
}

const stopAt = ({ document, index }: Place) => document.stop(index);

/** How the runtime loads a model, as its recipe says. */
export const loadAt = (place: Place): LoadOptions => loadOf(stopAt(place).session);

/** The second model as it is timed beside the first, on the same inputs: under the names that they have there. */
function beside(first: Place, second: Place): Parcel {
  const { document, index } = second;
  if (first.document === document) return document.timed(first.index, index);
  const inputs = inputSources(stopAt(first), stopAt(second));
  if (inputs.every(({ name, source }) => name === source)) return document.parcel(index);
  return { name: document.file.name, bytes: writeModel(withInputNames(stopAt(second).model, { inputs })) };
}

/**
 * Times a model, or two beside each other, each loaded as its recipe says. Models are written for each measurement anew:
 * the receiver may take the bytes over.
 */
export function timer(
  first: Place,
  second: Place | null,
  port: RuntimePort,
): (request: BenchRequest, job: Job) => Promise<BenchResult> {
  return async (request, job) => {
    const load = (place: Place, chosen: keyof NonNullable<BenchRequest['loads']>) => ({
      ...loadAt(place),
      ...request.loads?.[chosen],
    });
    const loads = { a: load(first, 'a'), b: load(second ?? first, 'b') };
    const other = second && beside(first, second);
    return port.bench(first.document.parcel(first.index), other, { ...request, loads }, job);
  };
}
