import { numberToFloat16 } from '../ir/float.ts';
import type { ElementArray } from '../base/element-arrays.ts';
import { tensorOf, type Tensor } from '../ir/tensor.ts';
import type { DataType } from '../ir/types.ts';

const big = (numbers: readonly number[]): bigint[] => numbers.map((each) => BigInt(each));

const ARRAYS: Partial<Record<DataType, (numbers: readonly number[]) => ElementArray>> = {
  float32: (numbers) => Float32Array.from(numbers),
  float64: (numbers) => Float64Array.from(numbers),
  float16: (numbers) => Uint16Array.from(numbers, numberToFloat16),
  int8: (numbers) => Int8Array.from(numbers),
  uint8: (numbers) => Uint8Array.from(numbers),
  bool: (numbers) => Uint8Array.from(numbers, (each) => Number(each !== 0)),
  int16: (numbers) => Int16Array.from(numbers),
  uint16: (numbers) => Uint16Array.from(numbers),
  int32: (numbers) => Int32Array.from(numbers),
  uint32: (numbers) => Uint32Array.from(numbers),
  int64: (numbers) => BigInt64Array.from(big(numbers)),
  uint64: (numbers) => BigUint64Array.from(big(numbers)),
};

/** A small constant of the given elements, which the type holds exactly; null: a type that numbers are not written in. */
export function literal(dtype: DataType, shape: readonly number[], numbers: readonly number[]): Tensor | null {
  const make = ARRAYS[dtype];
  return make ? tensorOf(dtype, shape, make(numbers)) : null;
}
