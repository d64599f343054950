import { defined } from '../../base/assert.ts';
import { getFloat, getInt, getInts, getString } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { label } from '../../rewrite/graphs.ts';
import { rankOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { op, type OpPattern, type Pattern, type Slots } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule, type Where } from '../../rewrite/rule.ts';
import type { Build } from '../../rewrite/build.ts';
import { eagerly, isFoldable, rowSums, scaleRows } from '../../rewrite/weights.ts';
import { affineOf, type Affine } from './batch-norm.ts';
import {
  captures,
  convInputs,
  convOutputs,
  convTransposeOutputs,
  dim,
  matrix,
  transposedB,
  type Parts,
  type Rows,
} from './channel-rows.ts';

const normOf = (c: Slots<typeof captures>, input: Pattern): OpPattern =>
  op('BatchNormalization', [input, c.scale, c.shift, c.mean, c.variance], { as: c.bn });

/** Preconditions that every fold shares. */
function folding(m: Parts, where: PassContext, layout: (m: Parts) => Rows): Affine | string {
  const { dtype } = m.weight.tensor;
  if (!isFoldable(dtype)) return `weights of type ${dtype} are not folded`;
  if ([m.scale, ...(m.bias ? [m.bias] : [])].some((each) => each.tensor.dtype !== dtype)) {
    return 'weights, bias and the parameters of batch norm differ in type';
  }
  const rows = layout(m);
  const affine = affineOf(where, m, rows.channels);
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

const certain = (affine: Affine | string): Affine => {
  if (typeof affine === 'string') throw new Error(affine);
  return affine;
};

function scaledWeight(m: Parts, build: Build, affine: Affine, layout: (m: Parts) => Rows) {
  const { rows, channel } = layout(m);
  const tensor = scaleRows(m.weight.tensor, rows, (row) => affine.factor[channel(row)] ?? 0);
  return build.constant('weight', tensor, m.weight.value);
}

/** `numbers` becomes the new bias, of the weight's type. */
const newBias = (m: Parts, build: Build, numbers: ArrayLike<number>) =>
  build.constant('bias', eagerly(m.weight.tensor.dtype, [numbers.length], numbers), m.bias?.value ?? null);

const result = (node: Node) => defined(node.outputs[0], `the result of ${node.opType}`);

/** (x∗W + b)·γ + δ = x∗(W·γ) + (b·γ + δ), for convolutions, output channel by output channel. */
function afterConvolution(name: string, type: 'Conv' | 'ConvTranspose', layout: (m: Parts) => Rows): Rule {
  return rule({
    name,
    captures,
    pattern: (c) => normOf(c, op(type, [c.x, c.weight, c.bias], { as: c.linear })),
    when: (m, where) => reasonOf(folding(m, where, layout)) ?? biasReason(m, layout(m).channels),
    what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)}.`,
    apply: (m, build, where) => {
      const affine = certain(folding(m, where, layout));
      const old = m.bias?.tensor.numbers();
      const bias = affine.factor.map((factor, c) => (old?.[c] ?? 0) * factor + (affine.offset[c] ?? 0));
      const inputs = [m.x, scaledWeight(m, build, affine, layout), newBias(m, build, bias)];
      build.take(result(m.bn), build.node(type, inputs, { attributes: m.linear.attributes }));
    },
  });
}

const reasonOf = (affine: Affine | string): string | null => (typeof affine === 'string' ? affine : null);

const biasReason = (m: Parts, channels: number): string | null =>
  m.bias && m.bias.tensor.size !== channels ? `the bias has ${m.bias.tensor.size} elements, not ${channels}` : null;

/** Gemm takes a bias that broadcasts from version 7 on. */
const gemmOpset = ({ model }: Where): string | null =>
  model.opset() < 7 ? 'Gemm before version 7 does not broadcast its bias' : null;

/** Attributes of a Gemm whose β is folded into its bias. */
function withoutBeta(gemm: Node): [string, Attribute][] {
  return [...gemm.attributes].filter(([name]) => name !== 'beta');
}

/**
 * β·C·factor[n] + offset[n] as the new C, for C of any shape that broadcasts to [M, N]; without C: [N].
 */
function gemmBias(m: Parts, build: Build, factor: ArrayLike<number>, offset: ArrayLike<number>) {
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

const gemmShapes = (m: Parts, columns: number): string | null => {
  const width = m.bias?.tensor.shape.at(-1) ?? 1;
  if (m.weight.tensor.shape.length !== 2) return 'its weight is no matrix';
  return width === 1 || width === columns ? null : `the bias has ${width} columns, not ${columns}`;
};

const columnsOf = matrix('columns');
const rowsOf = matrix('rows');

/** (α·A·B + β·C)·γ + δ = α·A·(B·γ) + (β·C·γ + δ), column by column. */
const gemmThenNorm = rule({
  name: 'gemm-bn',
  captures,
  pattern: (c) => normOf(c, op('Gemm', [c.x, c.weight, c.bias], { as: c.linear })),
  when: (m, where) =>
    gemmOpset(where) ?? gemmShapes(m, columnsOf(m).channels) ?? reasonOf(folding(m, where, columnsOf)),
  what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)}.`,
  apply: (m, build, where) => {
    const affine = certain(folding(m, where, columnsOf));
    const bias = gemmBias(m, build, affine.factor, affine.offset);
    const inputs = [m.x, scaledWeight(m, build, affine, columnsOf), bias];
    build.take(result(m.bn), build.node('Gemm', inputs, { attributes: withoutBeta(m.linear) }));
  },
});

