import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calibration, mcnemar, proportion } from './statistics.ts';

describe('a share of samples', () => {
  it('has the interval of Wilson, also at the ends', () => {
    // Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 0/20, 20/20.
    const rounded = (right: number, total: number) => proportion(right, total).interval.map((x) => x.toFixed(4));
    expect(rounded(81, 263)).toEqual(['0.2553', '0.3662']);
    expect(rounded(0, 20)).toEqual(['0.0000', '0.1611']);
    expect(rounded(20, 20)).toEqual(['0.8389', '1.0000']);
    expect(proportion(0, 0).share).toBeNaN();
  });

  it('lies in its interval, which lies within 0 and 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, part) => {
        const { share, interval } = proportion(Math.round(part * total), total);
        expect(interval[0]).toBeGreaterThanOrEqual(0);
        expect(interval[1]).toBeLessThanOrEqual(1);
        expect(share).toBeGreaterThanOrEqual(interval[0] - 1e-12);
        expect(share).toBeLessThanOrEqual(interval[1] + 1e-12);
      }),
      { seed: 7 },
    );
  });
});

describe("McNemar's exact test", () => {
  it('is the binomial test at a half', () => {
    // 2 · P(X ≤ 1 of 8) = 2 · (1 + 8) / 256.
    expect(mcnemar(1, 7)).toBeCloseTo(18 / 256, 12);
    expect(mcnemar(0, 10)).toBeCloseTo(2 / 1024, 12);
    expect([mcnemar(0, 0), mcnemar(5, 5)]).toEqual([1, 1]);
  });

  it('is the same whichever model is the first, and a probability however large the counts', () => {
    fc.assert(
      fc.property(fc.nat(4000), fc.nat(4000), (a, b) => {
        const p = mcnemar(a, b);
        expect(p).toBeCloseTo(mcnemar(b, a), 12);
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
      }),
      { seed: 8 },
    );
  });
});

describe('calibration', () => {
  it('is the gap between confidence and accuracy, weighted by samples', () => {
    const calibration = new Calibration();
    // One bin: mean confidence 0.95, half right. Another: confidence 0.55, all right.
    for (const right of [true, false]) calibration.add(0.95, right);
    for (let i = 0; i < 2; i++) calibration.add(0.55, true);
    expect(calibration.error()).toBeCloseTo((2 * 0.45 + 2 * 0.45) / 4, 12);
  });

  it('is none where confidence is what it should be, and none of nothing', () => {
    const calibration = new Calibration();
    calibration.add(1, true);
    calibration.add(0, false);
    expect(calibration.error()).toBe(0);
    expect(new Calibration().error()).toBe(0);
  });
});
