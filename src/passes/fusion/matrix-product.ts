import type { Tensor } from '../../ir/tensor.ts';

/** A matrix [rows, columns] inside a tensor, transposed there or not, times `factor`. */
export interface Matrix {
  readonly tensor: Tensor;
  readonly rows: number;
  readonly columns: number;
  readonly transposed: boolean;
  readonly factor: number;
  /** Where the columns begin in the tensor, and how many it has; default: they are all. */
  readonly within?: { readonly first: number; readonly of: number };
}

/** The elements row by row, in float64. */
export function rowMajor({ tensor, rows, columns, transposed, factor, within }: Matrix): Float64Array {
  const data = tensor.numbers();
  const { first, of } = within ?? { first: 0, of: columns };
  const out = new Float64Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      out[at] = factor * (data[transposed ? (first + column) * rows + row : row * of + first + column] ?? 0);
    }
  }
  return out;
}

/** a·b, row by row, in float64: [K, N]·[N, P] → [K, P]. */
export function multiply(a: Matrix, b: Matrix): Float64Array {
  const [left, right] = [rowMajor(a), rowMajor(b)];
  const out = new Float64Array(a.rows * b.columns);
  for (let row = 0; row < a.rows; row++) {
    const to = out.subarray(row * b.columns, (row + 1) * b.columns);
    for (let inner = 0; inner < a.columns; inner++) {
      const times = left[row * a.columns + inner] ?? 0;
      if (times === 0) continue;
      const from = inner * b.columns;
      for (let column = 0; column < to.length; column++)
        to[column] = (to[column] ?? 0) + times * (right[from + column] ?? 0);
    }
  }
  return out;
}

/** A vector times a matrix: [N]·[N, P] → [P]. */
export function multiplyRow(row: ArrayLike<number>, b: Matrix): Float64Array {
  const right = rowMajor(b);
  const out = new Float64Array(b.columns);
  for (let i = 0; i < b.rows; i++) {
    for (let column = 0; column < b.columns; column++) {
      out[column] = (out[column] ?? 0) + (row[i] ?? 0) * (right[i * b.columns + column] ?? 0);
    }
  }
  return out;
}