/** (A·B)·γ + δ = Gemm(A, B·γ, δ), where the channels are the columns: for matrices only. */
const matMulThenNorm = rule({
  name: 'matmul-bn',
  captures,
  pattern: (c) => normOf(c, op('MatMul', [c.x, c.weight], { as: c.linear })),
  when: (m, where) => {
    if (rankOf(where, m.x) !== 2) return 'the left operand of MatMul is not known to be a matrix';
    return gemmOpset(where) ?? gemmShapes(m, columnsOf(m).channels) ?? reasonOf(folding(m, where, columnsOf));
  },
  what: (m, { model }) => `Folds ${label(model, m.bn)} and ${label(model, m.linear)} into one Gemm.`,
  apply: (m, build, where) => {
    const affine = certain(folding(m, where, columnsOf));
    const inputs = [m.x, scaledWeight(m, build, affine, columnsOf), newBias(m, build, affine.offset)];
    build.take(result(m.bn), build.node('Gemm', inputs));
  },
});

/** Zeros around the input are put there after the normalization: its offset must not reach them. */
function paddingReason({ linear }: Parts, affine: Affine): string | null {
  const auto = getString(linear, 'auto_pad', 'NOTSET');
  const padded = auto.startsWith('SAME') || (getInts(linear, 'pads', null) ?? []).some((each) => each !== 0);
  const shifts = affine.offset.some((each) => each !== 0);
  return padded && shifts
    ? 'the convolution pads with zeros, which the shift of batch norm would have to leave alone'
    : null;
}

/** W∗(x·γ + δ) + b = (W·γ)∗x + (b + Σ W·δ), input channel by input channel; without padding, or where δ = 0. */
const normThenConv = rule({
  name: 'bn-conv',
  captures,
  pattern: (c) => op('Conv', [normOf(c, c.x), c.weight, c.bias], { as: c.linear }),
  when: (m, where) => {
    const affine = folding(m, where, convInputs);
    return typeof affine === 'string' ? affine : (biasReason(m, dim(m.weight.tensor, 0)) ?? paddingReason(m, affine));
  },
  what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)} behind it.`,
  apply: (m, build, where) => {
    const affine = certain(folding(m, where, convInputs));
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
    build.take(result(m.linear), build.node('Conv', inputs, { attributes: m.linear.attributes }));
  },
});

/** α·(x·γ + δ)·B + β·C = α·x·(γ·B) + (β·C + α·Σ_k δ[k]·B[k]), row by row of B. */
const normThenGemm = rule({
  name: 'bn-gemm',
  captures,
  pattern: (c) => op('Gemm', [normOf(c, c.x), c.weight, c.bias], { as: c.linear }),
  when: (m, where) => {
    if (getInt(m.linear, 'transA', 0) !== 0) return 'Gemm transposes its left operand, so that channels are rows';
    return gemmOpset(where) ?? gemmShapes(m, columnsOf(m).channels) ?? reasonOf(folding(m, where, rowsOf));
  },
  what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)} behind it.`,
  apply: (m, build, where) => {
    const affine = certain(folding(m, where, rowsOf));
    const columns = columnsOf(m);
    const offset = new Float64Array(columns.channels);
    const alpha = getFloat(m.linear, 'alpha', 1);
    const data = m.weight.tensor.numbers();
    const second = dim(m.weight.tensor, 1);
    for (let i = 0; i < data.length; i++) {
      const [k, n] = transposedB(m.linear)
        ? [i % second, Math.floor(i / second)]
        : [Math.floor(i / second), i % second];
      offset[n] = (offset[n] ?? 0) + alpha * (data[i] ?? 0) * (affine.offset[k] ?? 0);
    }
    const bias = gemmBias(m, build, new Float64Array(columns.channels).fill(1), offset);
    const inputs = [m.x, scaledWeight(m, build, affine, rowsOf), bias];
    build.take(result(m.linear), build.node('Gemm', inputs, { attributes: withoutBeta(m.linear) }));
  },
});

/** Batch normalization with constant statistics is a scale and a shift, which a linear neighbour can take over. */
export const foldBatchNorm: Pass = rulePass({
  id: 'fold-batch-norm',
  group: 'fusion',
  title: 'Fold batch norm',
  why: 'A normalization with fixed statistics is a scale and a shift that the layer beside it can do for nothing.',
  options: {},
  preserves: 'weights',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [
    afterConvolution('conv-bn', 'Conv', convOutputs),
    afterConvolution('conv-transpose-bn', 'ConvTranspose', convTransposeOutputs),
    gemmThenNorm,
    matMulThenNorm,
    normThenConv,
    normThenGemm,
  ],
});
