import { describe, expect, it } from 'vitest';
import { flatten, shareAtHarm } from './flatten.ts';
import type { Selectable } from './select.ts';
import { curvesOf, harmOf, merged, usualHarm, type Sensitivity, type SensitivityPoint } from './sensitivity.ts';

const point = (ratio: number, kl: number): SensitivityPoint => ({
  ratio,
  kept: 10 * (1 - ratio),
  fidelity: { cosine: 1 - kl / 10, kl, agreement: 1 - kl / 2 },
  accuracy: 0.9 - kl / 4,
});
const found = (groups: Readonly<Record<string, readonly SensitivityPoint[]>>, accuracy: number | null = 0.9) =>
  ({
    importance: 'l2',
    seed: 0,
    runs: 3,
    accuracy,
    groups: Object.entries(groups).map(([key, points]) => ({ key, name: key, channels: 10, points })),
  }) satisfies Sensitivity;

describe('harm', () => {
  it('is read from any of four figures, 0 for none', () => {
    const all = found({});
    expect(harmOf(all, point(0.5, 1), 'kl')).toBe(1);
    expect(harmOf(all, point(0.5, 1), 'cosine')).toBeCloseTo(0.1, 12);
    expect(harmOf(all, point(0.5, 1), 'agreement')).toBeCloseTo(0.5, 12);
    expect(harmOf(all, point(0.5, 1), 'accuracy')).toBeCloseTo(0.25, 12);
    // Better than before is no harm, and no gain either.
    expect(harmOf(found({}, 0.2), point(0.5, 0), 'accuracy')).toBe(0);
    expect([usualHarm(all), usualHarm(found({}, null))]).toEqual(['accuracy', 'kl']);
  });

  it('that is no number is beyond all that were measured: such a share is never chosen', () => {
    const curves = curvesOf(found({ a: [point(0.25, 1), point(0.5, NaN), point(0.75, NaN)] }), 'kl');
    expect(curves[0]?.harms).toEqual([1, Infinity, Infinity]);
    expect(shareAtHarm(curves[0]!, 1e9)).toBe(0.25);
    const group = { key: 'a', channels: 100, atoms: 100 } as Selectable;
    const shares = flatten([group], curves, (kept) => kept[0] ?? 0, 'macs', 0.4, 1);
    expect(shares).toEqual({ a: 0.25 });
    expect(flatten([group], curves, (kept) => kept[0] ?? 0, 'macs', 0.8, 1)['a']).toBeCloseTo(0.2, 1);
  });

  it('leaves groups of fixed shares out of the choice, and counts them in the cost', () => {
    const groups = ['a', 'b'].map((key) => ({ key, channels: 100, atoms: 100 }) as Selectable);
    const curves = curvesOf(found({ a: [point(0.8, 1)], b: [point(0.8, 1)] }), 'kl');
    const shares = flatten(groups, curves, (kept) => (kept[0] ?? 0) + (kept[1] ?? 0), 'macs', 0.7, 1, { a: 0 });
    expect(shares['a']).toBe(0);
    expect(shares['b']).toBeCloseTo(0.6, 1);
  });
});

describe('two findings', () => {
  it('become one: groups and points of both, the later one where both have it', () => {
    const first = found({ a: [point(0.2, 1), point(0.4, 2)] });
    const second = found({ a: [point(0.4, 3), point(0.6, 4)], b: [point(0.2, 5)] });
    expect(merged(null, first)).toBe(first);
    expect(merged(first, second)).toEqual(
      found({ a: [point(0.2, 1), point(0.4, 3), point(0.6, 4)], b: [point(0.2, 5)] }),
    );
    expect(merged(second, first).groups.map(({ key, points }) => [key, points.length])).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
  });
});
