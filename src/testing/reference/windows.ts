import { sizeOf } from '../../ir/types.ts';
import type { Call } from './call.ts';
import { eachIndex, stridesOf } from './tensor.ts';

/** How a window walks over the spatial axes of an image. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding in front of each axis and behind it. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  /** Places of the window along each axis. */
  readonly out: readonly number[];
}

/** Size of a dilated kernel. */
export const extentOf = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** Reads strides, dilations, pads, auto_pad and ceil_mode (operator specification of Conv and MaxPool). */
export function windowsOf(c: Call, image: readonly number[], kernel: readonly number[]): Windows {
  const rank = image.length;
  const ones = image.map(() => 1);
  const strides = c.ints('strides') ?? ones;
  const dilations = c.ints('dilations') ?? ones;
  const auto = c.string('auto_pad', 'NOTSET');
  const extents = kernel.map((size, i) => extentOf(size, dilations[i]!));
  const same = auto.startsWith('SAME');
  const given = auto === 'NOTSET' || auto === '' ? c.ints('pads') : null;
  const totals = image.map((size, i) => {
    const places = Math.ceil(size / strides[i]!);
    return Math.max(0, (places - 1) * strides[i]! + extents[i]! - size);
  });
  const half = auto === 'SAME_UPPER' ? Math.floor : Math.ceil;
  const begins = image.map((_, i) => (same ? half(totals[i]! / 2) : (given?.[i] ?? 0)));
  const ends = image.map((_, i) => (same ? totals[i]! - begins[i]! : (given?.[i + rank] ?? 0)));
  const ceil = c.int('ceil_mode', 0) === 1;
  const out = image.map((size, i) => {
    const room = (size + begins[i]! + ends[i]! - extents[i]!) / strides[i]!;
    if (!ceil) return Math.floor(room) + 1;
    const places = Math.ceil(room) + 1;
    // A last window that would start in the end padding is dropped.
    return (places - 1) * strides[i]! >= size + begins[i]! ? places - 1 : places;
  });
  return { kernel, strides, dilations, begins, ends, out };
}

export const PADDING = -1;
export const BEYOND = -2;

/**
 * Where each tap of each window lies: [∏out · ∏kernel] offsets into the spatial elements of the image, `PADDING` in its
 * padding, `BEYOND` behind that (a last window of ceil_mode).
 */
export function tapsOf(w: Windows, image: readonly number[]): Int32Array {
  const strides = stridesOf(image);
  const taps = new Int32Array(sizeOf(w.out) * sizeOf(w.kernel));
  eachIndex(w.out, (place, o) => {
    eachIndex(w.kernel, (tap, k) => {
      let offset = 0;
      for (let i = 0; i < image.length; i++) {
        const at = place[i]! * w.strides[i]! + tap[i]! * w.dilations[i]! - w.begins[i]!;
        if (at >= image[i]! + w.ends[i]!) offset = BEYOND;
        else if ((at < 0 || at >= image[i]!) && offset !== BEYOND) offset = PADDING;
        else if (offset >= 0) offset += at * strides[i]!;
      }
      taps[o * sizeOf(w.kernel) + k] = offset;
    });
  });
  return taps;
}
