import { ELEMENT_ARRAYS, type ElementArray, type ElementArrayConstructor } from '../base/element-arrays.ts';
import { float16ToNumber, numberToFloat16 } from '../base/float16.ts';

/** Element types that NumPy and ONNX share, by their ONNX names. */
export type ElementType = keyof typeof ELEMENT_ARRAYS;

export type Elements = ElementArray;

const ARRAYS: Readonly<Record<ElementType, ElementArrayConstructor>> = ELEMENT_ARRAYS;

export const isElementType = (name: string): name is ElementType => Object.hasOwn(ARRAYS, name);
export const isFloatType = (dtype: ElementType): boolean => dtype.startsWith('float');
export const bytesOf = (dtype: ElementType): number => ARRAYS[dtype].BYTES_PER_ELEMENT;
export const allocateElements = (dtype: ElementType, count: number): Elements => new ARRAYS[dtype](count);
export const countOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Bytes as elements; copied where they are misaligned or big-endian. */
export function elementsOf(dtype: ElementType, bytes: Uint8Array, bigEndian: boolean): Elements {
  const Array = ARRAYS[dtype];
  const width = Array.BYTES_PER_ELEMENT;
  const swap = bigEndian && width > 1;
  const own = swap || bytes.byteOffset % width !== 0 ? bytes.slice() : bytes;
  if (swap) for (let at = 0; at + width <= own.length; at += width) own.subarray(at, at + width).reverse();
  return new Array(own.buffer, own.byteOffset, Math.floor(own.byteLength / width));
}

/** The elements as numbers: float16 decoded, 64-bit integers rounded to doubles. */
export function numbersOf(dtype: ElementType, data: Elements): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return dtype === 'float16' ? Float64Array.from(data as Uint16Array, float16ToNumber) : data;
}

/** Inclusive bounds of the narrow integer types. */
const BOUNDS: Partial<Record<ElementType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  bool: [0, 1],
};

/** Numbers as elements of `dtype`: integers are rounded to nearest and kept within the type's bounds. */
export function encodeNumbers(dtype: ElementType, values: ArrayLike<number>): Elements {
  const out = allocateElements(dtype, values.length);
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    for (let i = 0; i < out.length; i++) out[i] = BigInt(Math.round(values[i] ?? 0) || 0);
    return out;
  }
  const bounds = BOUNDS[dtype];
  for (let i = 0; i < out.length; i++) {
    const value = values[i] ?? 0;
    if (bounds) out[i] = Math.min(Math.max(Math.round(value), bounds[0]), bounds[1]);
    else out[i] = dtype === 'float16' ? numberToFloat16(value) : value;
  }
  return out;
}

/** Rows `[from, to)` of the first axis, as a view. */
export const rowsOf = (data: Elements, rowLength: number, from: number, to: number): Elements =>
  data.subarray(from * rowLength, to * rowLength);
