import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from './importance/criteria.ts';
import { NOTHING_CUT } from './options.ts';
import { roundedWidth, selectWidths, type CostAt, type Selectable } from './select.ts';
import type { PruneOptions } from './types.ts';

const group = (key: string, importance: readonly number[], block = 1, topology = 'conv'): Selectable => ({
  key,
  channels: importance.length * block,
  atoms: importance.length,
  importance: Float64Array.from(importance),
  order: rank(importance),
  isHeads: topology === 'heads',
  topology,
});
const steps = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => from + i);

const noCost: CostAt = () => 0;
const select = (groups: readonly Selectable[], patch: Partial<PruneOptions>, cost = noCost): number[] =>
  Array.from(selectWidths(groups, { ...NOTHING_CUT, ratio: 0.5, ...patch }, () => cost));

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

describe('scope isomorphic', () => {
  it('ranks only groups of one topology together', () => {
    const [weak, strong] = [
      [1, 1, 1, 1],
      [1, 1, 100, 100],
    ];
    const groups = [group('a', weak), group('b', strong), group('c', weak, 1, 'dense'), group('d', weak, 1, 'dense')];
    expect(select(groups, { scope: 'isomorphic', ratio: 0.25 })).toEqual([4, 2, 2, 4]);
  });
});

describe('criteria that compare across groups', () => {
  it('are ranked as they are', () => {
    const groups = [group('a', [0.1, 0.2, 0.3, 1]), group('b', [0.5, 0.6, 0.7, 1])];
    expect(select(groups, { scope: 'global', importance: 'lamp', ratio: 0.25 })).toEqual([2, 4]);
  });
});

describe('heads', () => {
  it('stay where they are not wanted', () => {
    const groups = [group('a', steps(10)), group('h', steps(4), 8, 'heads')];
    expect(select(groups, { heads: false })).toEqual([5, 32]);
    expect(select(groups, {})).toEqual([5, 16]);
  });
});

/** MACs = 100 + 900 · share², parameters = 50 + 50 · share, one group of 100 channels. */
const cost: CostAt = ([kept = 0], target) =>
  target === 'macs' ? 100 + 900 * (kept / 100) ** 2 : 50 + 50 * (kept / 100);
const shareAt = (kept: number): number => cost(Int32Array.of(kept), 'macs') / 1000;

describe('a target', () => {
  const groups = [group('a', steps(100))];

  it('is met by the widest model that is cheap enough', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.12, max: 1, noNaN: true }), (macs) => {
        const [kept = 0] = select(groups, { macs }, cost);
        expect(shareAt(kept)).toBeLessThanOrEqual(macs);
        if (kept < 100) expect(shareAt(kept + 1)).toBeGreaterThan(macs);
      }),
    );
  });
  it('may be of parameters or bytes', () => {
    expect(select(groups, { parameters: 0.75 }, cost)).toEqual([50]);
    expect(select(groups, { bytes: 0.6 }, cost)).toEqual([20]);
  });
  it('out of reach: as narrow as can be', () => expect(select(groups, { macs: 0.01 }, cost)).toEqual([1]));
});
