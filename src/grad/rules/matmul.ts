import { real } from '../emit.ts';
import type { ValueId } from '../../ir/types.ts';
import { sizeOf } from '../../ir/types.ts';
import type { Vjp, VjpTable } from '../vjp.ts';

/** Last two axes exchanged. */
function transposed(c: Vjp, a: ValueId): ValueId {
  const rank = c.emit.rank(a);
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm.splice(rank - 2, 2, rank - 1, rank - 2);
  return c.emit.transpose(a, perm);
}

/** A as a matrix of all its rows: [∏ of all but the last, last]. */
function rows(c: Vjp, a: ValueId): ValueId {
  const shape = c.emit.shape(a);
  const last = shape.at(-1) ?? 1;
  return c.emit.reshape(a, [sizeOf(shape) / Math.max(last, 1), last]);
}

/**
 * Y = A·B over the last two axes, the others broadcast (NumPy's matmul): dA = dY·Bᵀ, dB = Aᵀ·dY. Where B is a plain
 * matrix, all rows of A go through one Gemm, which is what weights of layers are.
 */
function matmul(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const [shapeA, shapeB] = [c.shape(0), c.shape(1)];
  if (shapeA.length === 0 || shapeB.length === 0) c.refuse('its operands are no matrices');
  // Vectors are matrices of one row (A) or one column (B).
  const a = shapeA.length === 1 ? emit.reshape(c.input(0), [1, ...shapeA]) : c.input(0);
  const b = shapeB.length === 1 ? emit.reshape(c.input(1), [...shapeB, 1]) : c.input(1);
  const lead = emit.shape(c.output()).slice(0, Math.max(shapeA.length, shapeB.length, 2) - 2);
  const [m, n] = [emit.shape(a).at(-2) ?? 1, emit.shape(b).at(-1) ?? 1];
  const plain = emit.rank(b) === 2;
  const outer = shapeA.length === 1 || shapeB.length === 1 ? [...batchOf(shapeA, shapeB, lead), m, n] : null;
  const gradient = outer ? emit.reshape(c.gradient(), outer) : c.gradient();
  return c.each(
    () => {
      const da = plain
        ? emit.reshape(emit.op('Gemm', [rows(c, gradient), b], { transB: 1 }), [
            ...emit.shape(gradient).slice(0, -1),
            emit.shape(b)[0] ?? 1,
          ])
        : emit.matmul(gradient, transposed(c, b));
      return emit.reshape(emit.sumTo(da, emit.shape(a)), shapeA);
    },
    () => {
      const db = plain
        ? emit.op('Gemm', [rows(c, a), rows(c, gradient)], { transA: 1 })
        : emit.sumTo(emit.matmul(transposed(c, a), gradient), emit.shape(b));
      return emit.reshape(db, shapeB);
    },
  );
}

/** The broadcast axes of a product with a vector, whose own axis is not in the result. */
const batchOf = (a: readonly number[], b: readonly number[], lead: readonly number[]): readonly number[] =>
  a.length === 1 ? b.slice(0, -2) : b.length === 1 ? a.slice(0, -2) : lead;

/** Y = α·A′·B′ + β·C, where ′ may transpose. */
function gemm(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const [transA, transB] = [c.int('transA', 0), c.int('transB', 0)];
  const [alpha, beta] = [c.float('alpha', 1), c.float('beta', 1)];
  const dy = c.gradient();
  const product = (a: ValueId, b: ValueId, first: number, second: number): ValueId =>
    emit.op('Gemm', [a, b], { transA: first, transB: second, alpha: real(alpha) });
  return c.each(
    () => (transA ? product(c.input(1), dy, transB, 1) : product(dy, c.input(1), 0, transB ? 0 : 1)),
    () => (transB ? product(dy, c.input(0), 1, transA) : product(c.input(0), dy, transA ? 0 : 1, 0)),
    () => emit.scale(emit.sumTo(dy, c.shape(2)), beta),
  );
}

export const MATMUL_RULES: VjpTable = { MatMul: matmul, Gemm: gemm };
