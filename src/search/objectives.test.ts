import { describe, expect, test } from 'vitest';
import { brokenBy, qualityFor, shareOfBox } from './objectives.ts';
import type { Metrics, ObjectiveId } from './types.ts';

const metrics = (accuracy: number | null, samples: number): Metrics => ({
  quality: { agreement: 0.9, information: 0.8, cosine: 0.7, kl: 0.1, accuracy, samples },
  bytes: 1,
  macs: 1,
  parameters: 1,
  peakBytes: 1,
});

describe('what quality is', () => {
  test('accuracy where there are labels', () => {
    expect(qualityFor(null, metrics(0.5, 10))).toBe('accuracy');
  });
  test('without labels agreement, of few samples information', () => {
    expect(qualityFor(null, metrics(null, 500))).toBe('agreement');
    expect(qualityFor(null, metrics(null, 50))).toBe('information');
  });
  test('what was asked for, but for accuracy without labels', () => {
    expect(qualityFor('cosine', metrics(0.5, 10))).toBe('cosine');
    expect(qualityFor('accuracy', metrics(null, 10))).toBe('agreement');
  });
});

describe('broken constraints', () => {
  const value = (of: Partial<Record<ObjectiveId, number>>) => (objective: ObjectiveId) => of[objective] ?? NaN;
  test('are told as shares of their bounds', () => {
    const constraints = [
      { objective: 'latency', bound: 10 },
      { objective: 'quality', bound: 0.8 },
    ] as const;
    expect(brokenBy(constraints, value({ latency: 8, quality: 0.9 }), value({}))).toBe(0);
    expect(brokenBy(constraints, value({ latency: 15, quality: 0.6 }), value({}))).toBeCloseTo(0.5 + 0.25, 12);
  });
  test('may be shares of what the model has', () => {
    const constraints = [{ objective: 'macs', bound: 0.5, relative: true }] as const;
    expect(brokenBy(constraints, value({ macs: 50 }), value({ macs: 100 }))).toBe(0);
    expect(brokenBy(constraints, value({ macs: 60 }), value({ macs: 100 }))).toBeCloseTo(0.2, 12);
  });
  test('count as broken where the value is not known', () => {
    expect(brokenBy([{ objective: 'latency', bound: 10 }], value({}), value({}))).toBe(1);
  });
});

describe('the share of the box', () => {
  const point = (latency: number, quality: number, broken = 0) => ({ values: [latency, quality], broken });
  test('is one for a model that takes no time and is right', () => {
    expect(shareOfBox([point(0, 1)], ['latency', 'quality'], [10, 1])).toBeCloseTo(1, 12);
  });
  test('of the model alone is what 5 % leave', () => {
    expect(shareOfBox([point(10, 1)], ['latency', 'quality'], [10, 1])).toBeCloseTo(0.05 / 1.05, 12);
  });
  test('leaves out what breaks a constraint or is not known', () => {
    const points = [point(10, 1), point(1, 1, 0.1), point(NaN, 1)];
    expect(shareOfBox(points, ['latency', 'quality'], [10, 1])).toBeCloseTo(0.05 / 1.05, 12);
  });
});
