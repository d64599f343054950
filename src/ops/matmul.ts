import { getInt, getString } from '../ir/attribute.ts';
import type { DataType, Dim, Shape } from '../ir/types.ts';
import { einsumShape, einsumSizes } from './einsum.ts';
import { broadcastShapes, clashes, firstDtype, typed } from './shapes.ts';
import type { CostContext, InferContext, OpRow, OpTable } from './types.ts';
import { count, countAll, macs, mulCount } from './work.ts';

/** NumPy's matmul: A [.., M, K] · B [.., K, N] → [.., M, N]; a rank-1 operand loses its axis in the result. */
export function matmulShape(c: InferContext, a: Shape, b: Shape): Shape {
  if (a === null || b === null || a.length === 0 || b.length === 0) return null;
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  tellInner(c, left.at(-1) ?? null, right.at(-2) ?? null);
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2)) ?? [];
  const rows = a.length === 1 ? [] : [left.at(-2) ?? null];
  const columns = b.length === 1 ? [] : [right.at(-1) ?? null];
  return [...batch, ...rows, ...columns];
}

function tellInner(c: InferContext, a: Dim, b: Dim): void {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) c.warn(`inner dimensions ${a} and ${b} differ`);
  else if (clashes(a, b)) c.warn('inner dimensions differ');
}

const matmul = (signature: string, since: number[], dtype: (c: InferContext) => DataType, b = 1): OpRow => ({
  family: 'dense',
  signature,
  since,
  infer: (c) => [typed(dtype(c), matmulShape(c, c.shape(0), c.shape(b)))],
  // batch·M·N·K
  work: macs((c) => mulCount(c.outputSize(0), count(c.shape(0)?.at(-1)))),
});

interface GemmDims {
  readonly m: Dim;
  readonly n: Dim;
  readonly k: Dim;
}

/** A' [M, K] · B' [K, N], each transposed on demand. */
function gemmDims(c: InferContext): GemmDims {
  const a = c.shape(0);
  const b = c.shape(1);
  const transA = getInt(c.node, 'transA', 0) !== 0;
  const transB = getInt(c.node, 'transB', 0) !== 0;
  const inner = a?.[transA ? 0 : 1] ?? null;
  const other = b?.[transB ? 1 : 0] ?? null;
  tellInner(c, inner, other);
  return { m: a?.[transA ? 1 : 0] ?? null, n: b?.[transB ? 0 : 1] ?? null, k: inner ?? other };
}

const gemm = (since: number[], elementwise: (c: CostContext) => number | null): OpRow => ({
  family: 'dense',
  signature: 'A B C? → Y',
  since,
  infer: (c) => {
    const { m, n } = gemmDims(c);
    return [typed(firstDtype(c, 0, 1), [m, n])];
  },
  work: macs((c) => mulCount(c.outputSize(0), count(gemmDims(c).k)), elementwise),
});

/** com.microsoft.FusedMatMul: the last two axes swapped by transA/transB; transBatchA/B moves axis 0 before them. */
function fusedOperand(c: InferContext, index: number, side: 'A' | 'B'): Shape {
  const shape = c.shape(index);
  if (shape === null || shape.length < 2) return shape;
  const moved = getInt(c.node, `transBatch${side}`, 0) !== 0 ? rotateBatch(shape) : [...shape];
  if (getInt(c.node, `trans${side}`, 0) === 0) return moved;
  return [...moved.slice(0, -2), moved.at(-1) ?? null, moved.at(-2) ?? null];
}
const rotateBatch = (shape: readonly Dim[]): Dim[] => [...shape.slice(1, -1), shape[0] ?? null, ...shape.slice(-1)];

/** A [.., K] · packed B → [.., N]; K and N are attributes. */
const matmulNBits: OpRow = {
  family: 'dense',
  signature: 'A B scales zero_points? g_idx? bias? → Y',
  since: [1],
  infer: (c) => {
    const a = c.shape(0);
    return [typed(c.dtype(0), a && [...a.slice(0, -1), getInt(c.node, 'N', null)])];
  },
  work: macs((c) => mulCount(c.outputSize(0), getInt(c.node, 'K', null))),
};

export const MATMUL: OpTable = {
  MatMul: matmul('A B → Y', [1, 9, 13], (c) => firstDtype(c, 0, 1)),
  MatMulInteger: matmul('A B a_zero_point? b_zero_point? → Y', [10], () => 'int32'),
  QLinearMatMul: matmul(
    'a a_scale a_zero_point b b_scale b_zero_point y_scale y_zero_point → y',
    [10, 21],
    (c) => c.dtype(7),
    3,
  ),
  Gemm: gemm([1, 6, 7, 9, 11, 13], () => 0),
  Einsum: {
    family: 'dense',
    signature: 'Inputs… → Output',
    since: [12],
    infer: (c) => [typed(c.dtype(0), einsumShape(c))],
    work: (c) => {
      // Every index combination once, for each operand that is multiplied in.
      const combinations = countAll(einsumSizes(c));
      const operands = c.node.inputs.length;
      return operands > 1
        ? { macs: mulCount(combinations, operands - 1), elementwise: 0 }
        : { macs: 0, elementwise: combinations };
    },
  },
  'com.microsoft.FusedGemm': gemm([1], (c) => (getString(c.node, 'activation', '') === '' ? 0 : c.outputSize(0))),
  'com.microsoft.FusedMatMul': {
    family: 'dense',
    signature: 'A B → Y',
    since: [1],
    infer: (c) => [typed(firstDtype(c, 0, 1), matmulShape(c, fusedOperand(c, 0, 'A'), fusedOperand(c, 1, 'B')))],
    work: macs((c) => mulCount(c.outputSize(0), count(fusedOperand(c, 0, 'A')?.at(-1)))),
  },
  'com.microsoft.TransposeMatMul': {
    family: 'dense',
    signature: 'A B → Y',
    since: [1],
    infer: (c) => [typed(firstDtype(c, 0, 1), matmulShape(c, fusedOperand(c, 0, 'A'), fusedOperand(c, 1, 'B')))],
    work: macs((c) => mulCount(c.outputSize(0), count(fusedOperand(c, 0, 'A')?.at(-1)))),
  },
  'com.microsoft.MatMulNBits': matmulNBits,
  'com.microsoft.MatMulIntegerToFloat': matmul('A B a_scale b_scale a_zero_point? b_zero_point? bias? → Y', [1], (c) =>
    firstDtype(c, 2, 3),
  ),
  'com.microsoft.DynamicQuantizeMatMul': matmul('A B b_scale b_zero_point? bias? → Y', [1], (c) => c.dtype(0)),
};
