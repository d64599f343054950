import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { normal, seeded } from '../../base/random.ts';
import { solveSymmetric } from './solve.ts';

/** A·Aᵀ with seeded normal A [n · rank]. */
function gram(n: number, rank: number, seed: number): Float64Array {
  const next = normal(seeded(seed));
  const a = Float64Array.from({ length: n * rank }, next);
  const at = (i: number, j: number): number =>
    Array.from({ length: rank }, (_, t) => (a[i * rank + t] ?? 0) * (a[j * rank + t] ?? 0)).reduce((x, y) => x + y, 0);
  return Float64Array.from({ length: n * n }, (_, i) => at(Math.floor(i / n), i % n));
}

it('solves what it is given', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), fc.integer(), (n, m, seed) => {
      const k = gram(n, n + 3, seed);
      const wanted = Float64Array.from({ length: n * m }, normal(seeded(seed + 1)));
      const right = Float64Array.from({ length: n * m }, (_, i) =>
        Array.from(
          { length: n },
          (_, t) => (k[Math.floor(i / m) * n + t] ?? 0) * (wanted[t * m + (i % m)] ?? 0),
        ).reduce((x, y) => x + y, 0),
      );
      const solved = solveSymmetric(k, right, n, m, 1e-12);
      wanted.forEach((each, i) => expect(solved[i]).toBeCloseTo(each, 4));
    }),
    { seed: 5 },
  );
});

it('stays finite where channels depend on one another, and gives nothing where all are zero', () => {
  const solved = solveSymmetric(gram(6, 2, 3), new Float64Array(6).fill(1), 6, 1, 1e-4);
  expect(solved.every((each) => Number.isFinite(each) && Math.abs(each) < 1e5)).toBe(true);
  expect([...solveSymmetric(new Float64Array(4), Float64Array.of(1, 2), 2, 1, 1e-4)]).toEqual([0, 0]);
});
