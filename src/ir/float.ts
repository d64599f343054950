import { float16ToNumber, numberToFloat16 } from '../base/float16.ts';
import type { DataType } from './types.ts';
import type { ElementArray } from '../base/element-arrays.ts';

export { float16ToNumber, numberToFloat16 };

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** bfloat16 → number: the upper half of a float32. */
export function bfloat16ToNumber(bits: number): number {
  scratchBits[0] = bits << 16;
  return scratchFloat[0] ?? 0;
}

/** A floating-point format of at most 8 bits: `exponent` and `mantissa` in bits, what its special patterns mean. */
interface Minifloat {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** `ieee`: infinities and NaN; `fn`: only all ones is NaN; `fnuz`: the pattern of −0 is NaN; `none`: numbers only. */
  readonly special: 'ieee' | 'fn' | 'fnuz' | 'none';
}

/** ONNX: "Float stored in 8 bits", "Float stored in 4 bits". */
const MINIFLOATS: Partial<Record<DataType, Minifloat>> = {
  float8e4m3fn: { exponent: 4, mantissa: 3, bias: 7, special: 'fn' },
  float8e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, special: 'fnuz' },
  float8e5m2: { exponent: 5, mantissa: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, special: 'fnuz' },
  float4e2m1: { exponent: 2, mantissa: 1, bias: 1, special: 'none' },
};

function minifloatToNumber(bits: number, { exponent, mantissa, bias, special }: Minifloat): number {
  const sign = bits >> (exponent + mantissa) ? -1 : 1;
  const power = (bits >> mantissa) & (2 ** exponent - 1);
  const fraction = bits & (2 ** mantissa - 1);
  const isTop = power === 2 ** exponent - 1;
  if (special === 'ieee' && isTop) return fraction ? NaN : sign * Infinity;
  if (special === 'fn' && isTop && fraction === 2 ** mantissa - 1) return NaN;
  if (special === 'fnuz' && sign < 0 && power === 0 && fraction === 0) return NaN;
  if (power === 0) return sign * fraction * 2 ** (1 - bias - mantissa);
  return sign * (1 + fraction / 2 ** mantissa) * 2 ** (power - bias);
}

/** float8e8m0 → number: a power of two without sign or fraction. */
const powerOfTwo = (bits: number): number => (bits === 0xff ? NaN : 2 ** (bits - 127));

/** Every value of a format of at most 16 bits by its bit pattern: decoding is a look-up. Made when first needed. */
const tables = new Map<DataType, Float32Array>();

function lookUp(
  dtype: DataType,
  bits: ArrayLike<number>,
  patterns: number,
  decode: (bits: number) => number,
): Float32Array {
  let table = tables.get(dtype);
  if (!table) {
    table = new Float32Array(patterns);
    for (let pattern = 0; pattern < patterns; pattern++) table[pattern] = decode(pattern);
    tables.set(dtype, table);
  }
  const out = new Float32Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = table[bits[i] ?? 0] ?? NaN;
  return out;
}

/** Elements as stored → numbers. Complex numbers come as pairs, real part first. */
export function decodeFloat(dtype: DataType, raw: ElementArray, size: number): ArrayLike<number> {
  const bits = raw as Uint8Array | Uint16Array;
  const minifloat = MINIFLOATS[dtype];
  if (minifloat) {
    const packed = dtype === 'float4e2m1' ? unpack(bits, size, 4) : bits;
    return lookUp(dtype, packed, 256, (each) => minifloatToNumber(each, minifloat));
  }
  switch (dtype) {
    case 'float16':
      return lookUp(dtype, bits, 65536, float16ToNumber);
    case 'bfloat16':
      return lookUp(dtype, bits, 65536, bfloat16ToNumber);
    case 'float8e8m0':
      return Float64Array.from(bits, powerOfTwo);
    case 'uint4':
    case 'uint2':
      return unpack(bits, size, dtype === 'uint4' ? 4 : 2);
    case 'int4':
    case 'int2':
      return signed(unpack(bits, size, dtype === 'int4' ? 4 : 2), dtype === 'int4' ? 4 : 2);
    default:
      return raw as Exclude<ElementArray, BigInt64Array | BigUint64Array>;
  }
}

/** ONNX packs elements of less than a byte from the low bits up. */
function unpack(bytes: ArrayLike<number>, size: number, width: 2 | 4): Uint8Array {
  const [places, mask] = width === 4 ? [1, 15] : [2, 3];
  const out = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const place = i & ((1 << places) - 1);
    out[i] = ((bytes[i >> places] ?? 0) >> (place * width)) & mask;
  }
  return out;
}

/** Two's complement of `width` bits. */
function signed(values: Uint8Array, width: 2 | 4): Int8Array {
  const out = new Int8Array(values.length);
  const unused = 32 - width;
  for (let i = 0; i < out.length; i++) out[i] = ((values[i] ?? 0) << unused) >> unused;
  return out;
}
