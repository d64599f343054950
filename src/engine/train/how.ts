import type { JsonObject } from '../../base/json.ts';
import { sha256Of } from '../artifacts.ts';
import { batchFree, Batches, type TrainData } from './samples.ts';
import type { TrainRequest, TrainResult } from './types.ts';

/** Samples that data are known by. */
const KNOWN_BY = 64;

/** SHA-256 of the first samples as they are fed: other data, or others' preprocessing, have another one. */
export async function dataHash(data: TrainData): Promise<string> {
  const { dataSet, inputs } = data;
  const indices = Array.from({ length: Math.min(KNOWN_BY, dataSet.count) }, (_, index) => index);
  const feeds = await new Batches({ ...data, inputs: batchFree(inputs) }, null).feeds(indices, 0);
  const parts = Object.values(feeds).map(({ data: each }) => {
    return ArrayBuffer.isView(each) ? new Uint8Array(each.buffer, each.byteOffset, each.byteLength) : new Uint8Array(0);
  });
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return sha256Of(bytes);
}

/** How weights were learnt, as a step of a recipe tells it: enough to train them again. */
export function howOf(
  request: TrainRequest,
  result: TrainResult,
  teacher: string | null,
  data: { readonly name: string; readonly count: number; readonly sha256: string },
): JsonObject {
  const best = result.evaluations[result.best];
  return {
    ...(teacher === null ? {} : { teacher }),
    steps: result.steps,
    data,
    // Plain objects through and through.
    request: JSON.parse(JSON.stringify(request)) as JsonObject,
    kept: JSON.parse(JSON.stringify(best ?? null)) as JsonObject | null,
  };
}
