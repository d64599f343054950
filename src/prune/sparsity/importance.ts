import type { Random } from '../../base/random.ts';
import { elementAt } from './layout.ts';
import type { WeightImportanceId, WeightLayout } from './types.ts';

/** ‖x‖₂ of what each weight multiplies, over the calibration inputs: `[matrices · reduction]`, row-major. */
type ActivationNorms = ArrayLike<number>;

interface ImportanceContext {
  readonly layout: WeightLayout;
  /** Null: the inputs were not observed. */
  readonly activationNorms: ActivationNorms | null;
  readonly random: Random;
}

/** A score of at least 0 for every element, in the tensor's order: what has the least becomes zero first. */
type WeightImportance = (weights: ArrayLike<number>, context: ImportanceContext) => Float64Array;

/** Criteria by id. A new one is one more row. */
export const WEIGHT_IMPORTANCE: Readonly<Record<WeightImportanceId, WeightImportance>> = {
  /** |w| (Han et al. 2015); plain, so that a global ranking compares layers as they are. */
  magnitude: (weights) => Float64Array.from(weights, Math.abs),
  /**
   * Layer-adaptive magnitude (Lee et al. 2021): w² / Σ v² over the weights of the same tensor with |v| ≥ |w|. Equal
   * magnitudes have equal scores. Within one tensor it ranks as `magnitude` does; globally it balances the layers.
   */
  lamp: (weights) => {
    const sorted = Float64Array.from(weights, Math.abs).sort();
    const sums = suffixSums(sorted);
    return Float64Array.from(weights, (weight) => {
      const square = weight * weight;
      return square === 0 ? 0 : square / (sums[firstAtLeast(sorted, Math.abs(weight))] ?? square);
    });
  },
  /** |w|·‖x‖ (Sun et al. 2024, A Simple and Effective Pruning Approach for Large Language Models). */
  wanda: (weights, { layout, activationNorms }) => {
    const scores = Float64Array.from(weights, Math.abs);
    const { matrices, outputs, reduction } = layout;
    for (let matrix = 0; matrix < matrices; matrix++) {
      for (let output = 0; output < outputs; output++) {
        for (let at = 0; at < reduction; at++) {
          const place = elementAt(layout, matrix, output, at);
          scores[place] = (scores[place] ?? 0) * (activationNorms?.[matrix * reduction + at] ?? 1);
        }
      }
    }
    return scores;
  },
  /** The baseline: uniform numbers above 0. */
  random: (weights, { random }) => Float64Array.from({ length: weights.length }, () => 1 - random()),
};

/** Σ v² from each place of a sorted array to its end. */
function suffixSums(sorted: Float64Array): Float64Array {
  const sums = new Float64Array(sorted.length);
  for (let i = sorted.length - 1, sum = 0; i >= 0; i--) {
    sum += (sorted[i] ?? 0) ** 2;
    sums[i] = sum;
  }
  return sums;
}

function firstAtLeast(sorted: Float64Array, wanted: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
