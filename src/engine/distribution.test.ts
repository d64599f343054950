import { describe, expect, it } from 'vitest';
import { distribution, surprise } from './distribution.ts';

describe('surprise', () => {
  it('is −log of the softmax', () => {
    const row = Float64Array.of(1, -2, 0.5);
    for (const index of row.keys()) {
      expect(surprise(row, index)).toBeCloseTo(-Math.log(distribution(row)[index]!), 12);
    }
  });

  it('of scores is not cut off where the probability is too small for a number', () => {
    expect(surprise(Float64Array.of(3000, 0), 1)).toBe(3000);
    expect(surprise(Float64Array.of(3000, 0), 0)).toBe(0);
  });

  it('takes a distribution as it is', () => {
    expect(surprise(Float64Array.of(0.25, 0.75), 0)).toBeCloseTo(Math.log(4), 12);
    expect(surprise(Float64Array.of(0, 1), 0)).toBeCloseTo(744.44, 2);
  });
});
