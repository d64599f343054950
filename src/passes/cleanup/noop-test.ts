import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { provablyDiffer, sameShape } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { inputOf, outputOf } from './ends.ts';

/** `kept`: the input that the result equals; `reason`: what is missing to know it; null: the result is another. */
export type Finding = { readonly kept: ValueId } | { readonly reason: string } | null;
export type Test = (context: PassContext, node: Node) => Finding;

/** The elements are those of input 0 in the same order; the shape is still to be compared. */
export const sameWhenShapeIs: Test = (context, node) => {
  const x = inputOf(node);
  const y = outputOf(node);
  if (provablyDiffer(context, x, y)) return null;
  if (sameShape(context, x, y)) return { kept: x };
  return { reason: 'the shape of its result is not proven to be that of its input' };
};
