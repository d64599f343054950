import { describe, expect, it } from 'vitest';
import { atLeast, atMost, changedOf, dropOf, exactly } from './bounds.ts';

describe('a bound', () => {
  it.each([
    [[0.5, 0.9], 'met'],
    [[1.1, 2], 'broken'],
    [[0.9, 1.1], 'undecided'],
    [[0.5, 1], 'met'],
  ] as const)('of at most 1 is, for %j, %s', (interval, status) => {
    expect(atMost({ value: 1, interval }, 1)).toBe(status);
  });

  it.each([
    [[0.5, 0.9], 'broken'],
    [[1.1, 2], 'met'],
    [[0.9, 1.1], 'undecided'],
    [[1, 2], 'met'],
  ] as const)('of at least 1 is, for %j, %s', (interval, status) => {
    expect(atLeast({ value: 1, interval }, 1)).toBe(status);
  });

  it('leaves nothing open of what is counted', () => {
    expect([atMost(exactly(1), 1), atMost(exactly(1.001), 1), atLeast(exactly(0.999), 1)]).toEqual([
      'met',
      'broken',
      'broken',
    ]);
  });
});

describe('the drop of accuracy on paired samples', () => {
  it('has the interval of Bonett and Price: 12 broken, 4 fixed of 100', () => {
    // p12 = 13/102, p21 = 5/102, difference 8/102, ± 1.96·√((18/102 − (8/102)²)/102).
    const { value, interval } = dropOf(100, 12, 4);
    expect(value).toBeCloseTo(8, 10);
    expect(interval[0]).toBeCloseTo(100 * (8 / 102 - 1.96 * Math.sqrt((18 / 102 - (8 / 102) ** 2) / 102)), 10);
    expect(interval[1]).toBeCloseTo(15.85, 1);
  });

  it('says little of few samples and much of many, where none changed', () => {
    expect(atMost(dropOf(20, 0, 0), 1)).toBe('undecided');
    expect(atMost(dropOf(5000, 0, 0), 1)).toBe('met');
    expect(atMost(dropOf(5000, 200, 0), 1)).toBe('broken');
  });

  it('is 0 where as many were fixed as broken, and below 0 where more were', () => {
    expect(dropOf(1000, 30, 30).value).toBe(0);
    expect(atMost(dropOf(1000, 30, 30), 5)).toBe('met');
    expect(dropOf(1000, 0, 100).interval[1]).toBeLessThan(0);
  });
});

it('changed answers have Wilson’s interval: 10 of 100 are 5.5 to 17.4 points', () => {
  const { value, interval } = changedOf(100, 10);
  expect(value).toBeCloseTo(10, 10);
  expect(interval[0]).toBeCloseTo(5.52, 2);
  expect(interval[1]).toBeCloseTo(17.44, 2);
  expect(changedOf(64, 0).interval[0]).toBe(0);
});
