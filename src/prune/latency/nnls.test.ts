import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import { nonNegativeLeastSquares } from './nnls.ts';

interface Problem {
  readonly rows: readonly number[][];
  readonly right: readonly number[];
  readonly prior: readonly number[];
  readonly weight: number;
}

function problem(seed: number): Problem {
  const random = seeded(seed);
  const [equations, unknowns] = [1 + Math.floor(random() * 8), 1 + Math.floor(random() * 5)];
  const many = (count: number, make: () => number): number[] => Array.from({ length: count }, make);
  return {
    rows: Array.from({ length: equations }, () => many(unknowns, () => 2 * random() - 1)),
    right: many(equations, () => 2 * random() - 1),
    prior: many(unknowns, random),
    weight: 0.05,
  };
}

const squares = (values: readonly number[]): number => values.reduce((sum, each) => sum + each * each, 0);

/** ‖A·x − b‖² + λ·‖x − p‖² */
const cost = ({ rows, right, prior, weight }: Problem, x: ArrayLike<number>): number =>
  squares(rows.map((row, i) => row.reduce((sum, each, j) => sum + each * x[j]!, 0) - right[i]!)) +
  weight * squares(prior.map((each, j) => x[j]! - each));

/** Its slopes at x, by central differences: exact for squares but for rounding. */
const slopes = (of: Problem, x: Float64Array): number[] =>
  Array.from(x, (_, j) => {
    const moved = (by: number): number =>
      cost(
        of,
        x.map((each, k) => (k === j ? each + by : each)),
      );
    return (moved(1e-3) - moved(-1e-3)) / 2e-3;
  });

describe('non-negative least squares', () => {
  it('meets the conditions of Karush, Kuhn and Tucker', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const given = problem(seed);
      const x = nonNegativeLeastSquares(given.rows, given.right, given.prior, given.weight);
      slopes(given, x).forEach((slope, j) => {
        expect(x[j]).toBeGreaterThanOrEqual(0);
        // At a bound the cost may only rise; elsewhere it is flat.
        if (x[j] === 0) expect(slope).toBeGreaterThan(-1e-7);
        else expect(Math.abs(slope)).toBeLessThan(1e-7);
      });
    }
  });

  it('is no worse than any point of a grid', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const given = problem(seed);
      const best = cost(given, nonNegativeLeastSquares(given.rows, given.right, given.prior, given.weight));
      const random = seeded(seed);
      for (let i = 0; i < 300; i++) {
        const other = given.prior.map(() => Math.max(0, 3 * random() - 1));
        expect(best).toBeLessThanOrEqual(cost(given, other) + 1e-12);
      }
    }
  });

  it('keeps to the prior where the equations say nothing', () => {
    expect([...nonNegativeLeastSquares([], [], [0.25, 0.75], 1e-3)]).toEqual([0.25, 0.75]);
    const twins = nonNegativeLeastSquares([[1, 1]], [1], [0.6, 0.2], 1e-6);
    expect(twins[0]! + twins[1]!).toBeCloseTo(1, 5);
    expect(twins[0]! - twins[1]!).toBeCloseTo(0.4, 5);
  });
});
