import { getInt, getInts, getString } from '../ir/attribute.ts';
import type { Node } from '../ir/model.ts';
import type { Dim } from '../ir/types.ts';
import { addDims, atLeast, ceilDivDims, floorDivDims, mulDims, subDims } from './dim.ts';

/** How a convolution or pooling window walks over `rank` spatial axes. */
export interface Windows {
  readonly kernel: readonly Dim[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begin and end padding, [2·rank]. */
  readonly pads: readonly number[];
  readonly auto: 'NOTSET' | 'SAME' | 'VALID';
  readonly ceil: boolean;
}

/** Reads kernel_shape, strides, dilations, pads, auto_pad and ceil_mode; `kernel` stands in for kernel_shape. */
export function windowsOf(node: Node, rank: number, kernel: readonly Dim[] | null): Windows | null {
  const shape: readonly Dim[] | null = getInts(node, 'kernel_shape', null) ?? kernel;
  const strides = getInts(node, 'strides', null) ?? Array.from({ length: rank }, () => 1);
  const dilations = getInts(node, 'dilations', null) ?? Array.from({ length: rank }, () => 1);
  const pads = getInts(node, 'pads', null) ?? Array.from({ length: 2 * rank }, () => 0);
  if (shape?.length !== rank || strides.length !== rank || dilations.length !== rank || pads.length !== 2 * rank) {
    return null;
  }
  const auto = getString(node, 'auto_pad', 'NOTSET');
  return {
    kernel: shape,
    strides,
    dilations,
    pads,
    auto: auto.startsWith('SAME') ? 'SAME' : auto === 'VALID' ? 'VALID' : 'NOTSET',
    ceil: getInt(node, 'ceil_mode', 0) === 1,
  };
}

/** Extent of a dilated kernel: (k − 1)·d + 1. */
const extentOf = (kernel: Dim, dilation: number): Dim => addDims(mulDims(subDims(kernel, 1), dilation), 1);

/** Output size along spatial axis `axis` for an input of size `size`. */
export function windowOutput(windows: Windows, axis: number, size: Dim): Dim {
  const stride = windows.strides[axis] ?? 1;
  if (windows.auto === 'SAME') return ceilDivDims(size, stride);
  const fixed = windows.auto === 'VALID';
  const begin = fixed ? 0 : (windows.pads[axis] ?? 0);
  const end = fixed ? 0 : (windows.pads[axis + windows.strides.length] ?? 0);
  const extent = extentOf(windows.kernel[axis] ?? null, windows.dilations[axis] ?? 1);
  const room = subDims(addDims(size, begin + end), extent);
  // An input smaller than the kernel has no output at all.
  if (typeof room === 'number' && room < 0) return null;
  if (!windows.ceil) return addDims(floorDivDims(room, stride), 1);
  return ceilOutput(addDims(ceilDivDims(room, stride), 1), { size, begin, end, extent, stride });
}

/** With ceil_mode, a last window that would start in the end padding is dropped (operator specification of MaxPool). */
function ceilOutput(out: Dim, at: { size: Dim; begin: number; end: number; extent: Dim; stride: number }): Dim {
  if (typeof out === 'number' && typeof at.size === 'number') {
    return (out - 1) * at.stride >= at.size + at.begin ? out - 1 : out;
  }
  // It cannot happen when the stride and the end padding together fit in the kernel.
  return atLeast(subDims(at.extent, at.end + at.stride), 0) ? out : null;
}

/**
 * Output size of a transposed convolution: s·(d − 1) + output_padding + extent − pads; with auto_pad SAME it is d·s.
 */
export function transposedOutput(windows: Windows, axis: number, size: Dim, outputPadding: number): Dim {
  const stride = windows.strides[axis] ?? 1;
  if (windows.auto === 'SAME') return mulDims(size, stride);
  const rank = windows.strides.length;
  const pads = windows.auto === 'VALID' ? 0 : (windows.pads[axis] ?? 0) + (windows.pads[axis + rank] ?? 0);
  const extent = extentOf(windows.kernel[axis] ?? null, windows.dilations[axis] ?? 1);
  return addDims(addDims(mulDims(subDims(size, 1), stride), extent), outputPadding - pads);
}
