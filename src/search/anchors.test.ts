import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corrected, correctionOf, UNCORRECTED } from './anchors.ts';

describe('what a table tells, held against whole runs', () => {
  test('anchors on a line give the line', () => {
    const { fixed, share } = correctionOf([1, 3, 10].map((told) => ({ told, timed: 0.2 + 0.8 * told })));
    expect(fixed).toBeCloseTo(0.2, 9);
    expect(share).toBeCloseTo(0.8, 9);
  });

  test('one anchor gives a share', () => {
    expect(correctionOf([{ told: 4, timed: 5 }])).toEqual({ fixed: 0, share: 1.25 });
  });

  test('anchors of one size give the share between them', () => {
    const { fixed, share } = correctionOf([
      { told: 4, timed: 5 },
      { told: 4, timed: 5 },
    ]);
    expect([fixed, share]).toEqual([0, 1.25]);
  });

  test('a line that falls is not believed', () => {
    const { fixed, share } = correctionOf([
      { told: 1, timed: 2 },
      { told: 2, timed: 1 },
    ]);
    expect(fixed).toBe(0);
    expect(share).toBeGreaterThan(0);
  });

  test('without anchors, and of what has no time, nothing is corrected', () => {
    expect(correctionOf([])).toEqual(UNCORRECTED);
    expect(correctionOf([{ told: 0, timed: 1 }])).toEqual(UNCORRECTED);
    expect(correctionOf([{ told: 1, timed: Infinity }])).toEqual(UNCORRECTED);
  });

  test('order is kept and times stay above zero, whatever the anchors', () => {
    const time = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    const anchors = fc.array(fc.record({ told: time, timed: time }), { maxLength: 5 });
    fc.assert(
      fc.property(anchors, time, time, (list, a, b) => {
        const correction = correctionOf(list);
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((ms) => corrected(ms, correction)) as [number, number];
        expect(low).toBeGreaterThan(0);
        expect(high).toBeGreaterThanOrEqual(low);
      }),
      { seed: 8, numRuns: 300 },
    );
  });
});
