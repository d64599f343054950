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

interface SupernetAsk {
  readonly data: PreparedData;
  readonly judges: PreparedData | null;
  readonly request: SupernetRequest;
}

/** A stop of a recipe, trained as a supernet: the model as a file. Throws as `trainSupernet` does. */
export async function supernetFile(
  { model, summary }: Stop,
  { data, judges, request }: SupernetAsk,
  port: RuntimePort,
  job: SupernetJob,
  more: { readonly control?: TrainControl; readonly store?: CheckpointStore | null } = {},
): Promise<{ readonly result: SupernetResult; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const start = withConstants(model);
  const given = ({ dataSet, preprocess }: PreparedData): TrainData => ({
    dataSet,
    preprocess,
    inputs: batchFree(summary.inputs),
  });
  const { threads: _, ...asked } = request;
  const key = JSON.stringify([await sha256Of(writeModel(start)), await dataHash(given(data)), asked]);
  const outcome = await trainSupernet(
    { model: start, data: given(data), judges: judges && given(judges), ports: summary.inputs, request, key },
    port,
    job,
    more,
  );
  return { result: outcome.result, bytes: writeModel(outcome.model) };
}
