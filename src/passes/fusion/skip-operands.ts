import type { Node } from '../../ir/model.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import { sameShape, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { otherOperand, type Walk } from '../../rewrite/walk.ts';

/** input + skip + bias, then normalised. */
export interface Summed {
  readonly input: ValueId;
  readonly skip: ValueId;
  readonly bias: ValueId | null;
  readonly nodes: readonly Node[];
}

/** Input, skip and bias: the input has the sum's shape, the skip too or without a batch; or why not. */
export function operandsOf(walk: Walk, sum: ValueId, a: ValueId, b: ValueId): Summed | string {
  const { context } = walk;
  const [input, skip] = sameShape(context, a, sum) ? [a, b] : [b, a];
  if (!sameShape(context, input, sum) || !isSkip(context, skip, sum)) {
    return 'the shapes of what it adds are not proven to be equal, but for the batch';
  }
  for (const biased of [a, b]) {
    const found = biasOf(walk, biased);
    if (!found) continue;
    const { value, bias, node } = found;
    return biased === input ? { input: value, skip, bias, nodes: [node] } : { input, skip: value, bias, nodes: [node] };
  }
  return { input, skip, bias: null, nodes: [] };
}

const same = (a: Dim | undefined, b: Dim | undefined): boolean => a !== null && a !== undefined && a === b;

/** [B, S, H], or [1, S, H] or [S, H], against a sum of shape [B, S, H]. */
function isSkip(context: PassContext, skip: ValueId, sum: ValueId): boolean {
  if (sameShape(context, skip, sum)) return true;
  const [shape, full] = [shapeOf(context, skip), shapeOf(context, sum)];
  if (!shape || full?.length !== 3 || !same(shape.at(-1), full[2]) || !same(shape.at(-2), full[1])) return false;
  return shape.length === 2 || (shape.length === 3 && shape[0] === 1);
}

/** value + bias, where the bias is a vector along the last axis and nothing else reads the sum. */
function biasOf(
  walk: Walk,
  sum: ValueId,
): { readonly value: ValueId; readonly bias: ValueId; readonly node: Node } | null {
  const node = walk.producer(sum, 'Add');
  if (!node || !walk.reader(sum)) return null;
  const last = shapeOf(walk.context, sum)?.at(-1);
  for (const bias of node.inputs) {
    const value = bias === null ? null : otherOperand(node, bias);
    if (bias === null || value === null || walk.model.getValue(bias).producer !== null) continue;
    const shape = shapeOf(walk.context, bias);
    if (shape?.length === 1 && same(shape[0], last) && sameShape(walk.context, value, sum))
      return { value, bias, node };
  }
  return null;
}
