import { defined } from '../../base/assert.ts';
import { getInt, getInts, ints } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { derivedTensor, type Tensor } from '../../ir/tensor.ts';
import { BITS, sizeOf, type ValueId } from '../../ir/types.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { eagerly, isFoldable } from '../../rewrite/weights.ts';
import { windowPads } from './padding.ts';

/** A convolution with constant weights, all that is left to defaults written out. */
export interface ConvParts {
  readonly node: Node;
  /** [N, C, …] */
  readonly x: ValueId;
  /** [M, C/g, …] */
  readonly weight: Tensor;
  /** [M] */
  readonly bias: Tensor | null;
  readonly group: number;
  /** Of each spatial axis. */
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins, then ends. */
  readonly pads: readonly number[];
}

/** The parts of a Conv, or the clause that says what is missing. */
export function convParts(context: PassContext, node: Node): ConvParts | string {
  const [x, w, b] = node.inputs;
  const weight = w ? constantOf(context, w) : null;
  if (!weight) return 'its weight is not a constant';
  if (!isFoldable(weight.dtype)) return `weights of type ${weight.dtype} are not merged`;
  if (weight.shape.length < 3) return 'its weight has no spatial axes';
  const bias = b ? constantOf(context, b) : null;
  if (b && !bias) return 'its bias is not a constant';
  const kernel = weight.shape.slice(2);
  const ones = kernel.map(() => 1);
  const pads = windowPads(node, kernel.length);
  if (typeof pads === 'string') return pads;
  const strides = getInts(node, 'strides', ones);
  const dilations = getInts(node, 'dilations', ones);
  const whole =
    [strides, dilations].every((each) => each.length === kernel.length) && pads.length === 2 * kernel.length;
  if (!whole || (bias && bias.size !== weight.shape[0])) return 'its attributes do not agree with its weight';
  return {
    node,
    x: defined(x, 'the input of Conv'),
    weight,
    bias,
    group: getInt(node, 'group', 1),
    kernel,
    strides,
    dilations,
    pads,
  };
}

export const channelsOf = ({ weight }: ConvParts): number => weight.shape[0] ?? 0;

/** Multiply-accumulates for each element of one output channel plane, over all channels: M·(C/g)·∏K. */
export const macsPerPlace = ({ weight }: ConvParts): number => sizeOf(weight.shape);

/** Attributes of a convolution that is made of others. */
export function convAttributes(parts: Omit<ConvParts, 'node' | 'x' | 'weight' | 'bias'>): [string, Attribute][] {
  const { kernel, strides, dilations, pads, group } = parts;
  return [
    ['kernel_shape', ints(kernel)],
    ['strides', ints(strides)],
    ['dilations', ints(dilations)],
    ['pads', ints(pads)],
    ['group', { type: 'int', value: BigInt(group) }],
  ];
}

/** Weights [M_i, C, …] one behind the other, [ΣM_i, C, …kernel]; smaller kernels stand in the middle of zeros. */
export function stackWeights(weights: readonly Tensor[], kernel: readonly number[]): Tensor {
  const first = defined(weights[0], 'a weight');
  const channels = first.shape[1] ?? 0;
  const outs = weights.reduce((sum, each) => sum + (each.shape[0] ?? 0), 0);
  const width = BITS[first.dtype] / 8;
  return derivedTensor(first.dtype, [outs, channels, ...kernel], () => {
    const out = new Uint8Array(outs * channels * sizeOf(kernel) * width);
    let plane = 0;
    for (const weight of weights) {
      const bytes = weight.bytes();
      const places = placesIn(weight.shape.slice(2), kernel);
      const planes = (weight.shape[0] ?? 0) * channels;
      for (let i = 0; i < planes; i++, plane++) {
        places.forEach((place, j) => {
          const from = (i * places.length + j) * width;
          out.set(bytes.subarray(from, from + width), (plane * sizeOf(kernel) + place) * width);
        });
      }
    }
    return out;
  });
}

/** Where each element of a small kernel stands in the middle of a large one, both row-major. */
function placesIn(small: readonly number[], large: readonly number[]): number[] {
  let places = [0];
  small.forEach((size, axis) => {
    const full = large[axis] ?? size;
    const offset = (full - size) / 2;
    places = places.flatMap((place) => Array.from({ length: size }, (_, i) => place * full + offset + i));
  });
  return places;
}

/** Biases [M_i] one behind the other; zeros where there is none; null: nowhere is one. */
export function stackBiases(parts: readonly ConvParts[]): Tensor | null {
  if (parts.every((each) => each.bias === null)) return null;
  const numbers = parts.flatMap((each) =>
    each.bias ? Array.from(each.bias.numbers()) : Array.from({ length: channelsOf(each) }, () => 0),
  );
  return eagerly(defined(parts[0], 'a convolution').weight.dtype, [numbers.length], numbers);
}
