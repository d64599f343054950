import type { ValueId } from '../../ir/types.ts';
import type { PassContext } from '../pass.ts';
import { sizeOfAtoms, type Axes } from './atoms.ts';
import { allows } from './causal.ts';
import { coverOf, type Cover, type Scores, type Stage } from './scores.ts';

/**
 * A fill that takes in every score that is added to it: x + f = f in float32 for |x| < 1e22, so that Where(c, x, f) and
 * x + Where(c, 0, f) are the same number, in rows without a kept score too. −∞ takes in everything.
 */
export const ABSORBS = -1e30;
/**
 * Stands in for a fill that is small beside what float32 holds (−10000): as far as exp(fill − max) underflows, the kept
 * scores decide alone either way, and in a row without a kept score all are equal either way.
 */
export const MASKED = -1e38;
/** exp(−104) is 0 in float32 (the smallest denormal is 2⁻¹⁴⁹ = e⁻¹⁰³·³). */
const UNDERFLOW = 104;

/** A tensor that lies over the scores: aligned at the end of `axes`. */
export interface Layer {
  readonly tensor: ValueId;
  readonly axes: Axes;
  readonly cover: readonly Cover[];
}

/** A step of the bias that is added to the scaled scores: f(0), where f is what the graph does to the scores. */
export type BiasStep =
  | { readonly kind: 'add'; readonly mask: Layer; readonly negative: boolean }
  | { readonly kind: 'where'; readonly condition: Layer; readonly keeps: boolean; readonly fill: number }
  | { readonly kind: 'scale'; readonly factor: number }
  | { readonly kind: 'floor'; readonly floor: number };

/** f(s) = scale·s + bias */
export interface Masking {
  readonly scale: number;
  readonly steps: readonly BiasStep[];
}

/** A proof that |scores|, without masks and scale, is at most the number; null: not proven. */
export type Bound = () => number | null;

/**
 * What is done to the scores as scale and bias; a clause where that would not give the same numbers.
 *
 * @param hides a fill that is taken to hide a score without proof, where whoever asks computes it the same way again
 */
export function maskingOf(
  context: PassContext,
  scores: Scores,
  dtype: string,
  bound: Bound,
  hides = -Infinity,
): Masking | string {
  let scale = 1;
  const steps: BiasStep[] = [];
  for (const [index, stage] of scores.stages.entries()) {
    if (stage.kind === 'move') continue;
    if (stage.kind === 'scale') {
      scale *= stage.factor;
      if (steps.length > 0) steps.push({ kind: 'scale', factor: stage.factor });
      continue;
    }
    if (stage.kind === 'floor') {
      if (stage.floor > ABSORBS) return `scores below ${stage.floor} are raised`;
      if (steps.length > 0) steps.push({ kind: 'floor', floor: stage.floor });
      continue;
    }
    const step = stepOf(context, scores, stage);
    if (typeof step === 'string') return step;
    if (step === null) continue;
    if (step.kind !== 'where' || absorbs(step.fill, dtype)) steps.push(step);
    else {
      if (dtype === 'float16')
        return `masked scores are replaced by ${step.fill}, and float16 has no number far below it`;
      const reason =
        step.fill <= hides ? null : smallFill(step.fill, scores.stages.slice(index + 1), steps, bound, scale);
      if (reason !== null) return reason;
      steps.push({ ...step, fill: MASKED });
    }
  }
  return { scale, steps };
}

const absorbs = (fill: number, dtype: string): boolean =>
  fill === -Infinity || (fill <= ABSORBS && dtype !== 'float16');

/** Null: the mask provably keeps every score. */
function stepOf(
  context: PassContext,
  scores: Scores,
  stage: Extract<Stage, { kind: 'add' | 'where' }>,
): BiasStep | null | string {
  const { axes } = stage;
  if (stage.kind === 'add') {
    const mask = layerOf(context, stage.mask, axes);
    return typeof mask === 'string' ? mask : { kind: 'add', mask, negative: stage.negative };
  }
  const { keeps, fill } = stage;
  const tensor = narrow(context, stage.condition);
  if (allows(context, tensor, keeps, sizeOfAtoms(scores.product.position) === 1)) return null;
  const condition = layerOf(context, tensor, axes);
  if (typeof condition === 'string') return condition;
  if (!(fill < 0)) return `masked scores are replaced by ${fill}, which a bias cannot do`;
  return { kind: 'where', condition, keeps, fill };
}

function layerOf(context: PassContext, tensor: ValueId, axes: Axes): Layer | string {
  const cover = coverOf(context, tensor, axes);
  return typeof cover === 'string' ? cover : { tensor, axes, cover };
}

/** A condition before it was expanded to the shape of the scores. */
function narrow(context: PassContext, condition: ValueId): ValueId {
  const { producer } = context.model.getValue(condition);
  const node = producer && context.model.getNode(producer.node);
  const input = node?.inputs[0] ?? null;
  return node?.domain === '' && node.opType === 'Expand' && input !== null ? input : condition;
}

/** Why a small fill cannot be told from `MASKED`'s effect; null: it cannot make a difference. */
function smallFill(
  fill: number,
  after: readonly Stage[],
  before: readonly BiasStep[],
  bound: Bound,
  scale: number,
): string | null {
  const words = `masked scores are replaced by ${fill}`;
  if (after.some((stage) => stage.kind !== 'move')) return `${words}, and more is done to them afterwards`;
  if (before.length > 0) return `${words}, and it is not proven that masked ones before it stay above`;
  const most = bound();
  if (most === null) return `${words}, and the others are not proven to be larger by far`;
  const size = most * Math.abs(scale);
  return -size > fill + UNDERFLOW ? null : `${words}, and the others may be as small as ${-Math.round(size)}`;
}
