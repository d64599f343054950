import { defined } from '../../base/assert.ts';
import { getFloat, getInt, getInts, getString } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Constant } from '../../rewrite/pattern.ts';
import { eagerly, isFoldable, rowSums, scaleRows } from '../../rewrite/weights.ts';
import { convInputs, dim, matrix, transposedB, type Linear, type Rows } from './channel-rows.ts';

/** y = x·factor + offset, channel by channel. */
export interface Affine {
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

/** (x·a + b)·c + d = x·(a·c) + (b·c + d) */
export function compose(first: Affine, second: Affine): Affine {
  return {
    factor: first.factor.map((each, c) => each * (second.factor[c] ?? NaN)),
    offset: first.offset.map((each, c) => each * (second.factor[c] ?? NaN) + (second.offset[c] ?? NaN)),
  };
}

export type Layout = (m: Linear) => Rows;

/** The channels that a Gemm or MatMul gives, and those that it takes. */
export const columnsOf = matrix('columns');
export const rowsOf = matrix('rows');

export const reasonOf = (affine: Affine | string): string | null => (typeof affine === 'string' ? affine : null);
export const certain = (affine: Affine | string): Affine => {
  if (typeof affine === 'string') throw new Error(affine);
  return affine;
};

/**
 * The affine map of a neighbour, if the weights can take it over, else what is missing.
 *
 * @param parameters constants of the neighbour, and what they are called
 * @param affineFor the map for as many channels as the weights have, or what is missing
 */
export function folding(
  m: Linear,
  parameters: { readonly constants: readonly Constant[]; readonly called: string },
  layout: Layout,
  affineFor: (channels: number) => Affine | string,
): Affine | string {
  const { dtype } = m.weight.tensor;
  if (!isFoldable(dtype)) return `weights of type ${dtype} are not folded`;
  const constants = [...parameters.constants, ...(m.bias ? [m.bias] : [])];
  if (constants.some((each) => each.tensor.dtype !== dtype)) {
    return `weights, bias and ${parameters.called} differ in type`;
  }
  const rows = layout(m);
  const affine = affineFor(rows.channels);
  if (typeof affine === 'string') return affine;
  if (dtype === 'float16' && overflows(m.weight.tensor, rows, affine)) return 'the folded weights exceed float16';
  return affine;
}

const LARGEST_HALF = 65504;

function overflows(weight: Tensor, { rows, channel }: Rows, { factor }: Affine): boolean {
  const data = weight.numbers();
  const inner = data.length / Math.max(1, rows);
  for (let i = 0; i < data.length; i++) {
    const times = factor[channel(Math.floor(i / inner))] ?? 0;
    if (Math.abs((data[i] ?? 0) * times) > LARGEST_HALF) return true;
  }
  return false;
}

/** The weight, each row times the factor of its channel. */
export function scaledWeight(m: Linear, build: Build, affine: Affine, layout: Layout): ValueId {
  const { rows, channel } = layout(m);
  const tensor = scaleRows(m.weight.tensor, rows, (row) => affine.factor[channel(row)] ?? 0);
  return build.constant('weight', tensor, m.weight.value);
}

/** `numbers` becomes the new bias, of the weight's type. */
export const newBias = (m: Linear, build: Build, numbers: ArrayLike<number>): ValueId =>
  build.constant('bias', eagerly(m.weight.tensor.dtype, [numbers.length], numbers), m.bias?.value ?? null);

export const biasReason = (m: Linear, channels: number): string | null =>
  m.bias && m.bias.tensor.size !== channels ? `the bias has ${m.bias.tensor.size} elements, not ${channels}` : null;

/** (x∗W + b)·γ + δ = x∗(W·γ) + (b·γ + δ), for convolutions, output channel by output channel. */
export function intoConvolution(m: Linear, build: Build, affine: Affine, layout: Layout): Node {
  const old = m.bias?.tensor.numbers();
  const bias = affine.factor.map((factor, c) => (old?.[c] ?? 0) * factor + (affine.offset[c] ?? 0));
  const shifted = m.bias !== null || bias.some((each) => each !== 0);
  const inputs = [m.x, scaledWeight(m, build, affine, layout), ...(shifted ? [newBias(m, build, bias)] : [])];
  return build.node(m.linear.opType, inputs, { attributes: m.linear.attributes });
}

/** W∗(x·γ + δ) + b = (W·γ)∗x + (b + Σ W·δ), input channel by input channel; without padding, or where δ = 0. */
export function intoConvolutionBehind(m: Linear, build: Build, affine: Affine): Node {
  const { rows, channel } = convInputs(m);
  const sums = rowSums(m.weight.tensor, rows);
  const bias = Float64Array.from(m.bias?.tensor.numbers() ?? new Float64Array(dim(m.weight.tensor, 0)));
  const perOutput = rows / bias.length;
  sums.forEach((sum, row) => {
    const out = Math.floor(row / perOutput);
    bias[out] = (bias[out] ?? 0) + sum * (affine.offset[channel(row)] ?? 0);
  });
  const shifted = m.bias !== null || bias.some((each) => each !== 0);
  const inputs = [m.x, scaledWeight(m, build, affine, convInputs), ...(shifted ? [newBias(m, build, bias)] : [])];
  return build.node('Conv', inputs, { attributes: m.linear.attributes });
}

/** Zeros around the input are put there after the shift: they must not get it. `called`: whose shift it is. */
export function paddingReason({ linear, weight }: Linear, affine: Affine, called: string): string | null {
  const kernel = weight.tensor.shape.slice(2);
  const same = getString(linear, 'auto_pad', 'NOTSET').startsWith('SAME') && kernel.some((each) => each > 1);
  const padded = same || (getInts(linear, 'pads', null) ?? []).some((each) => each !== 0);
  const shifts = affine.offset.some((each) => each !== 0);
  return padded && shifts
    ? `the convolution pads with zeros, which the shift of ${called} would have to leave alone`
    : null;
}

/** Gemm takes a bias that broadcasts from version 7 on. */
export const gemmOpset = ({ model }: PassContext): string | null =>
  model.opset() < 7 ? 'Gemm before version 7 does not broadcast its bias' : null;

export const gemmShapes = (m: Linear): string | null => {
  const width = m.bias?.tensor.shape.at(-1) ?? 1;
  if (m.weight.tensor.shape.length !== 2) return 'its weight is no matrix';
  const columns = columnsOf(m).channels;
  return width === 1 || width === columns ? null : `the bias has ${width} columns, not ${columns}`;
};

/** (α·A·B + β·C)·γ + δ = α·A·(B·γ) + (β·C·γ + δ), column by column. */
export function intoGemm(m: Linear, build: Build, affine: Affine): Node {
  const shifted = m.bias !== null || affine.offset.some((each) => each !== 0);
  const bias = shifted ? [gemmBias(m, build, affine.factor, affine.offset)] : [];
  const inputs = [m.x, scaledWeight(m, build, affine, columnsOf), ...bias];
  return build.node('Gemm', inputs, { attributes: withoutBeta(m.linear) });
}

/** α·(x·γ + δ)·B + β·C = α·x·(γ·B) + (β·C + α·Σ_k δ[k]·B[k]), row by row of B. */
export function intoGemmBehind(m: Linear, build: Build, affine: Affine): Node {
  const columns = columnsOf(m).channels;
  const offset = new Float64Array(columns);
  const alpha = getFloat(m.linear, 'alpha', 1);
  const shifts = affine.offset.some((each) => each !== 0);
  const data = shifts ? m.weight.tensor.numbers() : [];
  const second = dim(m.weight.tensor, 1);
  for (let i = 0; i < data.length; i++) {
    const [k, n] = transposedB(m.linear) ? [i % second, Math.floor(i / second)] : [Math.floor(i / second), i % second];
    offset[n] = (offset[n] ?? 0) + alpha * (data[i] ?? 0) * (affine.offset[k] ?? 0);
  }
  const shifted = m.bias !== null || shifts;
  const bias = shifted ? [gemmBias(m, build, new Float64Array(columns).fill(1), offset)] : [];
  const inputs = [m.x, scaledWeight(m, build, affine, rowsOf), ...bias];
  return build.node('Gemm', inputs, { attributes: withoutBeta(m.linear) });
}

/** Gemm's channels are those of its left operand's rows where it transposes it. */
export const transposedA = ({ linear }: Linear): string | null =>
  getInt(linear, 'transA', 0) === 0 ? null : 'Gemm transposes its left operand, so that channels are rows';

/** Attributes of a Gemm whose β is folded into its bias. */
function withoutBeta(gemm: Node): [string, Attribute][] {
  return [...gemm.attributes].filter(([name]) => name !== 'beta');
}

/** β·C·factor[n] + offset[n] as the new C, for C of any shape that broadcasts to [M, N]; without C: [N]. */
function gemmBias(m: Linear, build: Build, factor: ArrayLike<number>, offset: ArrayLike<number>): ValueId {
  const columns = offset.length;
  const old = m.bias?.tensor;
  const beta = getFloat(m.linear, 'beta', 1);
  const width = old?.shape.at(-1) ?? 1;
  const shape = [...(old?.shape.slice(0, -1) ?? []), columns];
  const data = old?.numbers();
  const numbers = new Float64Array(shape.reduce((product, each) => product * each, 1));
  for (let i = 0; i < numbers.length; i++) {
    const n = i % columns;
    const at = width === 1 ? Math.floor(i / columns) : i;
    numbers[i] = beta * (data?.[at] ?? 0) * (factor[n] ?? 0) + (offset[n] ?? 0);
  }
  return build.constant('bias', eagerly(m.weight.tensor.dtype, shape, numbers), m.bias?.value ?? null);
}

export const resultOf = (node: Node): ValueId => defined(node.outputs[0], `the result of ${node.opType}`);
