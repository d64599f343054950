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
  readonly share: number;
  /** One per weight, in their order. */
  masks(): readonly Mask[];
}

/** ‖x‖ of what a weight multiplies, `[matrices · reduction]`; null: not observed. */
type NormsOf = (weight: Weight) => ArrayLike<number> | null;

/**
 * Each weight by itself, or those without a share of their own ranked together. The share is exact: round(s·n) of the
 * n units (weights; blocks) of a task. Groups N:M are ranked group by group whatever the scope, and follow their own
 * share, 1 − N/M; a share of 0 leaves a weight whole.
 */
export function sparsityTasks(
  weights: readonly Weight[],
  options: SparsityOptions,
  norms: NormsOf = () => null,
): SparsityTask[] {
  const { pattern, scope, sparsity, sparsities } = options;
  const own = (weight: Weight): number => sparsities[weight.name] ?? sparsity;
  if (scope !== 'global' || pattern.kind === 'n:m')
    return weights.map((each) => taskOf([each], own(each), options, norms));
  const together = weights.filter((each) => sparsities[each.name] === undefined);
  const alone = weights.filter((each) => sparsities[each.name] !== undefined);
  return [
    ...(together.length > 0 ? [taskOf(together, sparsity, options, norms)] : []),
    ...alone.map((each) => taskOf([each], own(each), options, norms)),
  ];
}

function taskOf(weights: readonly Weight[], share: number, options: SparsityOptions, norms: NormsOf): SparsityTask {
  const units = weights.reduce((sum, weight) => sum + unitsOf(weight, options), 0);
  const count = countOf(weights, share, units, options);
  let made: readonly Mask[] | null = null;
  return { weights, units, count, share, masks: () => (made ??= makeMasks(weights, count, share, options, norms)) };
}

function countOf(weights: readonly Weight[], share: number, units: number, options: SparsityOptions): number {
  if (options.pattern.kind === 'n:m') return share > 0 ? units : 0;
  if (!byOutput(options)) return Math.round(share * units);
  return weights.reduce(
    (sum, { layout }) => sum + layout.matrices * layout.outputs * goneOf(layout.reduction, share),
    0,
  );
}

/** Blocks reach over several outputs: they are ranked in the tensor. */
const byOutput = ({ scope, pattern }: SparsityOptions): boolean =>
  scope === 'output' && pattern.kind === 'unstructured';

/** Inputs of one output that become zero. */
const goneOf = (reduction: number, share: number): number => Math.round(share * reduction);

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

function makeMasks(
  weights: readonly Weight[],
  count: number,
  share: number,
  options: SparsityOptions,
  norms: NormsOf,
): readonly Mask[] {
  const { pattern } = options;
  const scores = weights.map((weight) => scoresOf(weight, options, norms));
  const layouts = weights.map(({ layout }) => layout);
  if (byOutput(options)) {
    return layouts.map((layout, i) => {
      const { reduction } = layout;
      return groupMask(scores[i] as Float64Array, layout, reduction - goneOf(reduction, share), reduction);
    });
  }
  if (pattern.kind === 'unstructured') return lowestMasks(scores, count);
  if (pattern.kind === 'block') return blockMasks(scores, layouts, pattern, count);
  return scores.map((each, i) => groupMask(each, (weights[i] as Weight).layout, pattern.keep, pattern.of));
}

/** What is zero already goes first, whatever the criterion: it counts among the zeros that were asked for. */
function scoresOf(weight: Weight, { importance, seed }: SparsityOptions, norms: NormsOf): Float64Array {
  const { name, tensor, layout } = weight;
  const weights = tensor.numbers();
  // A weight's random order does not depend on its neighbours.
  const random = seeded(seed ^ Number.parseInt(fnv1a(name), 16));
  const scores = WEIGHT_IMPORTANCE[importance](weights, { layout, activationNorms: norms(weight), random });
  for (let i = 0; i < scores.length; i++) if (weights[i] === 0) scores[i] = -1;
  return scores;
}

/** Whether as many units are zero as the task asks for: nothing is left to do. */
export function isMet({ weights, count, share }: SparsityTask, options: SparsityOptions): boolean {
  const { pattern } = options;
  if (byOutput(options)) return weights.every((weight) => isMetByOutput(weight, share));
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

function isMetByOutput({ tensor, layout }: Weight, share: number): boolean {
  const numbers = tensor.numbers();
  const wanted = goneOf(layout.reduction, share);
  let met = true;
  visitGroups(layout, layout.reduction, (places) => {
    met &&= places.reduce((sum, at) => sum + (numbers[at] === 0 ? 1 : 0), 0) >= wanted;
  });
  return met;
}
