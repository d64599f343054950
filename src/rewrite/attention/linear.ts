import { getFloat, getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { GraphId, ValueId } from '../../ir/types.ts';
import { constantOf } from '../match.ts';
import type { PassContext } from '../pass.ts';
import type { Atom } from './atoms.ts';
import type { Form } from './heads.ts';
import { WIDTH } from './products.ts';
import { viewsOf } from './views.ts';

/** x·W + b, its weights as they are. */
export interface Linear {
  readonly x: ValueId;
  /** The value that it gives. */
  readonly result: ValueId;
  readonly weight: Tensor;
  readonly transposed: boolean;
  readonly bias: Tensor | null;
}

/** Heads as columns of a linear operator. */
export interface Projection {
  readonly linear: Linear;
  /** By head: its columns, in order. */
  readonly heads: readonly (readonly number[])[];
}

/** The linear operator that heads come from; null: they do not. */
export function projectionOf(context: PassContext, graph: GraphId, form: Form): Projection | null {
  for (const view of viewsOf(context, graph, form.view)) {
    const linear = linearOf(context, graph, view.value);
    const heads = linear && columnsByHead(view.axes.at(-1) ?? []);
    if (linear) return heads && { linear, heads };
  }
  return null;
}

/** Rows of the weight matrix (the width of x), and its entries. */
export function entriesOf({ weight, transposed }: Linear): {
  readonly rows: number;
  at(row: number, column: number): number;
} {
  const [rows = 0, columns = 0] = transposed ? [...weight.shape].reverse() : weight.shape;
  const numbers = weight.numbers();
  return { rows, at: (row, column) => numbers[transposed ? column * rows + row : row * columns + column] ?? 0 };
}

function linearOf(
  context: PassContext,
  graph: GraphId,
  value: ValueId,
  bias: Tensor | null = null,
  result: ValueId = value,
): Linear | null {
  const { producer } = context.model.getValue(value);
  const node = producer && context.model.getNode(producer.node);
  const [a = null, b = null, c = null] = node?.inputs ?? [];
  if (!node || node.graph !== graph || node.domain !== '' || a === null || b === null) return null;
  if (node.opType === 'Add' && bias === null) {
    for (const [x, constant] of [[a, b] as const, [b, a] as const]) {
      const tensor = constantOf(context, constant);
      if (tensor?.shape.length === 1) return linearOf(context, graph, x, tensor, result);
    }
    return null;
  }
  const weight = constantOf(context, b);
  if (weight?.shape.length !== 2) return null;
  if (node.opType === 'MatMul') return { x: a, result, weight, transposed: false, bias };
  return node.opType === 'Gemm' && bias === null ? gemmOf(context, node, a, weight, c, result) : null;
}

function gemmOf(
  context: PassContext,
  node: Node,
  x: ValueId,
  weight: Tensor,
  c: ValueId | null,
  result: ValueId,
): Linear | null {
  const own = c === null ? null : constantOf(context, c);
  const plain = getFloat(node, 'alpha', 1) === 1 && getFloat(node, 'beta', 1) === 1 && getInt(node, 'transA', 0) === 0;
  if (!plain || (c !== null && own?.shape.length !== 1)) return null;
  return { x, result, weight, transposed: getInt(node, 'transB', 0) !== 0, bias: own };
}

/** Which columns of the product are which head's. */
function columnsByHead(last: readonly Atom[]): readonly (readonly number[])[] | null {
  let columns: { readonly column: number; readonly head: number }[] = [{ column: 0, head: 0 }];
  for (const { size, fixed, root } of last) {
    if (typeof size !== 'number') return null;
    const digits = fixed === undefined ? Array.from({ length: size }, (_, i) => i) : [fixed];
    const own = fixed === undefined && root !== WIDTH;
    columns = columns.flatMap(({ column, head }) =>
      digits.map((digit) => ({ column: column * size + digit, head: own ? head * size + digit : head })),
    );
  }
  const heads: number[][] = [];
  for (const { column, head } of columns) (heads[head] ??= []).push(column);
  return heads;
}
