/** Index of the largest element, the first of equal ones. */
export function argmax(row: Float64Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  return best;
}

/** Sums to one and has nothing below zero. */
const isDistribution = (row: Float64Array): boolean =>
  Math.abs(row.reduce((sum, each) => sum + each, 0) - 1) < 1e-3 && row.every((each) => each >= 0);

const largest = (row: Float64Array): number => row.reduce((a, b) => Math.max(a, b), -Infinity);

/** What is a distribution already stays; of anything else, the softmax. */
export const distribution = (row: Float64Array): Float64Array => (isDistribution(row) ? row : softmax(row));

export function softmax(row: Float64Array): Float64Array {
  const most = largest(row);
  const powers = row.map((each) => Math.exp(each - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((each) => each / sum);
}

/** Mean over rows of the standard deviation within a row. */
export function spreadOf(rows: readonly ArrayLike<number>[]): number {
  const spreads = rows.map((row) => {
    const numbers = Array.from(row);
    const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
    return Math.sqrt(numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / numbers.length);
  });
  return spreads.reduce((sum, each) => sum + each, 0) / Math.max(1, spreads.length);
}

/**
 * −log of the probability that `row` gives to an element, nats. From scores it is taken without the probability, which is
 * 0 beyond 745 nats; of a distribution that gives 0, that of the smallest number there is.
 */
export function surprise(row: Float64Array, index: number): number {
  const score = row[index] ?? 0;
  if (isDistribution(row)) return -Math.log(Math.max(score, Number.MIN_VALUE));
  const most = largest(row);
  return most - score + Math.log(row.reduce((sum, each) => sum + Math.exp(each - most), 0));
}

/** KL(p ‖ q) of two distributions, nats. */
export function divergence(p: Float64Array, q: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const [x, y] = [p[i] ?? 0, q[i] ?? 0];
    if (x > 0) sum += x * (Math.log(x) - Math.log(Math.max(y, Number.MIN_VALUE)));
  }
  return Math.max(0, sum);
}
