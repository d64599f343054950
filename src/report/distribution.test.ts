import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { densityPath, distribute } from './distribution.ts';
import { createAxis, formatTick, niceStep } from './scale.ts';

describe('an axis', () => {
  it('has round labels that hold the whole range', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (from, span) => {
          const axis = createAxis(from, from + span, 7);
          const slack = axis.step * 1e-6;
          expect(axis.from).toBeLessThanOrEqual(from + slack);
          expect(axis.to).toBeGreaterThanOrEqual(from + span - slack);
          expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
          expect(axis.ticks.length).toBeLessThanOrEqual(10);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('widens an empty range so that one value can stand in it', () => {
    const axis = createAxis(5, 5, 6);
    expect(axis.place(5)).toBeGreaterThan(0);
    expect(axis.place(5)).toBeLessThan(1);
    expect(createAxis(0, 0, 6).to).toBeGreaterThan(0);
  });

  it('steps by 1, 2 or 5 and labels with as many decimals as the step needs', () => {
    expect([niceStep(12, 6), niceStep(0.9, 6), niceStep(33, 6)]).toEqual([2, 0.2, 10]);
    expect([formatTick(10, 2), formatTick(0.25, 0.05), formatTick(-1, 0.5)]).toEqual(['10', '0.25', '−1.0']);
  });
});

describe('the distribution of runs', () => {
  const steady = { median: 10, p95: 10.4, samples: [9.8, 9.9, 10, 10, 10, 10.1, 10.1, 10.2, 10.4] };

  it('puts all series on one axis and keeps one dot for each run', () => {
    const { axis, series } = distribute([
      steady,
      { ...steady, median: 20, p95: 20.2, samples: [19, 19.5, 20, 20, 20, 20.1, 20.1, 20.2] },
    ]);
    expect(series.map((each) => each.dots.length)).toEqual([9, 8]);
    expect(axis.place(9.8)).toBeGreaterThanOrEqual(0);
    for (const { dots, density } of series) {
      expect(dots.every((dot) => dot.x >= 0 && dot.x <= 1 && dot.lane >= 0 && dot.lane < 1)).toBe(true);
      expect(Math.max(...density.map(([, height]) => height))).toBe(1);
    }
  });

  it('counts rare stalls at the edge instead of squeezing the rest', () => {
    const { axis, series } = distribute([{ ...steady, samples: [...steady.samples, 400] }]);
    expect(axis.to).toBeLessThan(20);
    expect(series[0]?.beyond).toEqual({ count: 1, max: 400 });
    expect(series[0]?.dots.at(-1)?.x).toBe(1);
  });

  it('draws no curve through a few runs, and one through equal runs', () => {
    const [few] = distribute([{ median: 1, p95: 1, samples: [1, 1.1, 1.2] }]).series;
    expect(few && densityPath(few, 100, 40, 50)).toBe('');
    const [equal] = distribute([{ median: 1, p95: 1, samples: Array.from({ length: 12 }, () => 1) }]).series;
    expect(equal && densityPath(equal, 100, 40, 50)).toMatch(/^M0\.0 .*L100\.0 /);
    expect(equal && densityPath(equal, 100, 40, 50)).not.toContain('NaN');
  });
});
