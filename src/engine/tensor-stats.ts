import type { Tensor } from '../ir/tensor.ts';
import type { TensorStats } from './types.ts';

const BINS = 48;

/** Range, moments and histogram of a constant. Strings and complex numbers have none: their range is NaN. */
export function tensorStats(name: string, tensor: Tensor): TensorStats {
  const head = { name, dtype: tensor.dtype, shape: tensor.shape, bytes: tensor.byteLength };
  const countable = tensor.dtype !== 'string' && !tensor.dtype.startsWith('complex');
  const values = countable ? tensor.numbers() : new Float32Array(0);
  const { min, max, sum, zeros, nans } = scan(values);
  const count = values.length - nans;
  const mean = sum / count;
  const histogram = new Float64Array(BINS);
  let squares = 0;
  const scale = max > min ? BINS / (max - min) : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) continue;
    squares += (value - mean) ** 2;
    const bin = Math.min(BINS - 1, Math.floor((value - min) * scale));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  return { ...head, min, max, mean, std: Math.sqrt(squares / count), zeros, nans, histogram };
}

function scan(values: ArrayLike<number>) {
  let [min, max, sum, zeros, nans] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) nans += 1;
    else {
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
      if (value === 0) zeros += 1;
    }
  }
  return values.length > nans ? { min, max, sum, zeros, nans } : { min: NaN, max: NaN, sum: NaN, zeros, nans };
}
