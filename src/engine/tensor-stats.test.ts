import { describe, expect, it } from 'vitest';
import { floats, int64s, tensorOf } from '../ir/tensor.ts';
import { tensorStats } from './tensor-stats.ts';

describe('statistics of a tensor', () => {
  it('gives range, mean, population deviation and zeros', () => {
    const stats = tensorStats('w', floats([4], [-1, 0, 1, 4]));
    expect(stats).toMatchObject({ min: -1, max: 4, mean: 1, zeros: 1, nans: 0 });
    expect(stats.std).toBeCloseTo(Math.sqrt(14 / 4), 12);
    expect(stats.histogram.reduce((sum, each) => sum + each, 0)).toBe(4);
    expect(stats.histogram.at(0)).toBe(1);
    expect(stats.histogram.at(-1)).toBe(1);
  });

  it('counts NaN apart and leaves it out of the rest', () => {
    expect(tensorStats('w', floats([3], [NaN, 2, 4]))).toMatchObject({ min: 2, max: 4, mean: 3, nans: 1 });
  });

  it('has no range where there is no number', () => {
    expect(tensorStats('w', floats([0], [])).min).toBeNaN();
    expect(tensorStats('w', floats([1], [NaN])).max).toBeNaN();
  });

  it('reads 64-bit integers and half floats', () => {
    expect(tensorStats('i', int64s([3, -5]))).toMatchObject({ min: -5, max: 3 });
    expect(tensorStats('h', tensorOf('float16', [2], Uint16Array.of(0x3c00, 0xc000)))).toMatchObject({
      min: -2,
      max: 1,
    });
  });

  it('puts a constant tensor into one bin', () => {
    const { histogram } = tensorStats('c', floats([5], [2, 2, 2, 2, 2]));
    expect(histogram.at(0)).toBe(5);
  });
});
