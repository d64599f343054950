import type { Tensor } from '../../ir/tensor.ts';
import { derivedTensor } from '../../ir/tensor.ts';
import { BITS, sizeOf } from '../../ir/types.ts';
import { lazily } from '../../rewrite/weights.ts';
import { kernelText, smallerKernel } from './window.ts';

/** For each size, a matrix [taps · taps], row by row, that makes the kernel of it of the middle of the next larger one. */
export type KernelTransforms = ReadonlyMap<number, readonly number[]>;

/** Which taps of a kernel are the middle that a smaller one is, both row-major. */
export function middleTaps(kernel: readonly number[], smaller: readonly number[]): number[] {
  let taps = [0];
  kernel.forEach((size, axis) => {
    const wanted = smaller[axis] ?? size;
    const offset = (size - wanted) / 2;
    taps = taps.flatMap((tap) => Array.from({ length: wanted }, (_, i) => tap * size + offset + i));
  });
  return taps;
}

/** The middle of every kernel of a weight [M, C/g, …kernel], bit for bit. */
function cropped(weight: Tensor, kernel: readonly number[]): Tensor {
  const [outs = 0, ins = 0, ...old] = weight.shape;
  return derivedTensor(weight.dtype, [outs, ins, ...kernel], () => {
    const [bytes, width] = [weight.bytes(), BITS[weight.dtype] / 8];
    const [taps, all] = [middleTaps(old, kernel), sizeOf(old)];
    const out = new Uint8Array(outs * ins * taps.length * width);
    for (let plane = 0, at = 0; plane < outs * ins; plane++) {
      for (const tap of taps) {
        const from = (plane * all + tap) * width;
        out.set(bytes.subarray(from, from + width), at);
        at += width;
      }
    }
    return out;
  });
}

/** The next smaller kernels, [planes · taps]: the middle, times the matrix where there is one. */
function nextKernels(
  planes: Float64Array,
  kernel: readonly number[],
  smaller: readonly number[],
  matrix?: readonly number[],
): Float64Array {
  const [taps, all] = [middleTaps(kernel, smaller), sizeOf(kernel)];
  const out = new Float64Array((planes.length / all) * taps.length);
  for (let plane = 0, at = 0; plane < planes.length; plane += all) {
    const middle = taps.map((tap) => planes[plane + tap] ?? 0);
    middle.forEach((each, row) => {
      out[at++] = matrix ? middle.reduce((sum, w, i) => sum + (matrix[row * taps.length + i] ?? 0) * w, 0) : each;
    });
  }
  return out;
}

/**
 * The weight of the kernel that is no larger than `size` along any axis: the middle of the larger one, or where transforms
 * were learnt, those one after the other, 7 → 5 → 3, the same for all channels (Cai et al. 2020, Once for All, section 3.3).
 */
export function shrunkWeight(weight: Tensor, size: number, transforms?: KernelTransforms): Tensor {
  const [outs = 0, ins = 0, ...old] = weight.shape;
  const kernel = smallerKernel(old, size);
  if (!transforms) return cropped(weight, kernel);
  return lazily(weight.dtype, [outs, ins, ...kernel], () => {
    let [planes, now]: [Float64Array, readonly number[]] = [Float64Array.from(weight.numbers()), old];
    for (let each = Math.max(...old) - 2; each >= size; each -= 2) {
      const next = smallerKernel(now, each);
      planes = nextKernels(planes, now, next, transforms.get(each));
      now = next;
    }
    return planes;
  });
}

/** Why transforms are none of these kernels, on the way to `size`; null: they are. */
export function transformReason(kernel: readonly number[], size: number, transforms: KernelTransforms): string | null {
  for (let each = Math.max(...kernel) - 2; each >= size; each -= 2) {
    const taps = sizeOf(smallerKernel(kernel, each));
    const given = transforms.get(each)?.length ?? taps ** 2;
    if (given !== taps ** 2) {
      return `The transform for kernels of ${kernelText(smallerKernel(kernel, each))} has ${given} numbers, not ${taps} · ${taps}.`;
    }
  }
  return null;
}

/** Whether all but the middle of the kernels is zero: then nothing goes with it. */
export function isMiddleAll(weight: Tensor, size: number): boolean {
  const kernel = weight.shape.slice(2);
  const middle = new Set(middleTaps(kernel, smallerKernel(kernel, size)));
  const [numbers, all] = [weight.numbers(), sizeOf(kernel)];
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0 && !middle.has(i % all)) return false;
  return true;
}
