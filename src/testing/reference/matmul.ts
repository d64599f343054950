import { invariant } from '../../base/assert.ts';
import { add, map, zip2 } from './broadcast.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { activation } from './functions.ts';
import { transposed } from './shape.ts';
import {
  broadcastShape,
  broadcastStrides,
  eachIndex,
  offsetOf,
  reshaped,
  stridesOf,
  tabulate,
  type RefTensor,
} from './tensor.ts';

/** A [ā…, M, K] · B [b̄…, K, N] → [batch…, M, N], batches broadcast; a vector is a row on the left, a column on the right. */
export function matmul(a: RefTensor, b: RefTensor): RefTensor {
  const left = a.shape.length === 1 ? reshaped(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? reshaped(b, [...b.shape, 1]) : b;
  const [m, k] = left.shape.slice(-2) as [number, number];
  const [inner, n] = right.shape.slice(-2) as [number, number];
  invariant(k === inner, `MatMul of [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  const batch = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const rank = batch.length + 2;
  const strides = [left, right].map(({ shape }) => broadcastStrides(shape, rank).slice(0, -2));
  const out = new Float64Array(batch.reduce((product, size) => product * size, m * n));
  eachIndex(batch, (index, at) => {
    const [from, with_] = strides.map((each) => offsetOf(index, each)) as [number, number];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += left.data[from + i * k + l]! * right.data[with_ + l * n + j]!;
        out[at * m * n + i * n + j] = sum;
      }
    }
  });
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  return { dtype: a.dtype, shape, data: out };
}

/** The last two axes in the other order. */
export function flipped(x: RefTensor): RefTensor {
  const rank = x.shape.length;
  if (rank < 2) return x;
  return transposed(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}

/** α · A′ · B′ + β · C. */
const gemm: RefOp = (c) => {
  const [a, b] = [c.input(0), c.input(1)];
  const product = matmul(c.int('transA', 0) ? flipped(a) : a, c.int('transB', 0) ? flipped(b) : b);
  const [alpha, beta] = [c.float('alpha', 1), c.float('beta', 1)];
  const scaled = map(product, (x) => alpha * x);
  return c.has(2) ? zip2(a.dtype, scaled, c.input(2), (x, y) => x + beta * y) : scaled;
};

const fusedGemm: RefOp = (c) => {
  const params = [c.float('activation_alpha', NaN), c.float('activation_beta', NaN)].filter(
    (each) => !Number.isNaN(each),
  );
  return map(gemm(c) as RefTensor, activation(c.string('activation', ''), params));
};

/** One operand of FusedMatMul: with `transBatch` its first axis is the row, behind it the batch. */
function operand(c: Call, index: 0 | 1): RefTensor {
  const side = index === 0 ? 'A' : 'B';
  let x = c.input(index);
  const rank = x.shape.length;
  if (c.int(`transBatch${side}`, 0)) {
    x = transposed(x, [...Array.from({ length: rank - 2 }, (_, i) => i + 1), 0, rank - 1]);
  }
  return c.int(`trans${side}`, 0) ? flipped(x) : x;
}

const fusedMatmul: RefOp = (c) => {
  const alpha = c.float('alpha', 1);
  return map(matmul(operand(c, 0), operand(c, 1)), (x) => alpha * x);
};

/** Labels of one term; what `...` stands for is labelled from behind: `·0` is the last of its axes. */
function labelsOf(term: string, rank: number): string[] {
  const [before = '', after] = term.split('...');
  if (after === undefined) return [...before];
  const hidden = rank - before.length - after.length;
  return [...before, ...Array.from({ length: hidden }, (_, i) => `·${hidden - 1 - i}`), ...after];
}

/** Without an arrow: what stands for `...`, then the labels that occur once, in alphabetical order. */
function impliedOutput(terms: readonly string[][]): string[] {
  const all = terms.flat();
  const hidden = [...new Set(all.filter((label) => label.startsWith('·')))];
  const once = all.filter((label) => !label.startsWith('·') && all.filter((each) => each === label).length === 1);
  return [...hidden.sort((a, b) => Number(b.slice(1)) - Number(a.slice(1))), ...once.sort()];
}

/** Sums products over all labels that the output does not have. */
const einsum: RefOp = (c) => {
  const [left = '', right] = c.string('equation', '').replace(/\s/g, '').split('->');
  const operands = c.all();
  const terms = left.split(',').map((term, i) => labelsOf(term, operands[i]!.shape.length));
  const hidden = Math.max(0, ...terms.map((term) => term.filter((label) => label.startsWith('·')).length));
  const output = right === undefined ? impliedOutput(terms) : labelsOf(right, right.replace('...', '').length + hidden);
  const sizes = new Map<string, number>();
  terms.forEach((term, i) =>
    term.forEach((label, axis) => sizes.set(label, Math.max(sizes.get(label) ?? 1, operands[i]!.shape[axis]!))),
  );
  const summed = [...sizes.keys()].filter((label) => !output.includes(label));
  /** Elements to the next value of a label; one that occurs twice walks the diagonal. */
  const strides = (labels: readonly string[], i: number): number[] => {
    const { shape } = operands[i]!;
    const steps = stridesOf(shape);
    return labels.map((label) =>
      terms[i]!.reduce((sum, each, axis) => sum + (each === label && shape[axis] !== 1 ? steps[axis]! : 0), 0),
    );
  };
  const outer = operands.map((_, i) => strides(output, i));
  const inner = operands.map((_, i) => strides(summed, i));
  const sizesOf = (labels: readonly string[]) => labels.map((label) => sizes.get(label)!);
  return tabulate(operands[0]!.dtype, sizesOf(output), (index) => {
    const from = outer.map((each) => offsetOf(index, each));
    let sum = 0;
    eachIndex(sizesOf(summed), (along) => {
      let product = 1;
      for (let i = 0; i < operands.length; i++) product *= operands[i]!.data[from[i]! + offsetOf(along, inner[i]!)]!;
      sum += product;
    });
    return sum;
  });
};

export const MATMUL: RefTable = {
  MatMul: (c) => matmul(c.input(0), c.input(1)),
  Gemm: gemm,
  Einsum: einsum,
  'com.microsoft.FusedGemm': fusedGemm,
  'com.microsoft.FusedMatMul': fusedMatmul,
};

/** x · w + bias, the bias being optional. */
export const affine = (x: RefTensor, w: RefTensor, bias: RefTensor | null): RefTensor =>
  bias ? add(matmul(x, w), bias) : matmul(x, w);
