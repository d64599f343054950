import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from './importance.ts';
import { roundedWidth, selectWidths, type Selectable } from './select.ts';
import type { CostTerms, PruneOptions } from './types.ts';

const group = (key: string, importance: readonly number[], block = 1): Selectable => ({
  key,
  channels: importance.length * block,
  atoms: importance.length,
  importance: Float64Array.from(importance),
  order: rank(importance),
});
const steps = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => from + i);

const options = (patch: Partial<PruneOptions>): PruneOptions => ({
  ...{ ratio: 0.5, scope: 'group', importance: 'l2', roundTo: 1 },
  ...{ ratios: {}, protected: [], seed: 0, macs: null },
  ...patch,
});
const noTerms = (): CostTerms => ({
  coefficients: new Float64Array(),
  starts: new Int32Array(1),
  groups: new Int32Array(),
});
const select = (groups: readonly Selectable[], patch: Partial<PruneOptions>, terms = noTerms): number[] =>
  Array.from(selectWidths(groups, options(patch), terms));

describe('rank', () => {
  it('goes from the least to the most important; equal ones stay in order', () => {
    expect(Array.from(rank([3, 1, 2, 1, 0]))).toEqual([4, 1, 3, 2, 0]);
  });
});

describe('scope group', () => {
  const groups = [group('a', steps(10)), group('b', steps(7)), group('c', steps(4), 3)];

  it('removes the share from every group', () => {
    expect(select(groups, { ratio: 0.5 })).toEqual([5, 3, 6]);
    expect(select(groups, { ratio: 0 })).toEqual([10, 7, 12]);
  });
  it('never removes everything', () => expect(select(groups, { ratio: 1 })).toEqual([1, 1, 3]));
  it('takes shares set for single groups, and leaves protected ones', () => {
    expect(select(groups, { ratio: 0.5, ratios: { a: 0.2 }, protected: ['b'] })).toEqual([8, 7, 6]);
  });
  it('rounds to multiples made of whole atoms, keeping small groups whole', () => {
    expect(select(groups, { ratio: 0.5, roundTo: 4 })).toEqual([4, 4, 12]);
    expect(select([group('d', steps(50))], { ratio: 0.04, roundTo: 8 })).toEqual([48]);
    expect(select([group('d', steps(50))], { ratio: 0.01, roundTo: 8 })).toEqual([48]);
    expect(select([group('d', steps(6))], { ratio: 0.9, roundTo: 8 })).toEqual([6]);
  });
  it('gives back a width that was set as a share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), fc.integer({ min: 1, max: 4096 }), (a, b) => {
        const [kept, channels] = [Math.min(a, b), Math.max(a, b)];
        const whole = { ...group('x', []), channels, atoms: channels };
        expect(roundedWidth(whole, 1 - kept / channels, 1)).toBe(kept);
      }),
    );
  });
});

describe('scope global', () => {
  it('takes the least important relative to their group first', () => {
    const groups = [group('small', [1, 1, 1, 1]), group('skewed', [1, 1, 100, 100])];
    expect(select(groups, { scope: 'global', ratio: 0.25 })).toEqual([4, 2]);
  });
  it('is blind to the scale of a group', () => {
    const importance = [5, 1, 4, 2, 3, 6];
    const groups = [
      group('a', importance),
      group(
        'b',
        importance.map((each) => each * 1000),
      ),
    ];
    expect(select(groups, { scope: 'global', ratio: 0.5 })).toEqual([3, 3]);
  });
  it('counts channels, not atoms, and leaves out groups with a share of their own', () => {
    const groups = [group('blocks', [1, 2, 3, 4], 8), group('own', steps(10)), group('kept', [0, 0])];
    expect(select(groups, { scope: 'global', ratio: 0.5, ratios: { own: 0.1 }, protected: ['kept'] })).toEqual([
      16, 9, 2,
    ]);
  });
  it('keeps at least one step of every group', () => {
    const groups = [group('a', [1, 1, 1, 1]), group('b', [1, 1, 1, 1])];
    expect(select(groups, { scope: 'global', ratio: 1, roundTo: 2 })).toEqual([2, 2]);
  });
});

/** MACs = 100 + 900 · share², one group of 100 channels. */
const terms = (): CostTerms => ({
  coefficients: Float64Array.of(100, 900),
  starts: Int32Array.of(0, 0, 2),
  groups: Int32Array.of(0, 0),
});
const macsAt = (kept: number): number => (100 + 900 * (kept / 100) ** 2) / 1000;

describe('a MACs target', () => {
  const groups = [group('a', steps(100))];

  it('is met by the widest model that is cheap enough', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.12, max: 1, noNaN: true }), (macs) => {
        const [kept = 0] = select(groups, { macs }, terms);
        expect(macsAt(kept)).toBeLessThanOrEqual(macs);
        if (kept < 100) expect(macsAt(kept + 1)).toBeGreaterThan(macs);
      }),
    );
  });
  it('out of reach: as narrow as can be', () => expect(select(groups, { macs: 0.01 }, terms)).toEqual([1]));
});
