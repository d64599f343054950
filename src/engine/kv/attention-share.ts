import { analyze } from '../../analysis/analyze.ts';
import type { Job } from '../../base/job.ts';
import { tensorType, type ValueId } from '../../ir/types.ts';
import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { attentionsOf } from '../../kv/report/attentions.ts';
import { writeModel } from '../../onnx/write.ts';
import { wholeFeeds } from '../../generate/inputs.ts';
import { noFacts } from '../../rewrite/facts.ts';
import type { HostTensor } from '../../runtime/types.ts';
import type { RuntimePort } from '../ports.ts';
import { policyOf } from '../../kv/policy.ts';

/** How much of the attention of late positions rests on the first ones (Xiao et al. 2023, arXiv:2309.17453). */
export interface AttentionShares {
  readonly sinks: number;
  /** Positions that look, from the one before to the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Mean weight on the first `sinks` positions, a layer each; null: its scores are not read. */
  readonly layers: readonly (number | null)[];
  /** What they would have if all positions that are seen had the same. */
  readonly even: number;
}

/** Weights are as large as the square of the text. */
const MOST = 512;

/** Of a decoder that sees all of a text; null: attention is not written out, or it keeps only some of it. */
export async function attentionShares(
  model: Model,
  ids: readonly number[],
  sinks: number,
  port: RuntimePort,
  job: Job,
): Promise<AttentionShares | null> {
  const io = readDecoderIo(model);
  if (io.cache.length > 0 && policyOf(model).kind !== 'dense') return null;
  const length = Math.min(ids.length, MOST);
  const from = Math.floor(length / 2);
  const shown = model.clone();
  const names = showWeights(shown);
  if (names.length === 0 || from <= sinks) return null;
  job.progress({ stage: 'Looking at attention' });
  await job.checkpoint();
  const parcel = { name: 'attention', bytes: writeModel(shown) };
  const results = await port.evaluate(parcel, wholeFeeds(io, ids.slice(0, length)), job);
  const layers = names.map((name) => shareOf(results[name], length, from, sinks));
  let even = 0;
  for (let at = from; at < length; at++) even += sinks / (at + 1) / (length - from);
  return { sinks, from, to: length, layers, even };
}

/** Makes the weights of each attention outputs; their names. */
function showWeights(model: Model): string[] {
  const context = {
    model,
    analysis: analyze(model),
    backend: 'wasm',
    facts: noFacts,
    options: {},
    decided: new Map(),
  } as const;
  const weights = attentionsOf(context).found.flatMap(({ plan }): ValueId[] => {
    const output = plan?.softmax.outputs[0] ?? null;
    return output === null ? [] : [output];
  });
  for (const id of weights) {
    model.getValue(id).type ??= tensorType('float32', null);
    if (!model.isGraphOutput(id)) model.graph.outputs.push(id);
  }
  return weights.map((id) => model.getValue(id).name);
}

/** Of `[…, queries, keys]`. */
function shareOf(tensor: HostTensor | undefined, length: number, from: number, sinks: number): number | null {
  if (!tensor || !(tensor.data instanceof Float32Array)) return null;
  const { shape, data } = tensor;
  if (shape.at(-1) !== length || shape.at(-2) !== length) return null;
  const maps = data.length / (length * length);
  let sum = 0;
  for (let map = 0; map < maps; map++) {
    for (let query = from; query < length; query++) {
      const start = (map * length + query) * length;
      for (let key = 0; key < sinks; key++) sum += data[start + key]!;
    }
  }
  return sum / (maps * (length - from));
}
