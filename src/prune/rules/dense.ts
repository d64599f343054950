import { getInt } from '../../ir/attribute.ts';
import type { AxisRule, Relation } from '../relation.ts';
import type { Place } from '../space.ts';

/** Gemm: A [M, K], B [K, N], C broadcast to Y [M, N]; transA and transB swap. MACs = M·N·K. */
function relateGemm(r: Relation): void {
  const [a, b, c, y] = [r.input(0), r.input(1), r.input(2), r.output()];
  const [m, ka] = getInt(r.node, 'transA', 0) ? [1, 0] : [0, 1];
  const [kb, n] = getInt(r.node, 'transB', 0) ? [1, 0] : [0, 1];
  if (!a || !b || !y) return;
  if (!r.constant(a) && !r.constant(b)) return refuse(r, b, n);
  r.same(a, m, y, 0);
  r.same(b, n, y, 1);
  r.same(a, ka, b, kb);
  r.broadcast([c], y);
  markProduct(r, { place: a, free: m, k: ka }, { place: b, free: n, k: kb });
  r.work([y, 0], [y, 1], [a, ka]);
}

/** Two computed operands of Gemm make no channels of their own; a weight that is an input could. */
function refuse(r: Relation, b: Place, n: number): void {
  if (isInput(r, b)) r.refuseWeights(b, n);
  else r.freezeAll(COMPUTED);
}

const isInput = (r: Relation, { value }: Place): boolean => r.space.model.graph.inputs.includes(value);

const COMPUTED = 'multiplies two computed tensors';

/** Where an operand of a product has its free axis (M or N; null: it is 1-D) and K. */
interface Operand {
  readonly place: Place;
  readonly free: number | null;
  readonly k: number;
}

/** `right`: the second operand, whose last two axes are [K, N]. FusedMatMul may swap them. */
function operand(place: Place, right: boolean, swapped: boolean): Operand {
  const rank = place.shape.length;
  if (rank < 2) return { place, free: null, k: 0 };
  const last = right !== swapped;
  return { place, free: last ? rank - 1 : rank - 2, k: last ? rank - 2 : rank - 1 };
}

/**
 * MatMul: A [..., M, K] · B [..., K, N], batches broadcast; a 1-D operand has no M or N. MACs = batch·M·N·K.
 * com.microsoft.FusedMatMul: the same with transA and transB.
 */
function relateMatMul(r: Relation): void {
  const [left, right, y] = [r.input(0), r.input(1), r.output()];
  if (!left || !right || !y) return;
  if (getInt(r.node, 'transBatchA', 0) !== 0 || getInt(r.node, 'transBatchB', 0) !== 0) {
    return r.freezeAll('moves its batch axes');
  }
  const a = operand(left, false, getInt(r.node, 'transA', 0) !== 0);
  const b = operand(right, true, getInt(r.node, 'transB', 0) !== 0);
  const computed = !r.constant(left) && !r.constant(right);
  if (computed && isInput(r, right)) return r.refuseWeights(right, right.shape.length - 1);
  if (computed && (a.free === null || b.free === null)) return r.freezeAll(COMPUTED);
  const rank = y.shape.length;
  const own = (a.free === null ? 0 : 1) + (b.free === null ? 0 : 1);
  for (const { place } of [a, b]) batches(r, place, Math.max(place.shape.length - 2, 0), y, rank - own);
  if (a.free !== null) r.same(left, a.free, y, rank - own);
  if (b.free !== null) r.same(right, b.free, y, rank - 1);
  r.work(...y.shape.map((_, i) => [y, i] as const), [left, a.k]);
  if (computed) return keepHeads(r, a, b, y);
  r.same(left, a.k, right, b.k);
  markProduct(r, a, b);
}

/**
 * Two computed operands, as in attention: batch axes pass, and where one of them holds heads, the width of a head stays,
 * so that heads are cut whole (Michel et al. 2019, Are Sixteen Heads Really Better than One?).
 */
function keepHeads(r: Relation, a: Operand, b: Operand, y: Place): void {
  for (const { place, k } of [a, b]) r.freeze(place, k, 'sums over this axis of two computed tensors');
  const heads = y.shape.slice(0, -2).flatMap((size, i) => (typeof size === 'number' && size > 1 ? [i] : []));
  if (heads.length > 0) r.freeze(y, y.shape.length - 1, 'has heads along another axis, which are cut whole');
  for (const axis of heads) r.heads(y, axis);
}

/** Leading axes, aligned at the right of the result's leading axes. */
function batches(r: Relation, operand: Place, count: number, y: Place, leading: number): void {
  for (let i = 0; i < count; i++) {
    const j = leading - count + i;
    if (operand.shape[i] === 1 && y.shape[j] !== 1) r.exempt(operand, i);
    else r.same(operand, i, y, j);
  }
}

/** Whichever operand is constant holds the weights: it produces along its free axis and consumes along K. */
function markProduct(r: Relation, ...operands: readonly Operand[]): void {
  for (const { place, free, k } of operands) {
    if (!r.constant(place)) continue;
    r.weighs(place);
    if (free !== null) r.produces(place, free);
    r.consumes(place, k);
  }
}

const row = { role: 'batch', why: 'treats rows alike', barrier: 'sums over this axis' };

export const denseRules: Readonly<Record<string, AxisRule>> = {
  Gemm: { ...row, relate: relateGemm },
  'com.microsoft.FusedGemm': { ...row, relate: relateGemm },
  MatMul: { ...row, relate: relateMatMul },
  'com.microsoft.FusedMatMul': { ...row, relate: relateMatMul },
};
