/** Rounds for each unknown: one is the rule, a few where unknowns leave their bound and go back. */
const ROUNDS = 10;
/** A slope below this share of the largest does not count. */
const FLAT = 1e-12;

/**
 * The x ≥ 0 that minimises ‖A·x − b‖² + λ·‖x − p‖², by active sets (Lawson and Hanson, 1974, chapter 23). With λ > 0 there
 * is one minimum.
 *
 * @param rows [equations][unknowns] A
 * @param right [equations] b
 * @param prior [unknowns] p, what x is drawn to where the equations leave it open
 * @param weight λ > 0
 * @returns [unknowns]
 */
export function nonNegativeLeastSquares(
  rows: readonly ArrayLike<number>[],
  right: ArrayLike<number>,
  prior: ArrayLike<number>,
  weight: number,
): Float64Array {
  const unknowns = Array.from({ length: prior.length }, (_, j) => j);
  const gram = unknowns.map((j) =>
    unknowns.map((k) => sum(rows, (row) => at(row, j) * at(row, k)) + (j === k ? weight : 0)),
  );
  const target = unknowns.map((j) => sum(rows, (row, i) => at(row, j) * at(right, i)) + weight * at(prior, j));
  const least = FLAT * target.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  const x = new Float64Array(unknowns.length);
  const free = new Set<number>();
  for (let round = 0; round < ROUNDS * unknowns.length; round++) {
    const slopes = gram.map((row, j) => at(target, j) - sum(row, (each, k) => each * at(x, k)));
    const bound = unknowns.filter((j) => !free.has(j) && at(slopes, j) > least);
    const [first] = bound.sort((a, b) => at(slopes, b) - at(slopes, a));
    if (first === undefined) break;
    free.add(first);
    settle(gram, target, x, free);
  }
  return x;
}

const at = (list: ArrayLike<number>, index: number): number => list[index] ?? 0;

const sum = <T>(list: readonly T[], of: (each: T, index: number) => number): number =>
  list.reduce((total, each, index) => total + of(each, index), 0);

/** Moves the free unknowns to their common minimum; those that would turn negative stop at 0 and are bound again. */
function settle(
  gram: readonly (readonly number[])[],
  target: readonly number[],
  x: Float64Array,
  free: Set<number>,
): void {
  while (free.size > 0) {
    const order = [...free];
    const solved = solve(
      order.map((j) => order.map((k) => at(gram[j] ?? [], k))),
      order.map((j) => at(target, j)),
    );
    const reach = order.map((j, i) =>
      at(solved, i) > 0 ? 1 : at(x, j) > 0 ? at(x, j) / (at(x, j) - at(solved, i)) : 0,
    );
    const step = Math.min(...reach);
    order.forEach((j, i) => {
      x[j] = at(x, j) + step * (at(solved, i) - at(x, j));
    });
    if (step >= 1) return;
    order.forEach((j, i) => {
      if (at(reach, i) > step) return;
      x[j] = 0;
      free.delete(j);
    });
  }
}

/** Gaussian elimination; the matrix is positive definite, so that its diagonal gives the pivots. Both are used up. */
function solve(matrix: readonly number[][], right: number[]): number[] {
  matrix.forEach((pivotRow, p) => {
    matrix.slice(p + 1).forEach((row, below) => {
      const factor = at(row, p) / at(pivotRow, p);
      for (let k = p; k < right.length; k++) row[k] = at(row, k) - factor * at(pivotRow, k);
      right[p + 1 + below] = at(right, p + 1 + below) - factor * at(right, p);
    });
  });
  for (let p = right.length - 1; p >= 0; p--) {
    const row = matrix[p] ?? [];
    let rest = at(right, p);
    for (let k = p + 1; k < right.length; k++) rest -= at(row, k) * at(right, k);
    right[p] = rest / at(row, p);
  }
  return right;
}
