/** Index of the largest element, the first of equal ones. */
export function argmax(row: Float64Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  return best;
}

/** What is a distribution already stays; of anything else, the softmax. */
export function distribution(row: Float64Array): Float64Array {
  const total = row.reduce((sum, each) => sum + each, 0);
  if (Math.abs(total - 1) < 1e-3 && row.every((each) => each >= 0)) return row;
  const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = row.map((each) => Math.exp(each - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((each) => each / sum);
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
