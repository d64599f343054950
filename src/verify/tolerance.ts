import type { Exactness } from '../base/exactness.ts';
import type { OptimizationLevel, RuntimeBackend } from '../runtime/types.ts';

/** Noise above this makes a comparison meaningless: the verdict is `ill-conditioned`. */
export const ILL_CONDITIONED = 1e-2;
const FLOOR = 1e-6;
/** How much of the original's own sensitivity to its last bit a result may use up. */
const NOISE_FACTOR = 8;

/** Relative to max|y|. `bits` allows nothing; `approximation` is not judged by size. */
const TOLERANCE: Readonly<Record<Exactness, { readonly float32: number; readonly float16: number }>> = {
  bits: { float32: 0, float16: 0 },
  kernel: { float32: 1e-6, float16: 1e-6 },
  weights: { float32: 1e-4, float16: 1e-2 },
  order: { float32: 1e-4, float16: 1e-2 },
  approximation: { float32: Infinity, float16: Infinity },
};

export const toleranceOf = (exactness: Exactness, halfPrecision: boolean): number =>
  TOLERANCE[exactness][halfPrecision ? 'float16' : 'float32'];

/** What is allowed once the noise is known: max(class tolerance, 8 × noise), at least 1e-6; 0 for `bits`. */
export const allowedWith = (exactness: Exactness, tolerance: number, noise: number): number =>
  exactness === 'bits' ? 0 : Math.max(tolerance, NOISE_FACTOR * noise, FLOOR);

/** Off the reference's own ground (`disabled` on WASM) sums may be reassociated by the runtime: the class is `order`. */
export function classAt(exactness: Exactness, level: OptimizationLevel, backend: RuntimeBackend): Exactness {
  if (exactness === 'approximation' || (level === 'disabled' && backend === 'wasm')) return exactness;
  return 'order';
}
