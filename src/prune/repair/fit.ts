import type { ChannelMoments, PairMoments } from '../../rewrite/facts.ts';
import { solveSymmetric } from './solve.ts';
import type { RepairTarget } from './targets.ts';

/**
 * How channels are made up for: removed ≈ mix · kept + shift, and where `all`, those that stay as well, whose values have
 * changed since layers before were cut.
 */
export interface Substitute {
  /** [removed · kept] or [(removed, then kept) · kept], row by row; null: none. */
  readonly mix: Float32Array | null;
  /** [removed] or [removed, then kept]; null: none. */
  readonly shift: Float32Array | null;
  readonly all?: boolean;
  /** [removed] the kept one that it equals, by its place there, -1: none; rows of `mix` with a single 1 in them. */
  readonly copies?: Int32Array;
}

/** Each removed channel becomes its mean, where the reader can add a constant. */
export const meanSubstitute = ({ bias, removed }: RepairTarget, mean: Float64Array): Substitute => ({
  mix: null,
  shift: bias ? Float32Array.from(removed, (index) => mean[index] ?? 0) : null,
});

/**
 * Each removed channel becomes the combination of kept ones that is nearest to it on the calibration data, in the sense
 * of least squares, with a constant where the reader can add one (closed form; the linear reconstruction of He et al.
 * 2017, Channel Pruning for Accelerating Very Deep Neural Networks, channel by channel).
 */
export function leastSquaresSubstitute(target: RepairTarget, moments: ChannelMoments): Substitute {
  const { removed, kept } = target;
  const { count, mean, second } = moments;
  return fit(target, {
    count,
    rows: removed,
    columns: kept,
    widths: [mean.length, mean.length],
    means: [mean, mean],
    cross: second,
    second,
  });
}

/**
 * Each channel as it was (x) becomes the combination of the channels that are there now (z, at the given indices of the
 * uncut axis) that is nearest to it.
 */
export function pairSubstitute(target: RepairTarget, moments: PairMoments, there: readonly number[]): Substitute {
  const { removed, kept } = target;
  const { count, meanBefore, meanAfter, cross, second } = moments;
  const place = new Map(there.map((index, position) => [index, position]));
  const found = fit(target, {
    count,
    rows: [...removed, ...kept],
    columns: kept.map((index) => place.get(index) ?? 0),
    widths: [meanBefore.length, there.length],
    means: [meanBefore, meanAfter],
    cross,
    second,
  });
  return { ...found, all: true };
}

/** A fit of x (rows) by z (columns): indices into the moments, and these. */
interface Fit {
  readonly count: number;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly widths: readonly [x: number, z: number];
  readonly means: readonly [x: Float64Array, z: Float64Array];
  /** [x · z] and [z · z]. */
  readonly cross: Float64Array;
  readonly second: Float64Array;
}

/** Samples for each unknown, below which the positions of a flattened channel share one combination. */
const ENOUGH = 1.5;

function fit(target: RepairTarget, of: Fit): Substitute {
  const { bias, block, removed } = target;
  const { rows, columns, count, means } = of;
  const shares = Number.isInteger(block) && block > 1 && count < ENOUGH * columns.length;
  const atoms = solve(of, shares ? block : 1, bias !== null, removed.length);
  const mix = shares ? spread(atoms, rows.length, columns.length, block) : atoms;
  if (bias === null) return { mix, shift: null };
  const [x, z] = means;
  const shift = Float32Array.from(rows, (row, i) =>
    columns.reduce((left, column, k) => left - (mix[i * columns.length + k] ?? 0) * (z[column] ?? 0), x[row] ?? 0),
  );
  return { mix, shift };
}

/** Of the mean variance: keeps channels that always go together from cancelling each other with huge factors. */
const RIDGE = 1e-4;
/** More of it, the fewer samples there are for each unknown. */
const RIDGE_OF_FEW = 0.02;

/**
 * [rows / block · columns / block] Moments are summed over the positions of a block. Where the data do not say, a channel
 * that stays is itself, and one that is removed is nothing.
 */
function solve(
  { rows, columns, widths, means, cross, second, count }: Fit,
  block: number,
  centred: boolean,
  removed: number,
): Float32Array {
  const [x, z] = means;
  const width = widths[1];
  const centre = centred ? 1 : 0;
  const sum = (term: (at: number) => number): number => {
    let total = 0;
    for (let at = 0; at < block; at++) total += term(at);
    return total;
  };
  const [m, n] = [rows.length / block, columns.length / block];
  const row = (i: number, at: number): number => rows[i * block + at] ?? 0;
  const column = (i: number, at: number): number => columns[i * block + at] ?? 0;
  const gram = Float64Array.from({ length: n * n }, (_, i) =>
    sum((at) => {
      const [a, b] = [column(Math.floor(i / n), at), column(i % n, at)];
      return (second[a * width + b] ?? 0) - centre * (z[a] ?? 0) * (z[b] ?? 0);
    }),
  );
  const ridge = RIDGE + (RIDGE_OF_FEW * n) / Math.max(count * block, 1);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += gram[i * n + i] ?? 0;
  const right = Float64Array.from({ length: n * m }, (_, i) => {
    const [k, r] = [Math.floor(i / m), i % m];
    const product = sum((at) => {
      const [a, b] = [row(r, at), column(k, at)];
      return (cross[a * width + b] ?? 0) - centre * (x[a] ?? 0) * (z[b] ?? 0);
    });
    // Rows behind the removed ones are the kept ones in their order.
    return r - removed / block === k ? product + (ridge * trace) / n : product;
  });
  const solved = solveSymmetric(gram, right, n, m, ridge);
  return Float32Array.from({ length: m * n }, (_, i) => solved[(i % n) * m + Math.floor(i / n)] ?? 0);
}

/** The combination of atoms, the same at every position: [rows · columns] with zeros between positions. */
function spread(atoms: Float32Array, rows: number, columns: number, block: number): Float32Array {
  const n = columns / block;
  const mix = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < n; k++) mix[r * columns + k * block + (r % block)] = atoms[Math.floor(r / block) * n + k] ?? 0;
  }
  return mix;
}
