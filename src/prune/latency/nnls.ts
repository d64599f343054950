const SWEEPS = 20_000;
/** Relative change of all unknowns below which a sweep was the last. */
const SETTLED = 1e-13;

/**
 * The x ≥ 0 that minimises ‖A·x − b‖² + λ·‖x − p‖², one unknown at a time (coordinate descent: each step is exact, and
 * with λ > 0 the minimum is unique and reached from anywhere; Franc, Hlaváč and Navara, 2005).
 *
 * @param rows [equations][unknowns] A
 * @param right [equations] b
 * @param prior [unknowns] p ≥ 0, what x is drawn to where the equations leave it open
 * @param weight λ > 0
 * @returns [unknowns]
 */
export function nonNegativeLeastSquares(
  rows: readonly ArrayLike<number>[],
  right: ArrayLike<number>,
  prior: ArrayLike<number>,
  weight: number,
): Float64Array {
  const count = prior.length;
  const gram = Array.from({ length: count }, (_, j) =>
    Float64Array.from({ length: count }, (__, k) => sum(rows, (row) => at(row, j) * at(row, k)) + (j === k ? weight : 0)),
  );
  const target = Float64Array.from(
    { length: count },
    (_, j) => sum(rows, (row, i) => at(row, j) * at(right, i)) + weight * at(prior, j),
  );
  const x = Float64Array.from(prior);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let change = 0;
    gram.forEach((row, j) => {
      const slope = at(target, j) - row.reduce((total, each, k) => total + each * at(x, k), 0);
      const next = Math.max(0, at(x, j) + slope / at(row, j));
      change = Math.max(change, Math.abs(next - at(x, j)));
      x[j] = next;
    });
    if (change <= SETTLED * x.reduce((a, b) => Math.max(a, b), 0)) break;
  }
  return x;
}

const at = (list: ArrayLike<number>, index: number): number => list[index] ?? 0;

const sum = <T>(list: readonly T[], of: (each: T, index: number) => number): number =>
  list.reduce((total, each, index) => total + of(each, index), 0);
