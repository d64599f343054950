import { decodeFloat } from '../ir/float.ts';
import type { ElementArray } from '../base/element-arrays.ts';
import type { Tensor } from '../ir/tensor.ts';
import { BITS, byteLengthOf, type DataType } from '../ir/types.ts';

/** Strings and complex numbers have no order, so no range and no picture. */
export const isOrdered = (dtype: DataType): boolean =>
  dtype !== 'string' && dtype !== 'undefined' && !dtype.startsWith('complex');

/** Stored numbers for one element. */
const perElement = (dtype: DataType): number => (dtype.startsWith('complex') ? 2 : 1);

function wholeNumbers(stored: BigInt64Array | BigUint64Array): Float64Array {
  const out = new Float64Array(stored.length);
  for (let i = 0; i < out.length; i++) out[i] = Number(stored[i]);
  return out;
}

/** The elements of a tensor, decoded in parts: a tensor of 100 MB is never held twice. Not for strings. */
export class Elements {
  readonly tensor: Tensor;
  private readonly raw: ElementArray;

  constructor(tensor: Tensor) {
    this.tensor = tensor;
    this.raw = tensor.read();
  }

  /**
   * Elements `from` to `to` as numbers; integers beyond ±2^53 lose digits, complex numbers come as pairs. Always the
   * same kind of array: loops over it stay fast.
   */
  numbers(from: number, to: number): Float64Array {
    const { dtype } = this.tensor;
    const stored = this.stored(from, to);
    if (stored instanceof BigInt64Array || stored instanceof BigUint64Array) return wholeNumbers(stored);
    const skipped = from % this.packed;
    return new Float64Array(decodeFloat(dtype, stored, skipped + to - from)).subarray(skipped);
  }

  /** Elements as they are stored; types of less than a byte from the start of the first one's byte on. */
  stored(from: number, to: number): ElementArray {
    const { dtype } = this.tensor;
    if (this.packed === 1) return this.raw.subarray(from * perElement(dtype), to * perElement(dtype));
    return this.raw.subarray(Math.floor(from / this.packed), byteLengthOf(dtype, to));
  }

  /** Elements in one stored number. */
  private get packed(): number {
    return Math.max(1, 8 / BITS[this.tensor.dtype]);
  }
}
