import type { Substitute } from './fit.ts';
import type { RepairTarget } from './targets.ts';

/**
 * Adds to the weights of kept channels what the removed ones gave through them: w_k += Σ_p w_p · mix[p, k], and w_p
 * itself where p is a copy of k.
 */
export function mixWeights(weights: Float64Array, target: RepairTarget, { mix, copies }: Substitute): void {
  if (!mix && !copies) return;
  const { weight, dim, removed, kept } = target;
  const [outer, size, inner] = around(weight.shape as readonly number[], dim);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (channel: number): number => (o * size + channel) * inner + i;
      removed.forEach((from, p) => {
        const w = weights[at(from)] ?? 0;
        if (w === 0) return;
        const add = (k: number, factor: number): void => {
          const to = at(kept[k] ?? 0);
          weights[to] = (weights[to] ?? 0) + w * factor;
        };
        if (mix) kept.forEach((_, k) => add(k, mix[p * kept.length + k] ?? 0));
        const copy = copies?.[p] ?? -1;
        if (copy >= 0) add(copy, 1);
      });
    }
  }
}

/** [channels made] What a constant in place of each removed channel adds: Σ_p shift[p] · Σ w_p over all taps. */
export function shiftOf(weights: Float64Array, target: RepairTarget, { shift }: Substitute): Float64Array {
  const { weight, dim, outDim, removed } = target;
  const shape = weight.shape as readonly number[];
  const made = new Float64Array(shape[outDim] ?? 0);
  if (!shift) return made;
  const constants = new Map(removed.map((index, p) => [index, shift[p] ?? 0]));
  const [outStep, step] = [product(shape.slice(outDim + 1)), product(shape.slice(dim + 1))];
  for (let i = 0; i < weights.length; i++) {
    const constant = constants.get(Math.floor(i / step) % (shape[dim] ?? 1));
    if (!constant) continue;
    const out = Math.floor(i / outStep) % made.length;
    made[out] = (made[out] ?? 0) + constant * (weights[i] ?? 0);
  }
  return made;
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, each) => all * each, 1);
const around = (shape: readonly number[], dim: number): [outer: number, size: number, inner: number] => [
  product(shape.slice(0, dim)),
  shape[dim] ?? 1,
  product(shape.slice(dim + 1)),
];
