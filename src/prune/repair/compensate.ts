import type { Substitute } from './fit.ts';
import type { RepairTarget } from './targets.ts';

/**
 * Adds to the weights of kept channels what the removed ones gave through them: w_k += Σ_p w_p · mix[p, k]; where `all`,
 * they are made anew: w_k = Σ_c w_c · mix[c, k].
 */
export function mixWeights(weights: Float64Array, target: RepairTarget, substitute: Substitute): void {
  const { mix, copies, all = false } = substitute;
  if (copies) addCopies(weights, target, copies);
  if (!mix) return;
  const { weight, dim, kept } = target;
  const from = sources(target, substitute);
  const [outer, size, inner] = around(weight.shape as readonly number[], dim);
  const row = new Float64Array(kept.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (channel: number): number => (o * size + channel) * inner + i;
      kept.forEach((to, k) => (row[k] = all ? 0 : (weights[at(to)] ?? 0)));
      from.forEach((channel, p) => {
        const w = weights[at(channel)] ?? 0;
        if (w === 0) return;
        for (let k = 0; k < row.length; k++) row[k] = (row[k] ?? 0) + w * (mix[p * row.length + k] ?? 0);
      });
      kept.forEach((to, k) => (weights[at(to)] = row[k] ?? 0));
    }
  }
}

/** w_k += w_p where p is a copy of k. */
function addCopies(weights: Float64Array, { weight, dim, removed, kept }: RepairTarget, copies: Int32Array): void {
  const [outer, size, inner] = around(weight.shape as readonly number[], dim);
  removed.forEach((from, p) => {
    const to = kept[copies[p] ?? -1];
    if (to === undefined) return;
    for (let o = 0; o < outer; o++) {
      const [a, b] = [(o * size + to) * inner, (o * size + from) * inner];
      for (let i = 0; i < inner; i++) weights[a + i] = (weights[a + i] ?? 0) + (weights[b + i] ?? 0);
    }
  });
}

/** The channels that a substitute speaks of, in its order. */
export const sources = ({ removed, kept }: RepairTarget, { all = false }: Pick<Substitute, 'all'>): readonly number[] =>
  all ? [...removed, ...kept] : removed;

/** [channels made] What a constant in place of each removed channel adds: Σ_p shift[p] · Σ w_p over all taps. */
export function shiftOf(weights: Float64Array, target: RepairTarget, substitute: Substitute): Float64Array {
  const { weight, dim, outDim } = target;
  const { shift } = substitute;
  const shape = weight.shape as readonly number[];
  const made = new Float64Array(shape[outDim] ?? 0);
  if (!shift) return made;
  const constants = new Map(sources(target, substitute).map((index, p) => [index, shift[p] ?? 0]));
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
