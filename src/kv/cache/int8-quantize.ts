import { CodedError } from '../../base/error.ts';
import { float16ToNumber, numberToFloat16 } from '../../base/float16.ts';

export type ScaleType = 'float16' | 'float32';
/** Scales as they are stored: float16 as bits. */
export type Scales = Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

export const SCALE_BYTES: Readonly<Record<ScaleType, number>> = { float16: 2, float32: 4 };

export const emptyScales = (type: ScaleType, length = 0): Scales =>
  type === 'float16' ? new Uint16Array(length) : new Float32Array(length);

export const scaleAt = (scales: Scales, at: number): number =>
  scales instanceof Uint16Array ? float16ToNumber(scales[at]!) : scales[at]!;

/** The largest scale that each type can tell. */
const MOST: Readonly<Record<ScaleType, number>> = { float16: 65504, float32: 3e38 };

/**
 * The scale of numbers up to `largest` by size, as it is stored: `largest / 127`, rounded up, so that nothing is clipped
 * and the error of a number is half a step at most.
 */
function storeScale(scales: Scales, at: number, largest: number): number {
  const exact = largest / 127;
  const type = scales instanceof Float32Array ? 'float32' : 'float16';
  if (!(exact <= MOST[type])) {
    const message = `Keys or values up to ${largest} cannot be kept in eight bits with ${type} scales.`;
    const cure = Number.isFinite(largest) ? 'Choose float32 scales.' : 'Look where the model leaves its range.';
    throw new CodedError('unsupported', `${message} ${cure}`);
  }
  if (scales instanceof Float32Array) {
    const near = Math.fround(exact);
    // Rounded down, the next float32 above: a relative 2⁻²³ is one step of the last digit at least.
    scales[at] = near < exact ? near * (1 + 2 ** -23) + 2 ** -149 : near;
  } else {
    const bits = numberToFloat16(exact);
    scales[at] = float16ToNumber(bits) < exact ? bits + 1 : bits;
  }
  return scaleAt(scales, at);
}

/** Numbers that share a scale: `count` of them, `stride` apart. */
export interface Strip {
  readonly at: number;
  readonly stride: number;
  readonly count: number;
}

/** Symmetric: q = round(x / scale), −127 … 127. The same places are read in `source` and written in `target`. */
export function quantizeStrip(
  source: Float32Array,
  target: Int8Array,
  { at, stride, count }: Strip,
  scales: Scales,
  scale: number,
): void {
  const end = at + stride * count;
  let largest = 0;
  for (let i = at; i < end; i += stride) {
    const size = Math.abs(source[i]!);
    // A comparison that fails for NaN keeps it, so that the scale is refused.
    if (!(size <= largest)) largest = size;
  }
  const step = storeScale(scales, scale, largest);
  for (let i = at; i < end; i += stride) target[i] = step === 0 ? 0 : Math.round(source[i]! / step);
}

export function dequantizeStrip(
  source: Int8Array,
  target: Float32Array,
  { at, stride, count }: Strip,
  step: number,
): void {
  const end = at + stride * count;
  for (let i = at; i < end; i += stride) target[i] = source[i]! * step;
}

/** An upper bound of |x − dequantized x| among numbers up to `largest` that share a scale (but float32's own rounding). */
export function int8ErrorBound(largest: number, scales: ScaleType): number {
  const exact = largest / 127;
  const rounded = scales === 'float16' ? exact * (1 + 2 ** -10) + 2 ** -24 : exact * (1 + 2 ** -22) + 2 ** -148;
  return rounded / 2;
}
