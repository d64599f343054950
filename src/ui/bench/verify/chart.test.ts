import { describe, expect, it } from 'vitest';
import { errorScale, powerOfTen, standingOf } from './chart.ts';

describe('the scale of errors', () => {
  it('holds every error and the tolerance in whole decades', () => {
    const scale = errorScale([3e-7, 0.2, 0], 1e-4);
    expect(scale.ticks.map(({ exponent }) => exponent)).toEqual([-7, -5, -3, -1]);
    expect(scale.place(1e-7)).toBeCloseTo(0, 12);
    expect(scale.place(1)).toBeCloseTo(1, 12);
    expect(scale.place(1e-4)).toBeCloseTo(3 / 7, 12);
    expect(scale.beyond).toBe(false);
  });

  it('stands also where all errors are 0, where some are none, and where they are beyond what types tell apart', () => {
    expect(errorScale([0, 0], 0).ticks.length).toBeGreaterThan(1);
    expect(errorScale([Infinity, Number.NaN, 1], 1e-4).beyond).toBe(true);
    const tiny = errorScale([1e-30], 1e-6);
    expect(tiny.ticks[0]!.exponent).toBe(-12);
    expect(tiny.place(1e-30)).toBe(0);
  });

  it('labels powers, and tells how a value stands', () => {
    expect([powerOfTen(-12), powerOfTen(3)]).toEqual(['10⁻¹²', '10³']);
    expect(standingOf({ ok: true, tooSensitive: false })).toBe('ok');
    expect(standingOf({ ok: false, tooSensitive: false })).toBe('off');
    expect(standingOf({ ok: false, tooSensitive: true })).toBe('unsure');
  });
});
