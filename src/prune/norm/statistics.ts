import { fromBase64, toBase64 } from '../../base/base64.ts';
import { CodedError } from '../../base/error.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { ChannelSpread } from '../../rewrite/facts.ts';
import { eagerly } from '../../rewrite/weights.ts';

/** Inputs of BatchNormalization. */
export const MEAN = 3;
export const VARIANCE = 4;

/** [channels] each. */
export interface Statistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** Below this share of the variance that is stored, a channel stands still: it tells nothing of how it is spread. */
export const STILL = 1e-6;

/** What a batch normalization is to hold; a channel that the data never move keeps its variance. */
export function statisticsOf({ mean, variance }: ChannelSpread, stored: ArrayLike<number>): Statistics {
  const moving = (each: number, i: number): number => {
    const old = stored[i] ?? 0;
    return each < STILL * old ? old : each;
  };
  return { mean: Float32Array.from(mean), variance: Float32Array.from(variance, moving) };
}

/** As they stand in a recipe: float32, little-endian, base64, with the elements a channel that they were taken from. */
export const encodeStatistics = ({ mean, variance }: Statistics, elements: number): Json => ({
  elements,
  mean: toBase64(mean),
  variance: toBase64(variance),
});

/** Throws `replay-failed` where they are of another number of channels. */
export function decodeStatistics(decision: Json, channels: number, label: string): Statistics {
  const { mean, variance } = (decision ?? {}) as JsonObject;
  const [first, second] = [mean, variance].map((text) => fromBase64(text, 4 * channels));
  if (!first || !second) {
    const what = `The mean and variance that were decided for ${label} are not of its ${channels} channels.`;
    throw new CodedError('replay-failed', what, { node: label });
  }
  return { mean: new Float32Array(first), variance: new Float32Array(second) };
}

/** Puts them in place of those that a batch normalization holds; constants that others read too stay as they are. */
export function setStatistics(model: Model, norm: Node, before: readonly Tensor[], after: Statistics): void {
  [after.mean, after.variance].forEach((numbers, i) => {
    const tensor = before[i];
    if (tensor) replace(model, norm, MEAN + i, eagerly(tensor.dtype, tensor.shape, numbers));
  });
}

function replace(model: Model, norm: Node, index: number, tensor: Tensor): void {
  const value = model.getValue(norm.inputs[index] as ValueId);
  const { producer } = value;
  if (producer === null && value.uses.length === 1 && !model.isGraphOutput(value.id)) {
    return model.setInitializer(value.id, tensor);
  }
  const own = model.addInitializer(model.graph, `${value.name}/${norm.name || norm.id}`, tensor);
  own.origin = { relation: 'new' };
  model.setInput(norm, index, own.id);
  if (producer !== null && !model.isUsed(value.id)) model.removeNode(producer.node);
}
