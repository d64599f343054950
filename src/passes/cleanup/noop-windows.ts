import { getFloats, getInt, getInts, getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { axesOf } from '../../ops/shapes.ts';
import { constantInts, sameShape, shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { isAll } from '../../rewrite/weights.ts';
import { inputOf, outputOf } from './ends.ts';
import type { Test } from './noop-test.ts';

const all = (numbers: readonly number[] | null, wanted: number): boolean =>
  numbers?.every((each) => each === wanted) ?? true;

/** Windows of one element, one beside the other. */
export const pool: Test = (_context, node) => {
  const kernel = getInts(node, 'kernel_shape', null);
  const plain = all(getInts(node, 'strides', null), 1) && all(getInts(node, 'pads', null), 0);
  return kernel && all(kernel, 1) && plain ? { kept: inputOf(node) } : null;
};

/** The mean over axes of size 1. */
export const average: Test = (context, node) => {
  const shape = shapeOf(context, inputOf(node));
  return shape && shape.length > 2 && shape.slice(2).every((dim) => dim === 1) ? { kept: inputOf(node) } : null;
};

/** To the size that is there: every sample falls on an element. Cropping reads elsewhere. */
export const resize: Test = (context, node) => {
  if (getString(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize') return null;
  const x = inputOf(node);
  const sizes = node.opType === 'Resize' ? (node.inputs[3] ?? null) : null;
  const attribute = getFloats(node, 'scales', null);
  if (attribute) return all(attribute, 1) ? { kept: x } : null;
  // Sizes that only bound the result leave open how far it is scaled.
  if (getString(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch') return null;
  if (sizes !== null) return sameShape(context, x, outputOf(node)) ? { kept: x } : null;
  const scales = node.inputs[context.model.opset() < 11 ? 1 : 2] ?? null;
  const tensor = scales === null ? null : constantOf(context, scales);
  return tensor && isAll(tensor, 1) ? { kept: x } : null;
};

/** Axes of a reduction; null: not known. Without any, all, or none where the node says so. */
function reducedAxes(context: PassContext, node: Node, rank: number): readonly number[] | null {
  const input: ValueId | null = node.inputs[1] ?? null;
  const given = getInts(node, 'axes', null) ?? (input === null ? [] : constantInts(context, input));
  if (!given) return null;
  if (given.length > 0) return axesOf(given, rank);
  return getInt(node, 'noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

/** The sum, mean, product or extreme of one element each is that element. */
export const reduce: Test = (context, node) => {
  const shape = shapeOf(context, inputOf(node));
  const axes = shape && reducedAxes(context, node, shape.length);
  if (!shape || !axes || (axes.length > 0 && getInt(node, 'keepdims', 1) !== 1)) return null;
  return axes.every((axis) => shape[axis] === 1) ? { kept: inputOf(node) } : null;
};
