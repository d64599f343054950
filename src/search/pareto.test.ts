import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { hypervolume } from './hypervolume.ts';
import { crowding, dominates, fronts, paretoFront, type Scored } from './pareto.ts';

const scored = (...values: readonly number[]): Scored => ({ values, broken: 0 });
const LESS_MORE = ['less', 'more'] as const;

describe('what is better', () => {
  it('is no worse in any objective and better in one', () => {
    expect(dominates([1, 2], [1, 3])).toBe(true);
    expect(dominates([1, 2], [1, 2])).toBe(false);
    expect(dominates([1, 4], [2, 3])).toBe(false);
  });

  it('makes fronts, one behind the other', () => {
    const population = [scored(1, 0.9), scored(2, 0.95), scored(2, 0.9), scored(3, 0.8), scored(1, 0.9)];
    expect([...fronts(population, LESS_MORE)]).toEqual([0, 0, 1, 2, 0]);
    // A point that is there twice is one point.
    expect(paretoFront(population, LESS_MORE)).toEqual([0, 1]);
  });

  it('is, where constraints are broken, what breaks them least, and none of it is a result', () => {
    const population = [{ values: [1, 1], broken: 2 }, { values: [9, 0], broken: 0.5 }, scored(5, 0.5)];
    expect([...fronts(population, LESS_MORE)]).toEqual([2, 1, 0]);
    expect(paretoFront(population, LESS_MORE)).toEqual([2]);
    expect(paretoFront(population.slice(0, 2), LESS_MORE)).toEqual([]);
  });

  it('agrees with its definition on any population', () => {
    const value = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 25 }), (rows) => {
        const population = rows.map((row) => scored(...row));
        const rank = fronts(population, ['less', 'less', 'less']);
        rows.forEach((row, i) => {
          const over = rows.flatMap((other, j) => (dominates(other, row) ? [rank[j] ?? NaN] : []));
          expect(rank[i]).toBe(over.length === 0 ? 0 : 1 + Math.max(...over));
        });
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is lonely at the ends of a front, and where neighbours are far', () => {
    const front = [scored(0, 0), scored(1, 1), scored(9, 9), scored(10, 10)];
    const distance = crowding(front, LESS_MORE);
    expect([distance[0], distance[3]]).toEqual([Infinity, Infinity]);
    expect(distance[1]).toBeCloseTo(1.8, 12);
    expect(distance[2]).toBeCloseTo(1.8, 12);
  });
});

describe('the hypervolume', () => {
  it('is the area under a staircase', () => {
    // Times 1, 2, 4 with accuracies 0.5, 0.8, 0.9; the corner is 5 ms at 0.4.
    const points = [
      [1, 0.5],
      [2, 0.8],
      [4, 0.9],
      [3, 0.7],
      [6, 1],
    ];
    expect(hypervolume(points, [5, 0.4], LESS_MORE)).toBeCloseTo(4 * 0.1 + 3 * 0.3 + 1 * 0.1, 12);
  });

  it('agrees with counting points in the box, in three objectives', () => {
    const random = seeded(5);
    const points = Array.from({ length: 12 }, () => [random(), random(), random()]);
    const exact = hypervolume(points, [1, 1, 1], ['less', 'less', 'less']);
    let hit = 0;
    const tries = 40_000;
    for (let i = 0; i < tries; i++) {
      const at = [random(), random(), random()];
      if (points.some((point) => point.every((value, axis) => value <= (at[axis] ?? 0)))) hit++;
    }
    // Three standard deviations of the count.
    expect(Math.abs(exact - hit / tries)).toBeLessThan(3 * Math.sqrt((exact * (1 - exact)) / tries));
  });

  it('never shrinks when a point comes, and is nothing without one', () => {
    expect(hypervolume([], [1, 1], ['less', 'less'])).toBe(0);
    const value = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 12 }), fc.tuple(value, value), (points, more) => {
        const before = hypervolume(points, [1, 1], ['less', 'more']);
        expect(hypervolume([...points, more], [1, 1], ['less', 'more'])).toBeGreaterThanOrEqual(before - 1e-12);
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});
