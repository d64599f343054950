import { getFloat, getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { transposedB } from './channel-rows.ts';
import type { Matrix } from './matrix-product.ts';

/** y = x·W + b with constant W [K, N] and b [N], as Gemm or MatMul computes it. */
export interface LinearLayer {
  readonly node: Node;
  /** α included. */
  readonly matrix: Matrix;
  /** β included; null: none. */
  readonly bias: Float64Array | null;
}

/** A Gemm or MatMul as a layer, or the clause that says why it is none. */
export function linearLayer(context: PassContext, node: Node): LinearLayer | string {
  const right = node.inputs[1] ?? null;
  const weight = right === null ? null : constantOf(context, right);
  if (!weight) return 'a weight is not constant';
  if (weight.shape.length !== 2) return 'a weight is no matrix';
  if (weight.dtype !== 'float32' && weight.dtype !== 'float64') {
    return `products of weights of type ${weight.dtype} are not computed`;
  }
  const transposed = node.opType === 'Gemm' && transposedB(node);
  const [first = 0, second = 0] = weight.shape;
  const [rows, columns] = transposed ? [second, first] : [first, second];
  const matrix = { tensor: weight, rows, columns, transposed, factor: getFloat(node, 'alpha', 1) };
  const third = node.inputs[2] ?? null;
  if (third === null) return { node, matrix, bias: null };
  const bias = constantOf(context, third);
  if (!bias) return 'a bias is not constant';
  const row = rowOf(bias, columns, getFloat(node, 'beta', 1));
  return typeof row === 'string' ? row : { node, matrix, bias: row };
}

/** A bias that is the same for each row, times `factor`: [N], or why it is none. */
export function rowOf(bias: Tensor, columns: number, factor = 1): Float64Array | string {
  if (bias.dtype !== 'float32' && bias.dtype !== 'float64') return `a bias of type ${bias.dtype} is not computed with`;
  const [last = 1, ...rest] = [...bias.shape].reverse();
  if (rest.some((dim) => dim !== 1)) return 'a bias differs from row to row';
  if (last !== 1 && last !== columns) return `a bias has ${last} elements for ${columns} columns`;
  const data = bias.numbers();
  return Float64Array.from({ length: columns }, (_, n) => factor * (data[last === 1 ? 0 : n] ?? 0));
}

export const transposesLeft = (node: Node): boolean => node.opType === 'Gemm' && getInt(node, 'transA', 0) !== 0;
