import { sha256Of } from '../../engine/artifacts.ts';
import type { RuntimePort } from '../../engine/ports.ts';
import type { Stop } from '../../engine/document.ts';
import type { CheckpointStore } from '../../engine/train/checkpoint.ts';
import type { TrainControl } from '../../engine/train/control.ts';
import { withConstants, type PreparedData } from '../../engine/train/desk.ts';
import { dataHash } from '../../engine/train/how.ts';
import { batchFree, type TrainData } from '../../engine/train/samples.ts';
import { writeModel } from '../../onnx/write.ts';
import { trainSupernet, type SupernetJob } from './train.ts';
import type { SupernetRequest, SupernetResult } from './types.ts';

interface Given {
  readonly data: PreparedData;
  readonly judges: PreparedData | null;
  readonly request: SupernetRequest;
}

const fed = ({ summary }: Stop, { dataSet, preprocess }: PreparedData): TrainData => ({
  dataSet,
  preprocess,
  inputs: batchFree(summary.inputs),
});

/** Tells a training from all others: a checkpoint of one that differs in model, data or request is none of it. */
export async function supernetKey(stop: Stop, { data, request }: Pick<Given, 'data' | 'request'>): Promise<string> {
  const { threads: _, ...asked } = request;
  const model = await sha256Of(writeModel(withConstants(stop.model)));
  return JSON.stringify([model, await dataHash(fed(stop, data)), asked]);
}

/** A stop of a recipe, trained as a supernet: the model as a file. Throws as `trainSupernet` does. */
export async function supernetFile(
  stop: Stop,
  { data, judges, request }: Given,
  port: RuntimePort,
  job: SupernetJob,
  more: { readonly control?: TrainControl; readonly store?: CheckpointStore | null } = {},
): Promise<{ readonly result: SupernetResult; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const key = await supernetKey(stop, { data, request });
  const outcome = await trainSupernet(
    {
      model: withConstants(stop.model),
      data: fed(stop, data),
      judges: judges && fed(stop, judges),
      ports: stop.summary.inputs,
      request,
      key,
    },
    port,
    job,
    more,
  );
  return { result: outcome.result, bytes: writeModel(outcome.model) };
}
