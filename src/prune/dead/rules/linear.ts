import { getFloat, getFloats, getInt, getInts, getString } from '../../../ir/attribute.ts';
import { sizeOf } from '../../../ir/types.ts';
import { along, channelsOf, elementwise, type Known } from '../known.ts';
import { first, type ConstantRule, type Look } from '../look.ts';
import { activation } from './elementwise.ts';

/** Weights [outputs, inputs, taps] as they lie in a tensor. */
interface Filters {
  readonly weights: ArrayLike<number>;
  readonly from: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly taps: number;
  /** Elements from one output, and from one input, to the next. */
  readonly outStep: number;
  readonly inStep: number;
}

/**
 * Σ_i Σ_t w[o, i, t]·x[i] for every output o, where it is the same at every position. An input that is not known (NaN)
 * may only meet zeros, and where some position misses some taps (`uneven`), so may one that is not 0. As everywhere,
 * 0·x is 0: inputs are taken to be finite.
 */
function sums(filters: Filters, x: ArrayLike<number>, uneven: boolean): Float64Array {
  return Float64Array.from({ length: filters.outputs }, (_, o) => sumOf(filters, o, x, uneven));
}

function sumOf(
  { weights, from, inputs, taps, outStep, inStep }: Filters,
  o: number,
  x: ArrayLike<number>,
  uneven: boolean,
): number {
  let sum = 0;
  for (let i = 0; i < inputs; i++) {
    const value = x[i] ?? NaN;
    if (value === 0) continue;
    const at = from + o * outStep + i * inStep;
    for (let t = at; t < at + taps; t++) {
      const w = weights[t] ?? NaN;
      if (w === 0) continue;
      if (uneven || Number.isNaN(value)) return NaN;
      sum += w * value;
    }
  }
  return sum;
}

const unknown = (size: number): Float64Array => new Float64Array(size).fill(NaN);

function inputsOf(at: Look, slot: number, axis: number, size: number): Float64Array {
  const x = at.known(slot);
  return x ? channelsOf(x, axis, size) : unknown(size);
}

/** Σ + bias, then what a fused operator adds (Z) and applies. */
function finish(at: Look, made: Known | null, more: readonly number[], parameters: readonly number[]): Known | null {
  const act = activation(getString(at.node, 'activation', ''), parameters);
  if (!made || !act) return null;
  const terms = more.filter((slot) => at.has(slot)).map((slot) => at.known(slot));
  return elementwise([made, ...terms], (...numbers) => act(numbers.reduce((a, b) => Math.fround(a + b))));
}

/** Conv and FusedConv: W [Cout, Cin/g, …], B [Cout], Z like Y. */
function conv(at: Look): Known | null {
  const [weights, shape, rank] = [at.floats(1), at.tensor(1)?.shape, at.outputShape()?.length];
  if (!weights || !shape || rank === undefined) return null;
  const [outputs = 0, inputs = 0] = shape;
  const groups = getInt(at.node, 'group', 1);
  const taps = sizeOf(shape.slice(2));
  const x = inputsOf(at, 0, 1, inputs * groups);
  const made = new Float64Array(outputs);
  const part = { weights, outputs: outputs / groups, inputs, taps, outStep: inputs * taps, inStep: taps };
  for (let g = 0; g < groups; g++) {
    const from = g * part.outputs * part.outStep;
    made.set(sums({ ...part, from }, x.subarray(g * inputs, (g + 1) * inputs), isPadded(at)), g * part.outputs);
  }
  const biased = at.has(2) ? withBias(at, made) : made;
  return biased && finish(at, along(rank, 1, biased), [3], getFloats(at.node, 'activation_params', []));
}

function withBias(at: Look, made: Float64Array): Float64Array | null {
  const bias = at.floats(2);
  return bias && made.map((each, o) => Math.fround(each + (bias[o] ?? NaN)));
}

