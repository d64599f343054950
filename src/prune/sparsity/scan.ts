import type { Tensor } from '../../ir/tensor.ts';

export interface TensorScan {
  readonly zeros: number;
  /** NaN or infinite elements. */
  readonly nonFinite: number;
}

const known = new WeakMap<Tensor, TensorScan>();

/** One look at every element; kept, for constants do not change. Throws `external-data` where a file is missing. */
export function scanTensor(tensor: Tensor): TensorScan {
  const before = known.get(tensor);
  if (before) return before;
  const numbers = tensor.numbers();
  let [zeros, nonFinite] = [0, 0];
  for (let i = 0; i < numbers.length; i++) {
    const each = numbers[i] ?? NaN;
    if (each === 0) zeros++;
    else if (!Number.isFinite(each)) nonFinite++;
  }
  const scan = { zeros, nonFinite };
  known.set(tensor, scan);
  return scan;
}
