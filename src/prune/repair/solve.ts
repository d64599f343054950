/**
 * X with (K + λ·I)·X = R for a symmetric positive K [n · n] and R [n · m], both row by row, by Cholesky's decomposition.
 * λ is `ridge` times the mean of K's diagonal, so that channels which always go together do not blow up; where that mean
 * is 0, X is 0.
 */
export function solveSymmetric(k: Float64Array, r: Float64Array, n: number, m: number, ridge: number): Float64Array {
  const x = r.slice();
  let trace = 0;
  for (let i = 0; i < n; i++) trace += k[i * n + i] ?? 0;
  if (!(trace > 0)) return x.fill(0);
  const lower = decompose(k, n, (ridge * trace) / n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) subtractRow(x, i, j, m, lower[i * n + j] ?? 0);
    scaleRow(x, i, m, 1 / (lower[i * n + i] ?? 1));
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) subtractRow(x, i, j, m, lower[j * n + i] ?? 0);
    scaleRow(x, i, m, 1 / (lower[i * n + i] ?? 1));
  }
  return x;
}

/** L with L·Lᵀ = K + λ·I. */
function decompose(k: Float64Array, n: number, lambda: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = (k[i * n + j] ?? 0) + (i === j ? lambda : 0);
      for (let t = 0; t < j; t++) sum -= (lower[i * n + t] ?? 0) * (lower[j * n + t] ?? 0);
      // Rounding may leave a pivot at or below 0; λ is what it cannot be smaller than.
      lower[i * n + j] = i === j ? Math.sqrt(Math.max(sum, lambda)) : sum / (lower[j * n + j] ?? 1);
    }
  }
  return lower;
}

function subtractRow(x: Float64Array, i: number, j: number, m: number, factor: number): void {
  if (factor === 0) return;
  for (let c = 0; c < m; c++) x[i * m + c] = (x[i * m + c] ?? 0) - factor * (x[j * m + c] ?? 0);
}

function scaleRow(x: Float64Array, i: number, m: number, factor: number): void {
  for (let c = 0; c < m; c++) x[i * m + c] = (x[i * m + c] ?? 0) * factor;
}