function isPadded({ node }: Look): boolean {
  const auto = getString(node, 'auto_pad', 'NOTSET');
  return auto === 'NOTSET' ? getInts(node, 'pads', []).some((pad) => pad !== 0) : auto !== 'VALID';
}

/** ConvTranspose: W [Cin, Cout/g, …]. Positions get different numbers of taps, so only zeros count. */
function convTranspose(at: Look): Known | null {
  const [weights, shape, rank] = [at.floats(1), at.tensor(1)?.shape, at.outputShape()?.length];
  if (!weights || !shape || rank === undefined) return null;
  const groups = getInt(at.node, 'group', 1);
  const [channels = 0, outputs = 0] = shape;
  const inputs = channels / groups;
  const taps = sizeOf(shape.slice(2));
  const x = inputsOf(at, 0, 1, channels);
  const made = new Float64Array(outputs * groups);
  const part = { weights, outputs, inputs, taps, outStep: taps, inStep: outputs * taps };
  for (let g = 0; g < groups; g++) {
    const from = g * inputs * part.inStep;
    made.set(sums({ ...part, from }, x.subarray(g * inputs, (g + 1) * inputs), true), g * outputs);
  }
  const biased = at.has(2) ? withBias(at, made) : made;
  return biased && along(rank, 1, biased);
}

/** A product of a computed operand and a constant matrix, at either side: [rows, columns], or transposed. */
function product(at: Look): { readonly made: Float64Array; readonly axis: number } | null {
  const slot = at.tensor(1) ? 1 : 0;
  const [weights, shape, other] = [at.floats(slot), at.tensor(slot)?.shape, at.shape(1 - slot)];
  if (!weights || shape?.length !== 2 || !other || other.length < 2) return null;
  const swapped = (side: number): boolean => getInt(at.node, side === 0 ? 'transA' : 'transB', 0) !== 0;
  // The right operand reads along its rows, the left one along its columns.
  const reads = (side: number): number => ((side === 1) === swapped(side) ? 1 : 0);
  const k = reads(slot);
  const [inputs, outputs] = [shape[k] ?? 0, shape[1 - k] ?? 0];
  const [inStep, outStep] = k === 0 ? [outputs, 1] : [1, inputs];
  const x = inputsOf(at, 1 - slot, other.length - 2 + reads(1 - slot), inputs);
  const made = sums({ weights, from: 0, outputs, inputs, taps: 1, inStep, outStep }, x, false);
  const alpha = getFloat(at.node, 'alpha', 1);
  return { made: made.map((each) => Math.fround(alpha * each)), axis: slot === 1 ? -1 : -2 };
}

function matMul(at: Look): Known | null {
  const rank = at.outputShape()?.length;
  const moved = getInt(at.node, 'transBatchA', 0) !== 0 || getInt(at.node, 'transBatchB', 0) !== 0;
  const found = rank === undefined || moved ? null : product(at);
  return found && rank !== undefined ? along(rank, rank + found.axis, found.made) : null;
}

/** Gemm and FusedGemm: α·A·B + β·C. */
function gemm(at: Look): Known | null {
  const found = product(at);
  if (!found) return null;
  const beta = getFloat(at.node, 'beta', 1);
  const made = along(2, 2 + found.axis, found.made);
  const bias = at.has(2) && beta !== 0 ? elementwise([at.known(2)], (c = NaN) => beta * c) : null;
  if (at.has(2) && beta !== 0 && !bias) return null;
  const parameters = ['activation_alpha', 'activation_beta'].map((name) => getFloat(at.node, name, NaN));
  return finish(at, bias ? elementwise([made, bias], (a = NaN, b = NaN) => a + b) : made, [], parameters);
}

export const linearConstants: Readonly<Record<string, ConstantRule>> = {
  Conv: first(conv),
  'com.microsoft.FusedConv': first(conv),
  ConvTranspose: first(convTranspose),
  Gemm: first(gemm),
  'com.microsoft.FusedGemm': first(gemm),
  MatMul: first(matMul),
  'com.microsoft.FusedMatMul': first(matMul),
};
