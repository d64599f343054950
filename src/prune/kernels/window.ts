import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import { isWhole, opKey } from '../../ops/registry.ts';
import { windowsOf, type Windows } from '../../ops/windows.ts';
import { nodesOfTypes } from '../../rewrite/anchors.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { isFoldable } from '../../rewrite/weights.ts';

/** A convolution whose weights are at hand. */
export interface KernelConv {
  readonly node: Node;
  readonly x: ValueId;
  readonly weightValue: ValueId;
  /** [M, C/g, …kernel] */
  readonly weight: Tensor;
  readonly group: number;
  /** Of each spatial axis. */
  readonly kernel: readonly number[];
  readonly windows: Windows;
  /** Sizes of the spatial axes of what it reads. */
  readonly sizes: readonly Dim[];
}

/** Every convolution, in the order of the graph. */
export const convolutions = (context: PassContext): Node[] =>
  nodesOfTypes(context, ['Conv', 'FusedConv']).filter(
    (node) => /^(Conv|com\.microsoft\.FusedConv)$/.test(opKey(node)) && isWhole(node),
  );

/** The kernel of a convolution, its weight being known or not; null: its rank is not known. */
export function kernelSizes({ analysis }: PassContext, node: Node): readonly Dim[] | null {
  const weight = node.inputs[1];
  return (weight ? analysis.shape(weight)?.slice(2) : null) ?? null;
}

/** What a smaller kernel is made of, or a sentence that says what is missing. */
export function kernelConv(context: PassContext, node: Node): KernelConv | string {
  const [x, w] = node.inputs;
  const weight = w ? constantOf(context, w) : null;
  if (!x || !w || !weight) return 'Its weight is not a constant.';
  if (!isFoldable(weight.dtype)) return `Weights of type ${weight.dtype} are left as they are.`;
  const kernel = weight.shape.slice(2);
  const windows = windowsOf(node, kernel.length, kernel);
  const agree = windows?.kernel.every((size, axis) => size === kernel[axis]) === true;
  const strides = [...(windows?.strides ?? []), ...(windows?.dilations ?? [])];
  if (!windows || kernel.length === 0 || !agree || strides.some((each) => each < 1)) {
    return 'Its attributes do not agree with its weight.';
  }
  const sizes = context.analysis.shape(x)?.slice(2) ?? [];
  return { node, x, weightValue: w, weight, group: getInt(node, 'group', 1), kernel, windows, sizes };
}

/** No axis larger than `size`; axes that are smaller stay. */
export const smallerKernel = (kernel: readonly number[], size: number): number[] =>
  kernel.map((each) => Math.min(each, size));

/** `5 × 5` */
export const kernelText = (kernel: readonly Dim[]): string => kernel.map((size) => size ?? '?').join(' × ');

/**
 * The padding that the middle of a kernel takes: less by dilation·(K − k)/2 at either side, so that it is centred on the
 * same places and the result keeps its shape. Begins, then ends; null: SAME works it out alike. A sentence where that
 * cannot be.
 */
export function shrunkPads(conv: KernelConv, size: number): readonly number[] | null | string {
  const { windows, kernel: old } = conv;
  const kernel = smallerKernel(old, size);
  if (old.some((each) => each > size && each % 2 === 0) || size % 2 === 0) {
    return `Only odd kernels have a middle, and this one is ${kernelText(old)}.`;
  }
  const less = old.map((each, axis) => ((windows.dilations[axis] ?? 1) * (each - (kernel[axis] ?? 0))) / 2);
  if (windows.auto === 'SAME') return sameReason(conv, kernel, less);
  const pads = windows.auto === 'VALID' ? windows.pads.map(() => 0) : windows.pads;
  const short = pads.findIndex((pad, i) => pad < (less[i % old.length] ?? 0) && (less[i % old.length] ?? 0) > 0);
  if (short < 0) return pads.map((pad, i) => pad - (less[i % old.length] ?? 0));
  const axis = short % old.length;
  return `At ${kernelText(kernel)} its padding along axis ${2 + axis} would be ${less[axis]} less at either side, and it has ${pads[axis]} and ${pads[axis + old.length]}: its result would grow.`;
}

/**
 * SAME pads by what the last window reaches beyond the input, (⌈n/s⌉ − 1)·s + d·(k − 1) + 1 − n (ONNX, Conv). Both kernels
 * start on the same places as long as that is not below 0, whatever n is where d·(k − 1) + 1 ≥ s. Null: they do.
 */
function sameReason({ windows, sizes }: KernelConv, kernel: readonly number[], less: readonly number[]): string | null {
  const axis = kernel.findIndex((size, i) => {
    const stride = windows.strides[i] ?? 1;
    const extent = (windows.dilations[i] ?? 1) * (size - 1) + 1;
    const n = sizes[i];
    const least = typeof n === 'number' ? n - (Math.ceil(n / stride) - 1) * stride : stride;
    return (less[i] ?? 0) > 0 && extent < least;
  });
  if (axis < 0) return null;
  return `At ${kernelText(kernel)}, less than its stride, its SAME padding would place it elsewhere along axis ${2 + axis}.`;
}
