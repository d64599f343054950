import type { Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { ChannelSpread, Facts } from '../../rewrite/facts.ts';
import { MEAN, STILL, VARIANCE } from './statistics.ts';

/** A batch normalization as it was in the model that was opened, and which of its channels are left. */
export interface Reference {
  /** What it normalizes there. */
  readonly x: ValueId;
  /** [channels that are left] each: their index there, and what it held for them. */
  readonly kept: readonly number[];
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Null where it was made since, or where its channels cannot be followed. */
export function referenceOf(model: Model, norm: Node, channels: number, original: Facts['original']): Reference | null {
  const before = original?.model.nodes.get(norm.id);
  if (!original || before?.opType !== norm.opType) return null;
  const [x, now] = [before.inputs[0], norm.inputs[0]];
  const [means, variances] = [MEAN, VARIANCE].map((index) => numbersAt(original, before.inputs[index]));
  if (!x || !now || !means || means.length !== variances?.length) return null;
  const kept = keptOf(model, now, x, channels, means.length);
  if (!kept) return null;
  const left = (numbers: ArrayLike<number>): Float64Array => Float64Array.from(kept, (index) => numbers[index] ?? 0);
  return { x, kept, mean: left(means), variance: left(variances) };
}

function numbersAt(
  { model, analysis }: NonNullable<Facts['original']>,
  value: ValueId | null | undefined,
): ArrayLike<number> | null {
  if (value === null || value === undefined) return null;
  return (model.graph.initializers.get(value) ?? analysis.constant(value))?.numbers() ?? null;
}

/** Indices of the channels of `was` that are those of `now`, along axis 1. */
function keptOf(model: Model, now: ValueId, was: ValueId, channels: number, before: number): readonly number[] | null {
  const { origin } = model.getValue(now);
  if (origin?.relation === 'sliced') {
    return origin.value === was && origin.axis === 1 && origin.kept.length === channels ? origin.kept : null;
  }
  const isSame = origin === null ? now === was : origin.relation === 'same' && origin.value === was;
  return isSame && channels === before ? Array.from({ length: channels }, (_, i) => i) : null;
}

/**
 * What the reference held, moved as the same data moved: by the difference of means, and the quotient of variances. So
 * data that are unlike those of the training change nothing where nothing was pruned.
 */
export function moved(reference: Reference, before: ChannelSpread, after: ChannelSpread): ChannelSpread {
  const { kept, mean, variance } = reference;
  return {
    count: after.count,
    mean: mean.map((held, i) => held + (after.mean[i] ?? 0) - (before.mean[kept[i] ?? 0] ?? 0)),
    variance: variance.map((held, i) => {
      const was = before.variance[kept[i] ?? 0] ?? 0;
      return was < STILL * held ? held : (held * (after.variance[i] ?? 0)) / was;
    }),
  };
}

/** Of the deviation and of the variance: less is noise of the arithmetic. */
const NOISE = 1e-4;

/** Whether the channels that are left get what they got in the model that was opened. */
export function standsStill({ kept }: Reference, before: ChannelSpread, after: ChannelSpread): boolean {
  return kept.every((index, i) => {
    const [mean, variance] = [before.mean[index] ?? 0, before.variance[index] ?? 0];
    const [shift, spread] = [(after.mean[i] ?? 0) - mean, (after.variance[i] ?? 0) - variance];
    return Math.abs(shift) <= NOISE * Math.sqrt(variance) && Math.abs(spread) <= NOISE * variance;
  });
}
