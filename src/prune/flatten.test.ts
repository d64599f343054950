import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { flatten, shareAtHarm } from './flatten.ts';
import type { CostAt, Selectable } from './select.ts';

const group = (key: string): Selectable => ({
  key,
  channels: 100,
  atoms: 100,
  importance: new Float64Array(100),
  order: new Int32Array(100),
  isHeads: false,
  topology: '',
});
const RATIOS = [0.25, 0.5, 0.75];
/** Every channel costs the same. */
const cost: CostAt = (kept) => kept.reduce((sum, each) => sum + each, 0);

it('reads a curve between its points, and never past what was measured', () => {
  const curve = { ratios: RATIOS, harms: [1, 3, 3] };
  expect([0, 0.5, 1, 2, 3, 9].map((harm) => shareAtHarm(curve, harm))).toEqual([0, 0.125, 0.25, 0.375, 0.75, 0.75]);
  expect(shareAtHarm({ ratios: RATIOS, harms: [0, 0, 4] }, 1)).toBeCloseTo(0.5625, 6);
  expect(shareAtHarm({ ratios: RATIOS, harms: [2, 1, 4] }, 1)).toBeCloseTo(0.125, 6);
});

it('cuts what hardly suffers more than what suffers at once, to the target', () => {
  const curves = [
    { key: 'tough', ratios: RATIOS, harms: [0.1, 0.2, 0.3] },
    { key: 'tender', ratios: RATIOS, harms: [1, 2, 3] },
  ];
  const shares = flatten([group('tough'), group('tender'), group('unknown')], curves, cost, 'macs', 0.75, 1);
  expect(shares['unknown']).toBe(0);
  expect(shares['tough']).toBeCloseTo(10 * shares['tender']!, 2);
  expect(Math.abs(100 * (shares['tough']! + shares['tender']!) - 75)).toBeLessThan(1);
});

it('meets every target that is in reach', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.double({ min: 0.3, max: 1, noNaN: true }),
      (harms, share) => {
        const groups = harms.map((_, i) => group(`g${i}`));
        const curves = harms.map((each, i) => ({ key: `g${i}`, ratios: RATIOS, harms: each }));
        const shares = flatten(groups, curves, cost, 'macs', share, 1);
        const left = groups.reduce((sum, { key }) => sum + Math.round(100 * (1 - (shares[key] ?? 0)) - 1e-9), 0);
        expect(left).toBeLessThanOrEqual(share * 100 * groups.length + 1e-6);
      },
    ),
    { seed: 3 },
  );
});

it('goes as far as was measured where the target is out of reach', () => {
  const curves = [{ key: 'a', ratios: RATIOS, harms: [1, 2, 3] }];
  expect(flatten([group('a')], curves, cost, 'macs', 0.1, 1)).toEqual({ a: 0.75 });
});

it('cuts no more than the target takes where much goes at one and the same harm', () => {
  const curves = [
    { key: 'free', ratios: RATIOS, harms: [0, 0, 0] },
    { key: 'half', ratios: RATIOS, harms: [0, 0, 9] },
  ];
  const groups = [group('free'), group('half')];
  // Without any harm, 75 and 50 of 200 channels could go: 40 of them have to.
  const shares = flatten(groups, curves, cost, 'macs', 0.8, 1);
  expect(Math.abs(100 * (shares['free']! + shares['half']!) - 40)).toBeLessThan(1);
  expect(shares['free']! / shares['half']!).toBeCloseTo(1.5, 1);
  const step = [{ key: 'free', ratios: RATIOS, harms: [1, 1, 1] }];
  expect(flatten([group('free')], step, cost, 'macs', 0.6, 1)['free']).toBeCloseTo(0.4, 1);
});

it('cuts nothing where nothing has to go', () => {
  const curves = [{ key: 'a', ratios: RATIOS, harms: [0, 0, 0] }];
  expect(flatten([group('a')], curves, cost, 'macs', 1, 1)).toEqual({ a: 0 });
});
