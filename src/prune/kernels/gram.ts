import { int, ints, tensorAttribute } from '../../ir/attribute.ts';
import type { Attribute, Model } from '../../ir/model.ts';
import { floats, int64s } from '../../ir/tensor.ts';
import { sizeOf, type ValueId } from '../../ir/types.ts';
import type { KernelConv } from './window.ts';

const FLOAT = 1;
/** Of one convolution, numbers that leave each run: more would not be worth their memory. */
const MOST_PRODUCTS = 2 ** 22;
/** Of all patches of a sample: 256 MB. */
const MOST_PATCHES = 2 ** 26;

/** What each output sums over: taps of all input channels of its group. */
export const patchSize = ({ weight }: KernelConv): number => sizeOf(weight.shape.slice(1));

export const productCount = (conv: KernelConv): number => conv.group * patchSize(conv) ** 2;

/** Why the patches of a convolution are not multiplied; null: they are. `places` of its result, where they are known. */
export function tooLarge(conv: KernelConv, places: number | null): string | null {
  const patches = conv.group * patchSize(conv) * (places ?? 1);
  return productCount(conv) > MOST_PRODUCTS || patches > MOST_PATCHES
    ? 'its patches take too much memory to be fitted to'
    : null;
}

/**
 * Adds to a draft what the weights of a convolution are multiplied with, as products: [N, g · q · q], for each sample and
 * group Σ p·pᵀ over all patches p [q] of the group. A convolution with a single 1 in each kernel picks the taps.
 *
 * @param isFloat whether the convolution reads float32: its products would overflow float16
 */
export function addProducts(draft: Model, conv: KernelConv, isFloat: boolean): ValueId {
  const { node, x, weight, kernel, group } = conv;
  const q = patchSize(conv);
  const taps = sizeOf(kernel);
  const op = (
    opType: string,
    inputs: readonly ValueId[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): ValueId =>
    draft.addNode(draft.graph, {
      opType,
      inputs,
      outputs: [`products/${opType}`],
      attributes: new Map(Object.entries(attributes)),
    }).outputs[0] as ValueId;
  const constant = (data: readonly number[]): ValueId =>
    draft.addInitializer(draft.graph, 'products/ints', int64s(data)).id;
  const channels = group * (weight.shape[1] ?? 0);
  const picks = new Float32Array(channels * taps * taps);
  for (let row = 0; row < channels * taps; row++) picks[row * taps + (row % taps)] = 1;
  const picking = op('Constant', [], { value: tensorAttribute(floats([channels * taps, 1, ...kernel], picks)) });
  const walk = ['auto_pad', 'pads', 'strides', 'dilations'].flatMap((name) => {
    const attribute = node.attributes.get(name);
    return attribute ? [[name, attribute] as const] : [];
  });
  const read = isFloat ? x : op('Cast', [x], { to: int(FLOAT) });
  const patches = op('Conv', [read, picking], { ...Object.fromEntries(walk), group: int(channels) });
  const rows = op('Reshape', [patches, constant([0, group, q, -1])]);
  const products = op('MatMul', [rows, op('Transpose', [rows], { perm: ints([0, 1, 3, 2]) })]);
  return op('Reshape', [products, constant([0, group * q * q])]);
}
