import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import { roundedWidth } from '../../prune/select.ts';
import { NOTHING_CUT } from '../../prune/options.ts';
import type { PruneGroupView, PruneOptions } from '../../prune/types.ts';
import * as cut from './cut.ts';
import { widthAfterKey } from './WidthSlider.tsx';

function group(channels: number, atoms = channels, key = 'g'): PruneGroupView {
  const random = seeded(channels);
  const importance = Float64Array.from({ length: atoms }, random);
  const order = Int32Array.from(importance.keys()).sort((a, b) => (importance[a] ?? 0) - (importance[b] ?? 0));
  return {
    key,
    name: key,
    channels,
    atoms,
    members: [],
    importance,
    order,
    isHeads: false,
    normalisedBy: [],
    topology: '',
  };
}
const OPTIONS: PruneOptions = { ...NOTHING_CUT, ratio: 0.5, roundTo: 8, ratios: { b: 0.25 } };

describe('the cut of a group', () => {
  it('sorts importances from the most to the least important', () => {
    const sorted = [...cut.sortedImportance(group(40))];
    expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
  });

  it('flags the least important atoms, in file order', () => {
    const g = group(24);
    const flags = cut.cutFlags(g, 16);
    const kept = [...g.importance].filter((_, index) => flags[index] === 0);
    const gone = [...g.importance].filter((_, index) => flags[index] === 1);
    expect([kept.length, gone.length]).toEqual([16, 8]);
    expect(Math.max(...gone)).toBeLessThanOrEqual(Math.min(...kept));
  });

  it('counts in atoms where channels go together', () => {
    expect(cut.cutFlags(group(64, 16), 48).reduce((sum, flag) => sum + flag, 0)).toBe(4);
  });

  it('draws at most as many bars as asked for, each the mean of its share', () => {
    expect(cut.barHeights(Float64Array.from([1, 1, 0.5, 0.5]), 2)).toEqual([1, 0.5]);
    expect(cut.barHeights(Float64Array.from([1, 0.5]), 60)).toEqual([1, 0.5]);
  });
});

describe('a width moved by the keyboard', () => {
  const groups = fc.record({ blocks: fc.integer({ min: 1, max: 6 }), atoms: fc.integer({ min: 2, max: 120 }) });

  it('moves by what rounding lets through: no key press is taken back, and none gets stuck', () => {
    fc.assert(
      fc.property(
        groups,
        fc.constantFrom(1, 3, 4, 8),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (shape, roundTo, at) => {
          const g = group(shape.blocks * shape.atoms, shape.atoms);
          const settle = (kept: number): number => roundedWidth(g, 1 - kept / g.channels, roundTo);
          const kept = settle(at * g.channels);
          const more = settle(cut.stepWidth(g, kept, roundTo, 1));
          const less = settle(cut.stepWidth(g, kept, roundTo, -1));
          expect(more > kept || kept === g.channels).toBe(true);
          expect(less < kept || kept === settle(0.001)).toBe(true);
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });

  it('knows the keys of a slider and no others', () => {
    const g = group(192);
    expect(
      ['ArrowRight', 'ArrowLeft', 'PageUp', 'Home', 'End', 'a'].map((key) => widthAfterKey(g, 96, 8, key)),
    ).toEqual([104, 88, 128, 8, 192, null]);
  });
});

describe('options of single groups', () => {
  const groups = [group(64, 64, 'a'), group(32, 32, 'b')];

  it('sets a width of its own, and takes it back', () => {
    const [a] = groups;
    if (!a) throw new Error('no group');
    expect(cut.withWidth(OPTIONS, a, 48)).toEqual({ ratios: { a: 0.25, b: 0.25 } });
    expect(cut.withoutWidth(OPTIONS, 'b')).toEqual({ ratios: {} });
  });

  it('locks once, however often it is asked to', () => {
    const once = { ...OPTIONS, ...cut.withLock(OPTIONS, 'a', true) };
    expect(cut.withLock(once, 'a', true).protected).toEqual(['a']);
    expect(cut.withLock(once, 'a', false).protected).toEqual([]);
  });

  it('counts what is cut and what stays', () => {
    const forecast = {
      macs: 0,
      parameters: 0,
      bytes: 0,
      activation: 0,
      latency: null,
      kept: Int32Array.from([40, 32]),
    };
    expect(cut.totalsOf(groups, forecast)).toEqual({ cut: 1, kept: 72, channels: 96 });
  });

  it('names widths that rounding moved, the largest detour first', () => {
    const forecast = {
      macs: 0,
      parameters: 0,
      bytes: 0,
      activation: 0,
      latency: null,
      kept: Int32Array.from([40, 24]),
    };
    const odd = { ...OPTIONS, ratio: 0.45, ratios: {} };
    expect(cut.roundedWidths(groups, forecast, odd)).toEqual([
      { name: 'b', asked: 18, kept: 24 },
      { name: 'a', asked: 35, kept: 40 },
    ]);
    expect(cut.roundedWidths(groups, forecast, { ...odd, macs: 0.5 })).toEqual([]);
  });
});
