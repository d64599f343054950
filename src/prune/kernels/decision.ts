import { fromBase64, toBase64 } from '../../base/base64.ts';
import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import { sizeOf } from '../../ir/types.ts';
import { smallerKernel, type KernelConv } from './window.ts';

/** What a recipe holds of a kernel: its size, and weights where they were fitted to data. */
export interface KernelDecision {
  readonly size: number;
  /** [M · C/g · taps]; null: they follow from the larger ones. */
  readonly weights: Float32Array | null;
}

/** Weights as float32, little-endian, base64. */
export const encodeKernel = ({ size, weights }: KernelDecision): Json => ({
  size,
  ...(weights ? { weights: toBase64(weights) } : {}),
});

/** The size alone. Throws `replay-failed` where it is none. */
export function decidedSize(decision: Json, name: string): number {
  const size = typeof decision === 'object' && decision !== null && 'size' in decision ? decision.size : null;
  if (typeof size === 'number' && Number.isInteger(size) && size >= 1 && size % 2 === 1) return size;
  throw new CodedError('replay-failed', `The kernel of ${name} has a decision that is not { size }.`, { name });
}

/** Throws `replay-failed` where it does not fit the convolution. */
export function decodeKernel(decision: Json, { weight, kernel }: KernelConv, name: string): KernelDecision {
  const size = decidedSize(decision, name);
  const text = (decision as { readonly weights?: Json }).weights;
  if (text === undefined) return { size, weights: null };
  const count = sizeOf([...weight.shape.slice(0, 2), ...smallerKernel(kernel, size)]);
  const bytes = fromBase64(text, 4 * count);
  if (bytes) return { size, weights: new Float32Array(bytes) };
  throw new CodedError('replay-failed', `The fitted kernel of ${name} does not fit its channels as they are now.`, {
    name,
  });
}
