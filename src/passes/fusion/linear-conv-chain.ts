import type { Node } from '../../ir/model.ts';
import { sizeOf } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { any, node, op, type Bound } from '../../rewrite/pattern.ts';
import { rule, type Rule, type Where } from '../../rewrite/rule.ts';
import { eagerly, isAll, lazily } from '../../rewrite/weights.ts';
import { channelsOf, convAttributes, convParts, type ConvParts } from './conv-parts.ts';
import { resultOf } from './fold-affine.ts';
import { multiply, multiplyRow, type Matrix } from './matrix-product.ts';

const captures = { x: any, first: node, second: node };
type Parts = Bound<typeof captures>;

interface Chain {
  readonly first: ConvParts;
  readonly second: ConvParts;
}

const isPointwise = ({ kernel }: ConvParts): boolean => kernel.every((size) => size === 1);
const pads = ({ pads: each }: ConvParts): boolean => each.some((pad) => pad !== 0);
const inputsOf = ({ weight }: ConvParts): number => weight.shape[1] ?? 0;

function chainOf(m: Parts, where: Where): Chain | string {
  const first = convParts(where, m.first);
  if (typeof first === 'string') return first;
  const second = convParts(where, m.second);
  if (typeof second === 'string') return second;
  if (first.group !== 1 || second.group !== 1) return 'a convolution is grouped';
  const { dtype } = first.weight;
  if (dtype !== 'float32' && dtype !== 'float64') return `products of weights of type ${dtype} are not computed`;
  if (second.weight.dtype !== dtype) return 'the weights differ in type';
  return channelsOf(first) === inputsOf(second) ? { first, second } : 'the weights do not agree in size';
}

/**
 * Zeros that the second convolution pads with are no results of the first one, which would have its bias in them. And a
 * first window that reaches over the edge reads something there.
 */
function edgeReason({ first, second }: Chain): string | null {
  if (!pads(second)) return null;
  if (first.bias && !isAll(first.bias, 0)) {
    return 'the second convolution pads with zeros, where the first one would have left its bias';
  }
  return isPointwise(first) && !pads(first) ? null : 'the second convolution pads, and the first one is no plain 1x1';
}

/** One of both must read single places; the other's window becomes that of the merged one. */
function shapeReason({ first, second }: Chain): string | null {
  if (isPointwise(second)) return null;
  if (!isPointwise(first)) return 'neither convolution is 1x1';
  return first.strides.some((stride) => stride !== 1) || pads(first) ? 'the first convolution strides or pads' : null;
}

/** Multiply-accumulates for each place of the last result. */
function costReason({ first, second }: Chain): string | null {
  const [cin, mid, out] = [inputsOf(first), channelsOf(first), channelsOf(second)];
  const [own, next] = [sizeOf(first.kernel), sizeOf(second.kernel)];
  const before = cin * mid * own * sizeOf(second.strides) + mid * out * next;
  const after = cin * out * own * next;
  return after < before
    ? null
    : `one convolution would take ${after} multiply-accumulates for each place (${cin} × ${out} × ${own * next}), the two take ${before}`;
}

/** [C₂, C₁]·[C₁, C₀·k] where the second is 1x1: its weight is laid out so already. */
function pointwiseSecond({ first, second }: Chain): Float64Array {
  return multiply(
    matrixOf(second, channelsOf(second), inputsOf(second)),
    matrixOf(first, channelsOf(first), inputsOf(first) * sizeOf(first.kernel)),
  );
}

/** For each output channel: [C₁, k]ᵀ of the second against [C₁, C₀] of the first, as [C₀, k]. */
function pointwiseFirst({ first, second }: Chain): Float64Array {
  const [cin, mid, out, k] = [inputsOf(first), channelsOf(first), channelsOf(second), sizeOf(second.kernel)];
  const [left, right] = [second.weight.numbers(), first.weight.numbers()];
  const numbers = new Float64Array(out * cin * k);
  for (let o = 0; o < out; o++) {
    for (let m = 0; m < mid; m++) {
      for (let i = 0; i < cin; i++) {
        const times = right[m * cin + i] ?? 0;
        for (let at = 0; at < k; at++) {
          const to = (o * cin + i) * k + at;
          numbers[to] = (numbers[to] ?? 0) + times * (left[(o * mid + m) * k + at] ?? 0);
        }
      }
    }
  }
  return numbers;
}

const matrixOf = ({ weight }: ConvParts, rows: number, columns: number): Matrix => ({
  tensor: weight,
  rows,
  columns,
  transposed: false,
  factor: 1,
});

/** b₂ + Σ W₂·b₁, over all places of the second kernel; null: there is no bias. */
function biasOf({ first, second }: Chain): Float64Array | null {
  const own = second.bias ? Float64Array.from(second.bias.numbers()) : null;
  if (!first.bias) return own;
  const k = sizeOf(second.kernel);
  const repeated = Array.from(first.bias.numbers()).flatMap((each) => Array<number>(k).fill(each));
  const columns = channelsOf(second);
  const weight = { tensor: second.weight, rows: repeated.length, columns, transposed: true, factor: 1 };
  return multiplyRow(repeated, weight).map((each, o) => each + (own?.[o] ?? 0));
}

/** W₂∗(W₁∗x + b₁) + b₂ = (W₂·W₁)∗x + (W₂·b₁ + b₂), strides multiplied. */
function merge(m: Parts, build: Build, chain: Chain): Node {
  const { first, second } = chain;
  const { dtype } = first.weight;
  const wide = isPointwise(second) ? first : second;
  const shape = [channelsOf(second), inputsOf(first), ...wide.kernel];
  const compute = isPointwise(second) ? pointwiseSecond : pointwiseFirst;
  const weight = build.constant(
    'weight',
    lazily(dtype, shape, () => compute(chain)),
    m.first.inputs[1] ?? null,
  );
  const numbers = biasOf(chain);
  const bias = numbers ? [build.constant('bias', eagerly(dtype, [numbers.length], numbers))] : [];
  const strides = first.strides.map((stride, axis) => stride * (second.strides[axis] ?? 1));
  const padding = first.pads.map((pad, i) => pad + (first.strides[i % strides.length] ?? 1) * (second.pads[i] ?? 0));
  const attributes = convAttributes({ ...wide, strides, pads: padding, group: 1 });
  return build.node('Conv', [m.x, weight, ...bias], { attributes });
}

/** A convolution behind another one, at least one of them 1x1. */
export const chainedConvolutions: readonly Rule[] = [
  rule({
    name: 'conv-conv',
    captures,
    pattern: (c) => op('Conv', [op('Conv', [c.x], { as: c.first, more: true })], { as: c.second, more: true }),
    fits: (m, where) => {
      const chain = chainOf(m, where);
      return typeof chain === 'string' || isPointwise(chain.first) || isPointwise(chain.second);
    },
    when: (m, where) => {
      const chain = chainOf(m, where);
      if (typeof chain === 'string') return chain;
      return shapeReason(chain) ?? costReason(chain) ?? edgeReason(chain);
    },
    what: (m, { model }) =>
      `Merges ${label(model, m.first)} and ${label(model, m.second)} into one convolution: nothing bends between them.`,
    apply: (m, build, where) => {
      const chain = chainOf(m, where);
      if (typeof chain !== 'string') build.take(resultOf(m.second), merge(m, build, chain));
    },
  }),
];
