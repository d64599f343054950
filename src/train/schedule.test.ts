import { describe, expect, it } from 'vitest';
import { rateAt, SCHEDULE } from './schedule.ts';

describe('a learning rate', () => {
  it('rises evenly while warming up, and then has its whole size', () => {
    const schedule = { ...SCHEDULE, kind: 'constant', warmUp: 4 } as const;
    const rates = [0, 1, 2, 3, 4, 9].map((step) => rateAt(step, 10, 0.8, schedule));
    expect(rates.map((rate) => rate.toFixed(6))).toEqual([
      '0.200000',
      '0.400000',
      '0.600000',
      '0.800000',
      '0.800000',
      '0.800000',
    ]);
  });

  it('falls along a cosine to its floor', () => {
    const schedule = { ...SCHEDULE, kind: 'cosine', floor: 0.1 } as const;
    expect(rateAt(0, 100, 1, schedule)).toBeCloseTo(1, 9);
    expect(rateAt(50, 100, 1, schedule)).toBeCloseTo(0.55, 9);
    expect(rateAt(100, 100, 1, schedule)).toBeCloseTo(0.1, 9);
  });

  it('falls in steps', () => {
    const schedule = { ...SCHEDULE, kind: 'step', every: 0.5, factor: 0.1 } as const;
    expect([0, 49, 50, 99].map((step) => rateAt(step, 100, 1, schedule).toFixed(3))).toEqual([
      '1.000',
      '1.000',
      '0.100',
      '0.100',
    ]);
  });
});
