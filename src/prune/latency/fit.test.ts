import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import { evaluate } from '../evaluate.ts';
import { fitLatency } from './fit.ts';
import type { LatencyFeature, LatencyPoint } from './types.ts';

const CHANNELS = [16, 32, 24];

/** Work between neighbours, what each writes, and what never changes. */
const FEATURES: readonly LatencyFeature[] = [
  {
    name: 'convolution: MACs',
    prior: 0.5,
    terms: [
      { coefficient: 0.3, groups: [0] },
      { coefficient: 0.6, groups: [0, 1] },
      { coefficient: 0.1, groups: [1, 2] },
    ],
  },
  {
    name: 'memory: moved',
    prior: 0.3,
    terms: [
      { coefficient: 0.5, groups: [1] },
      { coefficient: 0.5, groups: [2] },
    ],
  },
  { name: 'fixed', prior: 0.2, terms: [{ coefficient: 1, groups: [] }] },
];

const valueOf = ({ terms }: LatencyFeature, kept: ArrayLike<number>): number =>
  terms.reduce(
    (sum, { coefficient, groups }) =>
      sum + groups.reduce((product, group) => (product * kept[group]!) / CHANNELS[group]!, coefficient),
    0,
  );

/** Points of a device whose latency has these shares of the features. */
function pointsOf(shares: readonly number[], count: number, noise = 0): LatencyPoint[] {
  const random = seeded(11);
  return Array.from({ length: count }, () => {
    const kept = Int32Array.from(CHANNELS, (channels) => 1 + Math.floor(random() * channels));
    const share = FEATURES.reduce((sum, feature, i) => sum + shares[i]! * valueOf(feature, kept), 0);
    return { kept, share: share * (1 + noise * (2 * random() - 1)) };
  });
}

describe('the fit of a latency', () => {
  it('recovers a device whose times are made of the features', () => {
    const fit = fitLatency(FEATURES, CHANNELS, pointsOf([0.2, 0.7, 0.1], 8));
    expect(evaluate(fit.terms, { channels: CHANNELS, kept: CHANNELS })).toBeCloseTo(1, 3);
    for (const { kept, share } of pointsOf([0.2, 0.7, 0.1], 30)) {
      expect(Math.abs(evaluate(fit.terms, { channels: CHANNELS, kept }) / share - 1)).toBeLessThan(0.01);
    }
    expect(fit.parts.map(({ name }) => name)).toEqual(['memory: moved', 'convolution: MACs', 'fixed']);
    expect(fit.error).toBeLessThan(0.01);
    expect(fit.points).toBe(8);
  });

  it('tells an error of about the size of the noise', () => {
    const { error } = fitLatency(FEATURES, CHANNELS, pointsOf([0.2, 0.7, 0.1], 8, 0.2));
    expect(error).toBeGreaterThan(0.02);
    expect(error).toBeLessThan(0.3);
  });

  it('keeps to the profile where the points cannot tell', () => {
    const fit = fitLatency(FEATURES, CHANNELS, []);
    expect(fit.error).toBeNaN();
    fit.parts.forEach(({ name, share }) => {
      expect(share).toBeCloseTo(FEATURES.find((feature) => feature.name === name)!.prior, 6);
    });
  });

  it('leaves out features that the points speak against', () => {
    const fit = fitLatency(FEATURES, CHANNELS, pointsOf([0, 0, 1], 8));
    expect(evaluate(fit.terms, { channels: CHANNELS, kept: [1, 1, 1] })).toBeGreaterThan(0.98);
  });
});
