import { derivedTensor, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';

/** A constant [1, …, 1, N] as [N]; null: it is another, or not constant. */
function squeezed(context: PassContext, bias: ValueId): Tensor | null {
  const tensor = constantOf(context, bias);
  if (!tensor || tensor.shape.length < 2 || tensor.shape.slice(0, -1).some((dim) => dim !== 1)) return null;
  return derivedTensor(tensor.dtype, tensor.shape.slice(-1), () => tensor.bytes());
}

/**
 * Why adding `bias` to a value of which the last axis and the rank are given is not adding a vector along that axis,
 * with nothing broadcast up; null: it is.
 */
export function vectorRefusal(
  context: PassContext,
  bias: ValueId,
  of: { readonly rank: number; readonly last: number | string | null },
): string | null {
  const shape = shapeOf(context, bias);
  if (!shape || (shape.length !== 1 && !squeezed(context, bias)))
    return 'what is added is no vector along the last axis';
  if (of.rank < shape.length) return `what is added has ${shape.length} axes, and what it is added to ${of.rank}`;
  const length = shape.at(-1) ?? null;
  if (length !== null && of.last === length) return null;
  return typeof of.last === 'number' && typeof length === 'number'
    ? `the bias has ${length} elements, and the last axis ${of.last}`
    : 'the bias is not proven to be as long as the last axis';
}

/** The bias as a value of shape [N]. */
export function vectorOf(context: PassContext, bias: ValueId, build: Build): ValueId {
  const tensor = squeezed(context, bias);
  return tensor ? build.constant('bias', tensor, bias) : bias;
}
