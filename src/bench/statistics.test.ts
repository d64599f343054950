import { describe, expect, test } from 'vitest';
import { normal, seeded } from '../base/random.ts';
import { bootstrapRatio, isSettled, judge, median, medianDeviation, quantile, slope } from './statistics.ts';

/** `count` times around `middle` ms with a relative spread. */
const times = (count: number, middle: number, spread: number, seed: number): number[] => {
  const next = normal(seeded(seed));
  return Array.from({ length: count }, () => middle * (1 + spread * next()));
};

describe('statistics of times', () => {
  test('median, quantiles and deviation', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8, 12);
    expect(medianDeviation([1, 1, 2, 2, 4, 6, 9])).toBe(1);
    expect(median([])).toBeNaN();
  });

  test('the slope does not mind an outlier', () => {
    expect(slope([10, 9, 8, 7, 6])).toBe(-1);
    expect(slope([10, 10, 90, 10, 10])).toBe(0);
    expect(slope([7])).toBe(0);
  });

  test('a warm-up is settled once times stop falling', () => {
    const falling = Array.from({ length: 12 }, (_, i) => 100 / (i + 1));
    expect(isSettled(falling)).toBe(false);
    expect(isSettled([...falling, ...times(8, 8, 0.002, 1)])).toBe(true);
    expect(isSettled([5, 5, 5])).toBe(false);
    expect(isSettled([...Array.from({ length: 8 }, (_, i) => 8 + i)])).toBe(true);
  });

  test('the interval holds the true ratio about as often as it says, and is the same each time', () => {
    let held = 0;
    for (let seed = 0; seed < 60; seed++) {
      const [low, high] = bootstrapRatio(times(30, 20, 0.05, 2 * seed + 1), times(30, 10, 0.05, 2 * seed + 2));
      if (low <= 2 && 2 <= high) held++;
    }
    expect(held).toBeGreaterThan(50);
    const [a, b] = [times(30, 20, 0.1, 5), times(30, 10, 0.1, 6)];
    expect(bootstrapRatio(a, b, 3)).toEqual(bootstrapRatio(a, b, 3));
    expect(bootstrapRatio([2, 2, 2], [1, 1, 1])).toEqual([2, 2]);
  });

  test('a drift that hits both alike does not widen it', () => {
    const drift = Array.from({ length: 30 }, (_, i) => 1 + i);
    const [low, high] = bootstrapRatio(
      drift.map((each) => 2 * each),
      drift,
    );
    expect(low).toBeCloseTo(2, 9);
    expect(high).toBeCloseTo(2, 9);
  });

  test.each([
    [[1.2, 1.4], 30, 'faster'],
    [[0.8, 0.9], 30, 'slower'],
    [[0.98, 1.02], 30, 'no change'],
    [[1.005, 1.02], 30, 'no change'],
    [[0.9, 1.1], 30, 'inconclusive'],
    [[1.01, 1.2], 30, 'faster'],
    [[1.2, 1.4], 3, 'inconclusive'],
    [[NaN, NaN], 30, 'inconclusive'],
  ] as const)('%j over %i pairs is %s', (interval, pairs, verdict) => {
    expect(judge(interval, pairs)).toBe(verdict);
  });
});
