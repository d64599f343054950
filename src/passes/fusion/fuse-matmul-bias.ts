import { defined } from '../../base/assert.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, shapeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { isFoldable } from '../../rewrite/weights.ts';
import { dequantizedRefusal } from './dequantized.ts';
import { flattened, flattenRefusal } from './flattened.ts';
import { vectorOf, vectorRefusal } from './vector-bias.ts';

const captures = { x: any, weight: any, bias: any, product: node, sum: node };

const result = (of: Node): ValueId => defined(of.outputs[0], `the result of ${of.opType}`);

/** Types and versions of which there is a Gemm that broadcasts its bias. */
function gemmRefusal(context: PassContext, x: ValueId): string | null {
  if (context.model.opset() < 7) return 'Gemm before version 7 does not broadcast its bias';
  const dtype = dtypeOf(context, x);
  return isFoldable(dtype) ? null : `Gemm is for floating-point numbers, and this is ${dtype ?? 'of unknown type'}`;
}

type Shape2 = readonly [Dim, Dim];

/** Whether a value is proven to have the shape [M, N]. */
const isMatrix = (context: PassContext, value: ValueId, [rows, columns]: Shape2): boolean => {
  const shape = shapeOf(context, value);
  return shape?.length === 2 && rows !== null && columns !== null && shape[0] === rows && shape[1] === columns;
};

/** [N], [1, N] or [M, N], added to [M, N]. */
function matrixBiasRefusal(context: PassContext, bias: ValueId, [rows, columns]: Shape2): string | null {
  const shape = shapeOf(context, bias);
  if (isMatrix(context, bias, [rows, columns])) return null;
  if (shape?.length === 2 && shape[0] === 1 && shape[1] === columns && columns !== null) return null;
  if (shape?.length === 1) return vectorRefusal(context, bias, { rank: 2, last: columns });
  return 'what is added is not proven to have the shape [N], [1, N] or [M, N]';
}

/** Where heads are split off or merged, matching of attention, ours or the runtime's, looks for MatMul and Add. */
function isOfHeads({ model }: PassContext, x: ValueId, sum: ValueId): boolean {
  const { uses } = model.getValue(sum);
  const reader = uses.length === 1 && uses[0] ? model.getNode(uses[0].node) : null;
  const split = reader?.opType === 'Reshape' && reader.outputs[0] ? model.getValue(reader.outputs[0]).uses : [];
  if (split.some((use) => model.getNode(use.node).opType === 'Transpose')) return true;
  const before = model.getValue(x).producer;
  const merge = before && model.getNode(before.node);
  const rows = merge?.opType === 'Reshape' && merge.inputs[0] ? model.getValue(merge.inputs[0]).producer : null;
  return rows !== null && model.getNode(rows.node).opType === 'Transpose';
}

/** x·W + b = Gemm(x, W, b) for matrices; of other ranks, the leading axes of x are made one, and apart again. */
const matMulAdd = rule({
  name: 'matmul-add',
  captures,
  pattern: (c) => op(['Add', 'Sum'], [op('MatMul', [c.x, c.weight], { as: c.product }), c.bias], { as: c.sum }),
  when: (m, where) => {
    const wide = gemmRefusal(where, m.x);
    if (wide !== null) return wide;
    const [left, right] = [shapeOf(where, m.x), shapeOf(where, m.weight)];
    if (right?.length !== 2) return 'the right operand is not known to be a matrix';
    if (!left) return 'the rank of the left operand is not known';
    const integers = dequantizedRefusal(where.model, [m.x, m.weight]);
    if (integers !== null) return integers;
    const [, columns = null] = right;
    if (left.length === 2) return matrixBiasRefusal(where, m.bias, [left[0] ?? null, columns]);
    if (left.length > 2 && isOfHeads(where, m.x, result(m.sum)))
      return 'attention is matched by it: heads are split or merged';
    return (
      vectorRefusal(where, m.bias, { rank: left.length, last: columns }) ??
      flattenRefusal(left, [right[0] ?? null, columns])
    );
  },
  what: (m, { model }) => `Computes ${label(model, m.product)} and ${label(model, m.sum)} as one Gemm.`,
  apply: (m, build, where) => {
    const [left, right] = [shapeOf(where, m.x), shapeOf(where, m.weight)];
    if (left?.length === 2) {
      build.take(result(m.sum), build.node('Gemm', [m.x, m.weight, m.bias]));
      return;
    }
    const bias = vectorOf(where, m.bias, build);
    const sizes = [right?.[0] ?? null, right?.[1] ?? null] as const;
    build.take(
      result(m.sum),
      flattened(build, m.x, { shape: left ?? [], sizes }, (rows) => build.node('Gemm', [rows, m.weight, bias])),
    );
  },
});

/** A bias that Gemm broadcasts to [M, N], and that does not broadcast its result. */
function gemmBiasRefusal(context: PassContext, product: ValueId, bias: ValueId): string | null {
  const [of, shape] = [shapeOf(context, product), shapeOf(context, bias)];
  const [rows = null, columns = null] = of ?? [];
  const fits =
    shape !== null &&
    shape.length <= 2 &&
    shape.every((dim, i) => dim === 1 || (dim !== null && dim === (i - shape.length === -1 ? columns : rows)));
  return fits ? null : 'what is added is not proven to broadcast to [M, N]';
}

/** α·A·B + b: the third operand of Gemm, with β = 1; there is none yet. */
const gemmAdd = rule({
  name: 'gemm-add',
  captures,
  pattern: (c) => op(['Add', 'Sum'], [op('Gemm', [c.x, c.weight], { as: c.product }), c.bias], { as: c.sum }),
  when: (m, where) => gemmRefusal(where, m.x) ?? gemmBiasRefusal(where, result(m.product), m.bias),
  what: (m, { model }) => `Adds ${model.getValue(m.bias).name} inside ${label(model, m.product)}.`,
  apply: (m, build) => {
    const attributes: [string, Attribute][] = [...m.product.attributes].filter(([name]) => name !== 'beta');
    build.take(result(m.sum), build.node('Gemm', [m.x, m.weight, m.bias], { attributes }));
  },
});

/** A product of matrices and the bias behind it become one Gemm. */
export const fuseMatMulBias: Pass = rulePass({
  id: 'fuse-matmul-bias',
  group: 'fusion',
  title: 'Fuse product and bias',
  why: 'Gemm adds the bias while it sums the product: one pass over memory less, and one node.',
  options: {},
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  rules: [matMulAdd, gemmAdd],
});
