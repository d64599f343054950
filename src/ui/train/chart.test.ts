import { describe, expect, it } from 'vitest';
import type { CurvePoint, Evaluation } from '../../engine/train/types.ts';
import { LOSSES } from '../../train/defaults.ts';
import {
  factorsOf,
  lossLines,
  lossOf,
  metricOf,
  pathOf,
  smoothed,
  spread,
  thinned,
  usualTop,
  windowOf,
} from './chart.ts';

const NOTHING: Evaluation = {
  step: 0,
  samples: 10,
  top1: null,
  agreement: null,
  crossEntropy: null,
  divergence: null,
  perplexity: null,
  error: null,
};

describe('a smoothed line', () => {
  it('is the mean of the last values, of fewer where there are fewer', () => {
    expect(smoothed([4, 2, 6, 0], 2)).toEqual([4, 3, 4, 3]);
    expect(smoothed([4, 2, 6, 0], 3)).toEqual([4, 3, 4, 8 / 3]);
  });

  it('passes over what is no number, and comes back after it', () => {
    expect(smoothed([1, NaN, 3, Infinity, 5, 5], 2)).toEqual([1, 1, 3, 3, 5, 5]);
    expect(smoothed([NaN, 2], 2)).toEqual([NaN, 2]);
  });

  it('goes over no more than 20 steps, and over one where there are few', () => {
    expect([0, 4, 60, 1000].map(windowOf)).toEqual([1, 1, 8, 20]);
  });
});

describe('thinning', () => {
  it('keeps every peak and every dip', () => {
    const points = Array.from({ length: 10_000 }, (_, x) => ({ x, y: x === 5678 ? 9 : x === 1234 ? -9 : Math.sin(x) }));
    const kept = thinned(points, 100);
    expect(kept.length).toBeLessThanOrEqual(200);
    expect(kept).toContainEqual({ x: 5678, y: 9 });
    expect(kept).toContainEqual({ x: 1234, y: -9 });
    expect(kept.every(({ x }, at) => at === 0 || x > kept[at - 1]!.x)).toBe(true);
  });

  it('leaves a short line as it is', () => {
    const points = [1, 2, 3].map((x) => ({ x, y: x }));
    expect(thinned(points, 100)).toBe(points);
  });
});

describe('the chart of the loss', () => {
  const curve = (count: number): CurvePoint[] =>
    Array.from({ length: count }, (_, i) => ({ step: i + 1, loss: 3, terms: [1, 2], rate: 0.1, norm: 1 }));

  it('has a line for each of several terms, and none beside the total of one', () => {
    const lines = lossLines(curve(50), [1, 0.5], 100);
    expect(lines.terms.map((line) => line.at(-1)?.y)).toEqual([1, 1]);
    expect(lines.total.at(-1)).toEqual({ x: 50, y: 3 });
    expect(lossLines(curve(50), [1], 100).terms).toEqual([]);
  });

  it('gives each term its factor; those that are left out have none', () => {
    const hints = [{ student: 'a', teacher: 'b', kind: 'hint', factor: 0.1 }] as const;
    expect(factorsOf({ ...LOSSES, labels: 0, logits: 2, values: 0, hints })).toEqual([2, 0.1]);
  });

  it('is as high as what is usual, not as one wild step', () => {
    expect(usualTop([...Array.from({ length: 99 }, () => 2), 1e9])).toBe(2);
    expect(usualTop([])).toBe(0);
    const wild = curve(200).map((point) => (point.step === 150 ? { ...point, loss: 1e3 } : point));
    expect(lossLines(wild, [1], 100).top).toBeLessThan(60);
  });

  it('leaves steps out whose loss is no number', () => {
    const broken = curve(4).map((point) => (point.step === 2 ? { ...point, loss: NaN } : point));
    expect(lossLines(broken, [1], 100).raw.map(({ x }) => x)).toEqual([1, 3, 4]);
  });
});

describe('labels at the ends of lines', () => {
  it('keep apart in their order, and within the chart', () => {
    expect(spread([50, 52, 10], 14, 100)).toEqual([50, 64, 10]);
    expect(spread([98, 99, 100], 14, 100)).toEqual([72, 86, 100]);
    expect(spread([], 14, 100)).toEqual([]);
  });
});

describe('what held-out samples are told by', () => {
  it('is perplexity for texts, right classes with labels, else likeness to the teacher', () => {
    expect(metricOf([{ ...NOTHING, perplexity: 9, top1: 0.3 }])?.key).toBe('perplexity');
    expect(metricOf([{ ...NOTHING, top1: 0.3, agreement: 0.4 }])?.key).toBe('top1');
    expect(metricOf([{ ...NOTHING, agreement: 0.4, divergence: 1 }])?.key).toBe('agreement');
    expect(metricOf([{ ...NOTHING, error: 0.4 }])?.key).toBe('error');
    expect(metricOf([NOTHING])).toBeNull();
  });

  it('has a loss beside it: against labels, else to the teacher', () => {
    expect(lossOf({ ...NOTHING, crossEntropy: 1, divergence: 2 })).toBe(1);
    expect(lossOf({ ...NOTHING, divergence: 2 })).toBe(2);
    expect(lossOf(NOTHING)).toBeNull();
  });
});

it('a path goes from point to point', () => {
  expect(
    pathOf(
      [
        { x: 0, y: 1 },
        { x: 2.04, y: 3 },
      ],
      (point) => point,
    ),
  ).toBe('M0 1L2 3');
});
