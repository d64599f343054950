import { describe, expect, it } from 'vitest';
import { forecastOf } from '../prune/forecast.ts';
import { NOTHING_CUT } from '../prune/options.ts';
import type { Sensitivity } from '../prune/sensitivity.ts';
import type { PruneOptions } from '../prune/types.ts';
import { flattenTarget, flatWidths, isMeasured } from './flattening.ts';
import { evenPlan } from './testing/prune-plan.ts';

const plan = evenPlan(['tough', 'tender']);
const sessionOf = (options: Partial<PruneOptions>) => ({
  plan,
  options: { ...NOTHING_CUT, ...options },
  latency: null,
});
const RATIOS = [0.4, 0.8];
/** Of KL the tender group suffers ten times as much; of agreement both suffer alike. */
const found: Sensitivity = {
  importance: 'l2',
  seed: 0,
  runs: 8,
  accuracy: null,
  groups: [
    ['tough', 0.1],
    ['tender', 1],
  ].map(([key, kl]) => ({
    key: String(key),
    name: String(key),
    channels: 100,
    points: RATIOS.map((ratio) => ({
      ratio,
      kept: 100 * (1 - ratio),
      fidelity: { cosine: 1, kl: Number(kl) * ratio, agreement: 1 - ratio },
      accuracy: null,
    })),
  })),
};

describe('what flattened widths have to meet', () => {
  it('is the cost that is the target', () => {
    expect(flattenTarget(sessionOf({ bytes: 0.7, ratio: 0.9 }), forecastOf)).toEqual({
      target: 'bytes',
      share: 0.7,
      derived: false,
    });
  });

  it('is what a share of the channels leaves of the MACs, whatever was set by hand', () => {
    const target = flattenTarget(sessionOf({ ratio: 0.25, ratios: { tough: 0.9 } }), forecastOf);
    expect(target).toEqual({ target: 'macs', share: 0.75, derived: true });
  });

  it('is nothing where nothing is to be cut', () => {
    expect(flattenTarget(sessionOf({}), forecastOf)).toBeNull();
    expect(flattenTarget(sessionOf({ macs: 1 }), forecastOf)).toBeNull();
  });
});

describe('flattened widths', () => {
  const half = { target: 'macs', share: 0.7, derived: false } as const;

  it('cut the tough group more than the tender one, to the target', () => {
    const { ratios, left } = flatWidths(sessionOf({}), found, half, null);
    expect(ratios['tough']! / ratios['tender']!).toBeCloseTo(10, 1);
    expect(left).toBeLessThanOrEqual(0.7);
    expect(left).toBeGreaterThan(0.68);
    expect(forecastOf(plan, { ...NOTHING_CUT, ratios }).macs / 2000).toBeCloseTo(left, 9);
  });

  it('go by what is chosen to be made equal', () => {
    const { ratios } = flatWidths(sessionOf({}), found, half, 'agreement');
    expect(ratios['tough']).toBeCloseTo(0.3, 1);
    expect(ratios['tender']).toBeCloseTo(ratios['tough']!, 9);
  });

  it('leave locked groups whole and free, while the others meet the target', () => {
    const { ratios, left } = flatWidths(sessionOf({ protected: ['tough'] }), found, half, null);
    expect(Object.keys(ratios)).toEqual(['tender']);
    expect(left).toBeLessThanOrEqual(0.7);
  });

  it('end at what was measured, and say what that leaves', () => {
    const { ratios, left } = flatWidths(sessionOf({}), found, { ...half, share: 0.1 }, null);
    expect(ratios).toEqual({ tough: 0.8, tender: 0.8 });
    expect(left).toBeCloseTo(0.2, 9);
  });
});

it('all is measured once every group has a point at every share', () => {
  const [tough, tender] = found.groups;
  const some = { ...found, groups: [tough!, { ...tender!, points: tender!.points.slice(0, 1) }] };
  expect(isMeasured(plan, { ratios: RATIOS, found })).toBe(true);
  expect(isMeasured(plan, { ratios: RATIOS, found: some })).toBe(false);
  expect(isMeasured(plan, { ratios: [0.4], found: some })).toBe(true);
  expect(isMeasured(plan, { ratios: RATIOS, found: { ...found, groups: [tough!] } })).toBe(false);
});
