import { float16ToNumber } from '../base/float16.ts';
import type { HostTensor } from '../runtime/types.ts';

/** The elements of a tensor of numbers as doubles. */
export function numbersOf({ dtype, data }: HostTensor): Float64Array {
  const elements = data as unknown as ArrayLike<number | bigint>;
  return dtype === 'float16'
    ? Float64Array.from(elements as ArrayLike<number>, float16ToNumber)
    : Float64Array.from(elements, Number);
}
