import type { ChannelMoments } from '../../rewrite/facts.ts';
import { solveSymmetric } from './solve.ts';
import type { RepairTarget } from './targets.ts';

/** How removed channels are made up for: removed ≈ mix · kept + shift. */
export interface Substitute {
  /** [removed · kept], row by row; null: none. */
  readonly mix: Float32Array | null;
  /** [removed]; null: none. */
  readonly shift: Float32Array | null;
  /** [removed] the kept index that it equals, -1: none; rows of `mix` with a single 1, without their zeros. */
  readonly copies?: Int32Array;
}

/** Each removed channel becomes its mean, where the reader can add a constant. */
export const meanSubstitute = ({ bias, removed }: RepairTarget, mean: Float64Array): Substitute => ({
  mix: null,
  shift: bias ? Float32Array.from(removed, (index) => mean[index] ?? 0) : null,
});

/** Of the mean variance; keeps channels that always go together from cancelling each other with huge factors. */
const RIDGE = 1e-4;

/** Samples for each unknown, below which the positions of a flattened channel are taken together. */
const ENOUGH = 4;

/**
 * Each removed channel becomes the combination of kept ones that is nearest to it on the calibration data, in the sense
 * of least squares, with a constant where the reader can add one (closed form; the linear reconstruction of He et al.
 * 2017, Channel Pruning for Accelerating Very Deep Neural Networks, channel by channel). Where a channel lies flattened
 * and the data are few, all its positions share one combination.
 */
export function leastSquaresSubstitute(target: RepairTarget, moments: ChannelMoments): Substitute {
  const { bias, removed, kept, block } = target;
  const shared = Number.isInteger(block) && block > 1 && moments.count < ENOUGH * kept.length;
  const mix = shared ? sharedMix(target, moments) : mixOf(target, moments, 1);
  if (bias === null) return { mix, shift: null };
  const { mean } = moments;
  const shift = Float32Array.from(removed, (index, p) =>
    kept.reduce((left, channel, k) => left - (mix[p * kept.length + k] ?? 0) * (mean[channel] ?? 0), mean[index] ?? 0),
  );
  return { mix, shift };
}

/** The combination of atoms, the same at every position: [removed · kept] with zeros between positions. */
function sharedMix(target: RepairTarget, moments: ChannelMoments): Float32Array {
  const { removed, kept, block } = target;
  const atoms = mixOf(target, moments, block);
  const columns = kept.length / block;
  const mix = new Float32Array(removed.length * kept.length);
  removed.forEach((_, p) => {
    for (let k = 0; k < columns; k++) {
      mix[p * kept.length + k * block + (p % block)] = atoms[Math.floor(p / block) * columns + k] ?? 0;
    }
  });
  return mix;
}

/** [removed / block · kept / block] Moments are summed over the positions of a block. */
function mixOf({ bias, removed, kept }: RepairTarget, { mean, second }: ChannelMoments, block: number): Float32Array {
  const size = mean.length;
  const moment = (a: readonly number[], i: number, b: readonly number[], j: number): number => {
    let sum = 0;
    for (let at = 0; at < block; at++) {
      const [x, y] = [a[i * block + at] ?? 0, b[j * block + at] ?? 0];
      sum += (second[x * size + y] ?? 0) - (bias === null ? 0 : (mean[x] ?? 0) * (mean[y] ?? 0));
    }
    return sum;
  };
  const [n, m] = [kept.length / block, removed.length / block];
  const gram = Float64Array.from({ length: n * n }, (_, i) => moment(kept, Math.floor(i / n), kept, i % n));
  const right = Float64Array.from({ length: n * m }, (_, i) => moment(kept, Math.floor(i / m), removed, i % m));
  const solved = solveSymmetric(gram, right, n, m, RIDGE);
  return Float32Array.from({ length: m * n }, (_, i) => solved[(i % n) * m + Math.floor(i / n)] ?? 0);
}
