import { isFloat, isInteger, type DataType } from '../../ir/types.ts';

/** Types that hold every value of a type exactly, by significant bits and range (IEEE 754; bfloat16 has 8 bits). */
const WIDER: Partial<Record<DataType, readonly DataType[]>> = {
  bool: [
    ...(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64'] as const),
    ...(['float16', 'bfloat16', 'float32', 'float64'] as const),
  ],
  uint8: [
    ...(['uint16', 'int16', 'uint32', 'int32', 'uint64', 'int64'] as const),
    ...(['float16', 'bfloat16', 'float32', 'float64'] as const),
  ],
  int8: ['int16', 'int32', 'int64', 'float16', 'bfloat16', 'float32', 'float64'],
  uint16: ['uint32', 'int32', 'uint64', 'int64', 'float32', 'float64'],
  int16: ['int32', 'int64', 'float32', 'float64'],
  uint32: ['uint64', 'int64', 'float64'],
  int32: ['int64', 'float64'],
  uint64: [],
  int64: [],
  float16: ['float32', 'float64'],
  bfloat16: ['float32', 'float64'],
  float32: ['float64'],
  float64: [],
};

/** Every value of `from` is a value of `to`. */
export const isLossless = (from: DataType, to: DataType): boolean =>
  from === to || (WIDER[from]?.includes(to) ?? false);

/**
 * Why from → over → to is not the same as from → to for every value; null: it is. Integers wrap alike from any wider
 * integer; a float beyond an integer's range has no defined result, so there the same conversion must run; 16-bit floats
 * are read as float32 first by the runtime, whatever they become.
 */
export function lossRefusal(from: DataType, over: DataType, to: DataType): string | null {
  if (!WIDER[from] || !WIDER[over] || !WIDER[to])
    return `conversions between ${from}, ${over} and ${to} are not looked at`;
  if (!isLossless(from, over)) return `a ${from} may lose something as ${over}`;
  if (!isInteger(to) || from === to) return null;
  const sameKernel = over === 'float32' && (from === 'float16' || from === 'bfloat16');
  if (isFloat(from)) return sameKernel ? null : `a ${from} out of the range of ${to} has no defined result`;
  return isFloat(over) && !isLossless(from, to) ? `a ${from} may be out of the range of ${to}` : null;
}
