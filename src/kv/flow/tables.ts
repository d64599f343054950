import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { tensorOf, type Tensor } from '../../ir/tensor.ts';

/** What a table of positions provably holds; `rows` of it can be made up. */
export type Formula =
  /** cos or sin of row · frequency, a frequency for each column: base^(−2i/d), each of them once or twice. */
  | { readonly kind: 'cos' | 'sin'; readonly frequencies: readonly number[]; readonly base: number }
  /** One number up to the diagonal, another one behind it. */
  | { readonly kind: 'triangle'; readonly kept: number; readonly hidden: number };

/** Angles are products of float32 numbers in most exporters: relative to the angle, a few last bits. */
const ANGLE = 4 * 2 ** -23;
const VALUE = 2e-6;
/** By how much a column must change from its first row to its last for its frequency to be told. */
const TURN = 1e-3;
/** How near frequencies must come to powers of one base. */
const POWER = 1e-3;

/** What the rows of `[rows, columns]` numbers follow; null: nothing that is known, as what was learnt. */
export function formulaOf(numbers: ArrayLike<number>, rows: number, columns: number): Formula | null {
  return rows < 3 ? null : (triangleOf(numbers, rows, columns) ?? wavesOf(numbers, rows, columns));
}

function triangleOf(numbers: ArrayLike<number>, rows: number, columns: number): Formula | null {
  if (rows !== columns) return null;
  const [kept, hidden] = [numbers[0] ?? NaN, numbers[1] ?? NaN];
  if (kept === hidden) return null;
  for (let i = 0; i < rows * columns; i++)
    if (numbers[i] !== (i % columns <= Math.floor(i / columns) ? kept : hidden)) return null;
  return { kind: 'triangle', kept, hidden };
}

/** Row 0 tells cos from sin; row 1 the frequencies, which the other rows and the law of powers must bear out. */
function wavesOf(numbers: ArrayLike<number>, rows: number, columns: number): Formula | null {
  const first = Array.from({ length: columns }, (_, i) => numbers[i] ?? NaN);
  const kind = first.every((x) => Math.abs(x - 1) < VALUE)
    ? 'cos'
    : first.every((x) => Math.abs(x) < VALUE)
      ? 'sin'
      : null;
  if (kind === null) return null;
  const [wave, back] = kind === 'cos' ? [Math.cos, Math.acos] : [Math.sin, Math.asin];
  for (const pairs of pairings(columns)) {
    const count = Math.max(...pairs) + 1;
    const top = back(numbers[columns + pairs.indexOf(0)] ?? NaN);
    // The lowest frequency that can be told: those below it turn too little within the table.
    const turns = (i: number): number =>
      Math.abs((numbers[(rows - 1) * columns + pairs.indexOf(i)] ?? NaN) - first[pairs.indexOf(i)]!);
    let last = count - 1;
    while (last > 0 && !(turns(last) > TURN)) last--;
    if (count > 1 && last === 0) continue;
    const low = lowest(numbers, rows, columns, pairs.indexOf(last), back);
    // frequency i = top · ratio^i
    const ratio = count === 1 ? 1 : (low / top) ** (1 / last);
    if (!(top > 0) || !(ratio > 0) || ratio > 1) continue;
    const base = count === 1 ? 1 : rounded(ratio ** -count);
    const exact = Math.abs(top - 1) < POWER ? 1 : top;
    const frequencies = pairs.map((i) => exact * base ** (-i / count));
    if (follows(numbers, rows, columns, frequencies, wave)) return { kind, frequencies, base };
  }
  return null;
}

/** Which frequency each column has: each once, in halves, in pairs. */
function* pairings(columns: number): Generator<readonly number[]> {
  const all = Array.from({ length: columns }, (_, i) => i);
  if (columns % 2 === 0) {
    yield all.map((i) => i % (columns / 2));
    yield all.map((i) => Math.floor(i / 2));
  }
  yield all;
}

/** The lowest frequency turns slowly: its last row within the first quarter tells it best. */
function lowest(
  numbers: ArrayLike<number>,
  rows: number,
  columns: number,
  column: number,
  back: (x: number) => number,
): number {
  let found = NaN;
  for (let row = 1; row < rows; row++) {
    const angle = back(numbers[row * columns + column] ?? NaN);
    if (!(angle < 1.2) || (row > 1 && angle / row < 0.8 * found)) break;
    found = angle / row;
  }
  return found;
}

/** Bases that people choose are round; another one is taken as it is. */
function rounded(base: number): number {
  const digits = Number(base.toPrecision(2));
  return Math.abs(digits / base - 1) < 20 * POWER ? digits : base;
}

function follows(
  numbers: ArrayLike<number>,
  rows: number,
  columns: number,
  frequencies: readonly number[],
  wave: (x: number) => number,
): boolean {
  for (let i = 0; i < rows * columns; i++) {
    const angle = Math.floor(i / columns) * (frequencies[i % columns] ?? NaN);
    if (!(Math.abs((numbers[i] ?? NaN) - wave(angle)) <= VALUE + ANGLE * angle)) return false;
  }
  return true;
}

/** The table with so many rows, which lie along axis `at`, and columns of a triangle. Those that were there stay bit for bit. */
export function longer(table: Tensor, at: number, formula: Formula, length: number): Tensor {
  const rows = table.shape[at] ?? 0;
  const columns = table.size / rows;
  const before = table.numbers();
  const isSquare = formula.kind === 'triangle';
  const wide = isSquare ? length : columns;
  const numbers = new Float32Array(length * wide);
  for (let row = 0; row < length; row++) {
    for (let column = 0; column < wide; column++) {
      const place = row * wide + column;
      if (row < rows && column < columns) numbers[place] = before[row * columns + column]!;
      else if (isSquare) numbers[place] = column <= row ? formula.kept : formula.hidden;
      else numbers[place] = (formula.kind === 'cos' ? Math.cos : Math.sin)(row * formula.frequencies[column]!);
    }
  }
  const shape = table.shape.map((size, axis) => (axis === at || (isSquare && axis === at + 1) ? length : size));
  return tensorOf(table.dtype, shape, table.dtype === 'float32' ? numbers : Uint8Array.from(numbers));
}

/** The axis along which a node takes rows of its first operand, where it does; null: it does not. */
export function rowsAxis(node: Node, rank: number, sliced: readonly number[] | null): readonly number[] | null {
  if (node.domain !== '') return null;
  const at = (axis: number): number => (axis < 0 ? axis + rank : axis);
  if (node.opType === 'Gather') return [at(getInt(node, 'axis', 0))];
  return node.opType === 'Slice' ? (sliced?.map(at) ?? null) : null;
}
