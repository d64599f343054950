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
  markProduct(r, [a, m, ka], [b, n, kb]);
  r.work([y, 0], [y, 1], [a, ka]);
}

/** Two computed operands (attention scores) make no channels of their own; a weight that is an input could. */
function refuse(r: Relation, b: Place, n: number): void {
  if (r.space.model.graph.inputs.includes(b.value)) r.refuseWeights(b, n);
  else r.freezeAll('multiplies two computed tensors');
}

/** MatMul: A [..., M, K] · B [..., K, N], batches broadcast; a 1-D operand has no M or N. MACs = batch·M·N·K. */
function relateMatMul(r: Relation): void {
  const [a, b, y] = [r.input(0), r.input(1), r.output()];
  if (!a || !b || !y) return;
  if (!r.constant(a) && !r.constant(b)) return refuse(r, b, b.shape.length - 1);
  const [ra, rb] = [a.shape.length, b.shape.length];
  const m = ra > 1 ? ra - 2 : null;
  const n = rb > 1 ? rb - 1 : null;
  const kb = rb > 1 ? rb - 2 : 0;
  const own = (m === null ? 0 : 1) + (n === null ? 0 : 1);
  if (m !== null) r.same(a, m, y, y.shape.length - own);
  if (n !== null) r.same(b, n, y, y.shape.length - 1);
  r.same(a, ra - 1, b, kb);
  batches(r, a, Math.max(ra - 2, 0), y, y.shape.length - own);
  batches(r, b, Math.max(rb - 2, 0), y, y.shape.length - own);
  markProduct(r, [a, m, ra - 1], [b, n, kb]);
  r.work(...y.shape.map((_, i) => [y, i] as const), [a, ra - 1]);
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
function markProduct(r: Relation, ...operands: (readonly [Place, number | null, number])[]): void {
  for (const [weight, free, k] of operands) {
    if (!r.constant(weight)) continue;
    r.weighs(weight);
    if (free !== null) r.produces(weight, free);
    r.consumes(weight, k);
  }
}

const row = { role: 'batch', why: 'treats rows alike', barrier: 'sums over this axis' };

export const denseRules: Readonly<Record<string, AxisRule>> = {
  Gemm: { ...row, relate: relateGemm },
  'com.microsoft.FusedGemm': { ...row, relate: relateGemm },
  MatMul: { ...row, relate: relateMatMul },
};
