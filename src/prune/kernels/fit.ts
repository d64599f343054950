import { sizeOf } from '../../ir/types.ts';
import { solveSymmetric } from '../repair/solve.ts';
import { middleTaps } from './crop.ts';
import { patchSize } from './gram.ts';
import { smallerKernel, type KernelConv } from './window.ts';

/** Of the mean square of what comes: where the data say nothing, the middle stays as it was. */
const RIDGE = 1e-4;
/** More of it, the fewer patches there are for each unknown. */
const RIDGE_OF_FEW = 0.02;

/**
 * [M · C/g · taps] The smaller kernels whose results are nearest to those of the larger ones in the sense of least squares:
 * with G = Σ p·pᵀ over patches p, S the taps that stay and w the larger kernel, w' with (G_SS + λ)·w' = G_S·w + λ·w_S.
 * Never worse on its own data than the middle, w_S, which it falls back to wherever rounding would make it so.
 *
 * @param products [g · q · q] mean of p·pᵀ, up to a factor
 * @param patches how many there were
 */
export function fitKernels(conv: KernelConv, size: number, products: Float64Array, patches: number): Float32Array {
  const { weight, kernel, group } = conv;
  const [outs = 0, ins = 0] = weight.shape;
  const [q, all] = [patchSize(conv), sizeOf(kernel)];
  const taps = middleTaps(kernel, smallerKernel(kernel, size));
  const stay = Array.from({ length: ins }, (_, channel) => taps.map((tap) => channel * all + tap)).flat();
  const each = outs / group;
  const weights = Float64Array.from(weight.numbers());
  const fitted = new Float32Array(outs * stay.length);
  for (let g = 0; g < group; g++) {
    const gram = products.subarray(g * q * q, (g + 1) * q * q);
    const large = weights.subarray(g * each * q, (g + 1) * each * q);
    fitted.set(fitGroup(gram, large, stay, { q, each, patches }), g * each * stay.length);
  }
  return fitted;
}

interface Sizes {
  readonly q: number;
  /** Outputs of the group. */
  readonly each: number;
  readonly patches: number;
}

function fitGroup(gram: Float64Array, large: Float64Array, stay: readonly number[], sizes: Sizes): Float32Array {
  const { q, each, patches } = sizes;
  const n = stay.length;
  const small = Float64Array.from(
    { length: n * n },
    (_, i) => gram[(stay[Math.floor(i / n)] ?? 0) * q + (stay[i % n] ?? 0)] ?? 0,
  );
  let trace = 0;
  for (let i = 0; i < n; i++) trace += small[i * n + i] ?? 0;
  const ridge = RIDGE + (RIDGE_OF_FEW * n) / Math.max(patches, 1);
  // [n · each] G_S·w
  const cross = Float64Array.from({ length: n * each }, (_, i) => {
    const [row, out] = [(stay[Math.floor(i / each)] ?? 0) * q, (i % each) * q];
    let sum = 0;
    for (let j = 0; j < q; j++) sum += (gram[row + j] ?? 0) * (large[out + j] ?? 0);
    return sum;
  });
  const middle = (k: number, out: number): number => large[out * q + (stay[k] ?? 0)] ?? 0;
  const right = cross.map((sum, i) => sum + ((ridge * trace) / n) * middle(Math.floor(i / each), i % each));
  const solved = solveSymmetric(small, right, n, each, ridge);
  const fitted = new Float32Array(each * n);
  for (let out = 0; out < each; out++) {
    const own = Float32Array.from({ length: n }, (_, k) => solved[k * each + out] ?? 0);
    const cut = Float32Array.from({ length: n }, (_, k) => middle(k, out));
    const wanted = Float64Array.from({ length: n }, (_, k) => cross[k * each + out] ?? 0);
    fitted.set(errorOf(own, small, wanted) <= errorOf(cut, small, wanted) ? own : cut, out * n);
  }
  return fitted;
}

/** w'ᵀ·G_SS·w' − 2·w'ᵀ·G_S·w: the mean square of what is missing, up to what is the same for every w'. NaN is no less. */
function errorOf(kernel: Float32Array, small: Float64Array, wanted: Float64Array): number {
  const n = kernel.length;
  let error = 0;
  for (let i = 0; i < n; i++) {
    let row = -2 * (wanted[i] ?? 0);
    for (let j = 0; j < n; j++) row += (small[i * n + j] ?? 0) * (kernel[j] ?? 0);
    error += row * (kernel[i] ?? 0);
  }
  return error;
}
