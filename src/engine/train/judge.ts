import { analyze } from '../../analysis/analyze.ts';
import { summarize } from '../../analysis/summary.ts';
import type { Job } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import { changePreprocess } from '../../data/change.ts';
import { prepared } from '../../data/feeds.ts';
import { preprocessFor } from '../../data/propose.ts';
import type { DataSet } from '../../data/types.ts';
import type { Model } from '../../ir/model.ts';
import type { RuntimePort } from '../ports.ts';
import { answerOf } from './answers.ts';
import { evaluation, said } from './evaluate.ts';
import { batchFree } from './samples.ts';
import type { Evaluation } from './types.ts';

/**
 * What samples say of a model that nobody trains: all of them, or the first `count`. Throws as preprocessing and runtime
 * do.
 *
 * @param changes fields of the proposed preprocessing that are set by hand
 */
export async function judged(
  model: Model,
  dataSet: DataSet,
  { changes = {}, count = Infinity }: { changes?: Readonly<Record<string, Json>>; count?: number },
  port: RuntimePort,
  job: Job,
): Promise<Evaluation> {
  const { inputs } = summarize(model, analyze(model), 0);
  const { preprocess: proposed } = await preprocessFor(inputs, dataSet);
  const preprocess = changePreprocess(proposed, changes);
  const data = { dataSet: prepared(dataSet, preprocess), preprocess, inputs: batchFree(inputs) };
  const indices = Array.from({ length: Math.min(count, data.dataSet.count) }, (_, index) => index);
  const heldOut = { data, indices, ports: inputs, text: dataSet.kind === 'text' };
  const { said: own, tokens } = await said({ model, answer: answerOf(model) }, heldOut, port, 1, job);
  return evaluation(0, heldOut, own, null, tokens);
}
