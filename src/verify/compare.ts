import { viewAs } from '../ir/tensor.ts';
import { decodeFloat } from '../ir/float.ts';
import { isFloat, sizeOf } from '../ir/types.ts';
import type { HostTensor } from '../runtime/types.ts';

/** How one result differs from its reference, on one input. */
export interface Difference {
  /** Why the two cannot be compared element by element; null where they can. */
  readonly mismatch: string | null;
  /** Every element equal (+0 = −0, NaN = NaN). */
  readonly equal: boolean;
  /** Largest |a − b|; Infinity where one side is not finite and the other is something else. */
  readonly maxAbs: number;
  /** Largest finite |a|: what `maxAbs` is measured against. */
  readonly scale: number;
  /** Sums of a·b, a², b², (a − b)² over the elements that are finite on both sides. */
  readonly dot: number;
  readonly normA: number;
  readonly normB: number;
  readonly noise: number;
  /** The result has NaN where the reference has none. */
  readonly newNaN: boolean;
  /** Rows of a score vector, and those whose largest element is at the same place; null for other outputs. */
  readonly top1: { readonly agree: number; readonly rows: number } | null;
}

const INCOMPARABLE = {
  equal: false,
  maxAbs: Infinity,
  scale: 0,
  dot: 0,
  normA: 0,
  normB: 0,
  noise: 0,
  newNaN: false,
  top1: null,
};

/** Compares a result with its reference. Integers and booleans as numbers, strings as equal or not. */
export function compareTensors(reference: HostTensor, result: HostTensor | undefined): Difference {
  if (!result) return { ...INCOMPARABLE, mismatch: 'it is missing' };
  if (reference.dtype !== result.dtype) {
    return { ...INCOMPARABLE, mismatch: `its type is ${result.dtype}, not ${reference.dtype}` };
  }
  const [want, have] = [reference.shape.join('×'), result.shape.join('×')];
  if (want !== have) return { ...INCOMPARABLE, mismatch: `its shape is ${have || 'scalar'}, not ${want || 'scalar'}` };
  const sums = compareElements(valuesOf(reference), valuesOf(result));
  // Beyond 2^53 different integers become the same number.
  if (sums.equal && /int64/.test(reference.dtype) && !sameBytes(reference, result)) {
    return { ...sums, mismatch: null, equal: false, maxAbs: 1, top1: null };
  }
  return { mismatch: null, ...sums, top1: isScores(reference) ? compareTop(reference, result) : null };
}

function sameBytes(a: HostTensor, b: HostTensor): boolean {
  if (!ArrayBuffer.isView(a.data) || !ArrayBuffer.isView(b.data)) return false;
  const [x, y] = [a.data, b.data].map((data) => new BigInt64Array(data.buffer, data.byteOffset, data.byteLength / 8));
  return x !== undefined && y !== undefined && x.every((each, i) => each === y[i]);
}

/** The elements as numbers; strings as they are. */
export function valuesOf({ dtype, shape, data }: HostTensor): ArrayLike<number> | readonly string[] {
  if (!ArrayBuffer.isView(data)) return data;
  const raw = viewAs(dtype, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (raw instanceof BigInt64Array || raw instanceof BigUint64Array) return Float64Array.from(raw, Number);
  return decodeFloat(dtype, raw, sizeOf(shape));
}

type Sums = Omit<Difference, 'mismatch' | 'top1'>;
type Elements = ReturnType<typeof valuesOf>;

const isTexts = (values: Elements): values is readonly string[] => Array.isArray(values);

/** Loops over numbers see two kinds of arrays at most: over more, each access would ask which kind it is. */
const numbersOf = (values: ArrayLike<number>): Float32Array | Float64Array =>
  values instanceof Float32Array || values instanceof Float64Array ? values : Float64Array.from(values);

const compareElements = (a: Elements, b: Elements): Sums =>
  isTexts(a) || isTexts(b) ? compareTexts(a, b) : compareNumbers(numbersOf(a), numbersOf(b));

function compareTexts(a: Elements, b: Elements): Sums {
  const equal = Array.from<number | string>(a).every((each, i) => each === b[i]);
  return { equal, newNaN: false, maxAbs: equal ? 0 : Infinity, scale: 0, dot: 0, normA: 0, normB: 0, noise: 0 };
}

function compareNumbers(a: Float32Array | Float64Array, b: Float32Array | Float64Array): Sums {
  let [equal, newNaN, maxAbs, scale] = [true, false, 0, 0];
  let [dot, normA, normB, noise] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? NaN;
    const y = b[i] ?? NaN;
    // 0 for what is finite, NaN for all else.
    if (x - x !== 0 || y - y !== 0) {
      const same = x === y || (x !== x && y !== y);
      if (!same) [equal, maxAbs] = [false, Infinity];
      if (y !== y && x === x) newNaN = true;
      continue;
    }
    const difference = Math.abs(x - y);
    const size = Math.abs(x);
    if (difference > 0) equal = false;
    if (difference > maxAbs) maxAbs = difference;
    if (size > scale) scale = size;
    dot += x * y;
    normA += x * x;
    normB += y * y;
    noise += difference * difference;
  }
  return { equal, newNaN, maxAbs, scale, dot, normA, normB, noise };
}

/** Largest finite |x|; 0 where there are no numbers. */
export function scaleOf(tensor: HostTensor): number {
  const values = valuesOf(tensor);
  let scale = 0;
  if (isTexts(values)) return scale;
  const numbers = numbersOf(values);
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i] ?? NaN);
    if (size > scale && size !== Infinity) scale = size;
  }
  return scale;
}

/** NaN, or else an infinity, among the elements; null: there is neither. */
export function nonFiniteOf(tensor: HostTensor): 'NaN' | 'Inf' | null {
  const values = valuesOf(tensor);
  if (isTexts(values)) return null;
  const numbers = numbersOf(values);
  let infinite = false;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] ?? NaN;
    if (value - value === 0) continue;
    if (value !== value) return 'NaN';
    infinite = true;
  }
  return infinite ? 'Inf' : null;
}

/** [classes], [N, classes] or [N, S, classes]: the last axis holds scores. Feature maps have more axes. */
const isScores = ({ dtype, shape }: HostTensor): boolean =>
  isFloat(dtype) && shape.length >= 1 && shape.length <= 3 && (shape.at(-1) ?? 0) > 1 && sizeOf(shape) > 0;

function compareTop(reference: HostTensor, result: HostTensor): { agree: number; rows: number } {
  const [a, b] = [valuesOf(reference), valuesOf(result)];
  if (isTexts(a) || isTexts(b)) throw new Error('invariant: scores are numbers');
  const [x, y] = [numbersOf(a), numbersOf(b)];
  const width = reference.shape.at(-1) ?? 1;
  const rows = x.length / width;
  let agree = 0;
  for (let row = 0; row < rows; row++) if (argmax(x, row * width, width) === argmax(y, row * width, width)) agree++;
  return { agree, rows };
}

function argmax(values: Float32Array | Float64Array, from: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if ((values[from + i] ?? 0) > (values[from + best] ?? 0)) best = i;
  return best;
}

/** Whether two tensors of the same shape differ by less than a millionth of their largest element. */
export function isSame(a: HostTensor, b: HostTensor): boolean {
  const { equal, mismatch, maxAbs, scale } = compareTensors(a, b);
  return equal || (mismatch === null && maxAbs <= 1e-6 * scale);
}
