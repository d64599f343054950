import { defined } from '../../base/assert.ts';
import { getFloat, getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { rankOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { isFoldable } from '../../rewrite/weights.ts';
import { soleReader } from './scalar-algebra.ts';
import { vectorRefusal } from './vector-bias.ts';

/** A product that could be merged. Weights are [K, N], or [N, K] where Gemm transposes. */
export interface Product {
  readonly node: Node;
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** N. */
  readonly columns: number;
  /** The bias that is added behind a MatMul, where nothing else reads the product. */
  readonly added: { readonly node: Node; readonly bias: Tensor } | null;
}

export const inputOf = (node: Node): ValueId => defined(node.inputs[0], `the left operand of ${node.opType}`);
export const isProduct = (node: Node): boolean =>
  node.domain === '' && (node.opType === 'MatMul' || node.opType === 'Gemm');
export const transposedB = (node: Node): boolean => getInt(node, 'transB', 0) !== 0;

/** A product with a constant matrix on the right, or the clause that says what is missing. */
export function toProduct(context: PassContext, node: Node): Product | string {
  const right = node.inputs[1] ?? null;
  const weight = right === null ? null : constantOf(context, right);
  if (!weight) return 'its right operand is not a constant';
  if (weight.shape.length !== 2) return 'its right operand is no matrix';
  if (!isFoldable(weight.dtype)) return `weights of type ${weight.dtype} are not merged`;
  const columns = weight.shape[transposedB(node) ? 0 : 1] ?? 0;
  const third = node.inputs[2] ?? null;
  if (third === null) return { node, weight, bias: null, columns, added: addedOf(context, node, columns) };
  const bias = constantOf(context, third);
  if (!bias) return 'its bias is not a constant';
  const [last, ...rest] = [...bias.shape].reverse();
  if (rest.some((dim) => dim !== 1)) return 'its bias differs from row to row';
  if (last !== undefined && last !== 1 && last !== columns) return `its bias has ${last} elements, not ${columns}`;
  return { node, weight, bias, columns, added: null };
}

/** Products that are alike in this can share a kernel: α(A·B) + β·C with one α, β and one layout. */
export function kindOf({ node, weight }: Product): string {
  if (node.opType === 'MatMul') return `MatMul ${weight.dtype}`;
  const settings = [getFloat(node, 'alpha', 1), getFloat(node, 'beta', 1), getInt(node, 'transA', 0)];
  return `Gemm ${weight.dtype} ${settings.join()} ${transposedB(node)}`;
}

/** [N], or [1, …, 1, N] that adds no axes. */
function addedOf(context: PassContext, product: Node, columns: number): Product['added'] {
  if (product.opType !== 'MatMul') return null;
  const value = defined(product.outputs[0], 'the result of MatMul');
  const node = soleReader(context.model, product.graph, value);
  if (node?.opType !== 'Add' || node.inputs.length !== 2) return null;
  const other = node.inputs[1 - node.inputs.indexOf(value)] ?? null;
  const bias = other === null ? null : constantOf(context, other);
  if (other === null || !bias || !isFoldable(bias.dtype)) return null;
  const refusal = vectorRefusal(context, other, { rank: rankOf(context, value) ?? 1, last: columns });
  return refusal === null ? { node, bias } : null;
}
