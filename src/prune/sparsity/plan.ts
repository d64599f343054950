import { seeded } from '../../base/random.ts';
import { fnv1a } from '../../rewrite/hash.ts';
import { WEIGHT_IMPORTANCE } from './importance.ts';
import type { Mask } from './mask.ts';
import { scanTensor } from './scan.ts';
import { blockCount, blockMasks, groupCount, groupMask, lowestMasks, visitBlocks, visitGroups } from './select.ts';
import type { SparsityOptions, Weight } from './types.ts';

/** Weights that are ranked together, and what is to become of them. Nothing is ranked before `masks` is called. */
export interface SparsityTask {
  readonly weights: readonly Weight[];
  /** How many units are zero afterwards, those that are already so among them. */
  readonly count: number;
  readonly units: number;
  /** One per weight, in their order. */
  masks(): readonly Mask[];
}

/**
 * Each weight by itself, or those without a share of their own ranked together. The share is exact: round(s·n) of the
 * n units (weights; blocks) of a task. Groups N:M are ranked group by group whatever the scope, and follow their own
 * share, 1 − N/M; a share of 0 leaves a weight whole.
 */
export function sparsityTasks(weights: readonly Weight[], options: SparsityOptions): SparsityTask[] {
  const { pattern, scope, sparsity, sparsities } = options;
  const own = (weight: Weight): number => sparsities[weight.name] ?? sparsity;
  if (scope === 'layer' || pattern.kind === 'n:m') return weights.map((each) => taskOf([each], own(each), options));
  const together = weights.filter((each) => sparsities[each.name] === undefined);
  const alone = weights.filter((each) => sparsities[each.name] !== undefined);
  return [
    ...(together.length > 0 ? [taskOf(together, sparsity, options)] : []),
    ...alone.map((each) => taskOf([each], own(each), options)),
  ];
}

function taskOf(weights: readonly Weight[], share: number, options: SparsityOptions): SparsityTask {
  const units = weights.reduce((sum, weight) => sum + unitsOf(weight, options), 0);
  const count = options.pattern.kind === 'n:m' ? (share > 0 ? units : 0) : Math.round(share * units);
  let made: readonly Mask[] | null = null;
  return { weights, units, count, masks: () => (made ??= makeMasks(weights, count, options)) };
}

/** Weights, groups or blocks that can become zero (in groups: that hold zeros). */
function unitsOf({ tensor, layout }: Weight, { pattern }: SparsityOptions): number {
  switch (pattern.kind) {
    case 'unstructured':
      return tensor.size;
    case 'n:m':
      return groupCount(layout, pattern.of);
    case 'block':
      return blockCount(layout, pattern);
    default:
      return pattern satisfies never;
  }
}

function makeMasks(weights: readonly Weight[], count: number, options: SparsityOptions): readonly Mask[] {
  const { pattern } = options;
  const scores = weights.map((weight) => scoresOf(weight, options));
  const layouts = weights.map(({ layout }) => layout);
  if (pattern.kind === 'unstructured') return lowestMasks(scores, count);
  if (pattern.kind === 'block') return blockMasks(scores, layouts, pattern, count);
  return scores.map((each, i) => groupMask(each, (weights[i] as Weight).layout, pattern.keep, pattern.of));
}

/** What is zero already goes first, whatever the criterion: it counts among the zeros that were asked for. */
function scoresOf({ name, tensor, layout }: Weight, { importance, seed }: SparsityOptions): Float64Array {
  const weights = tensor.numbers();
  // A weight's random order does not depend on its neighbours.
  const random = seeded(seed ^ Number.parseInt(fnv1a(name), 16));
  const scores = WEIGHT_IMPORTANCE[importance](weights, { layout, activationNorms: null, random });
  for (let i = 0; i < scores.length; i++) if (weights[i] === 0) scores[i] = -1;
  return scores;
}

/** Whether as many units are zero as the task asks for: nothing is left to do. */
export function isMet({ weights, count }: SparsityTask, { pattern }: SparsityOptions): boolean {
  if (pattern.kind === 'unstructured') {
    return weights.reduce((sum, { tensor }) => sum + scanTensor(tensor).zeros, 0) >= count;
  }
  let met = 0;
  for (const { tensor, layout } of weights) {
    const numbers = tensor.numbers();
    const zeros = (places: Int32Array): number => places.reduce((sum, at) => sum + (numbers[at] === 0 ? 1 : 0), 0);
    if (pattern.kind === 'n:m')
      visitGroups(layout, pattern.of, (each) => (met += zeros(each) >= each.length - pattern.keep ? 1 : 0));
    else visitBlocks(layout, pattern, (each) => (met += zeros(each) === each.length ? 1 : 0));
  }
  return met >= count;
}
