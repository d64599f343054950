import { label } from '../../rewrite/graphs.ts';
import { rankOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { op, type OpPattern, type Pattern, type Slots } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule } from '../../rewrite/rule.ts';
import { affineOf, batchNormCaptures, type BatchNormParts } from './batch-norm.ts';
import { convInputs, convTransposeOutputs, dim, leadingChannels, linearCaptures, type Linear } from './channel-rows.ts';
import {
  biasReason,
  certain,
  compose,
  columnsOf,
  folding,
  gemmOpset,
  gemmShapes,
  intoConvolution,
  intoConvolutionBehind,
  intoGemm,
  intoGemmBehind,
  newBias,
  paddingReason,
  reasonOf,
  resultOf,
  rowsOf,
  scaledWeight,
  transposedA,
  type Affine,
  type Layout,
} from './fold-affine.ts';
import { movedNorms } from './moved-batch-norm.ts';
import { scaleShiftOf, secondAxis, stepCaptures, stepOf, type Step } from './scale-shift.ts';

const captures = { ...batchNormCaptures, ...linearCaptures };
type Parts = BatchNormParts & Linear;

const normOf = (c: Slots<typeof captures>, input: Pattern): OpPattern =>
  op('BatchNormalization', [input, c.scale, c.shift, c.mean, c.variance], { as: c.bn });

const affine = (m: Parts, where: PassContext, layout: Layout): Affine | string =>
  folding(m, { constants: [m.scale], called: 'the parameters of batch norm' }, layout, (channels) =>
    affineOf(where, m, channels),
  );

function afterConvolution(name: string, type: 'Conv' | 'ConvTranspose', layout: Layout): Rule {
  return rule({
    name,
    captures,
    pattern: (c) => normOf(c, op(type, [c.x, c.weight, c.bias], { as: c.linear })),
    when: (m, where) => reasonOf(affine(m, where, layout)) ?? biasReason(m, layout(m).channels),
    what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)}.`,
    apply: (m, build, where) =>
      build.take(resultOf(m.bn), intoConvolution(m, build, certain(affine(m, where, layout)), layout)),
  });
}

const steppedCaptures = { ...captures, ...stepCaptures };

/** ((x∗W + b)·γ₁ + δ₁)·γ₂ + δ₂: exporters that write the bias of a convolution as an Add of its own. */
function afterStep(type: 'Conv' | 'ConvTranspose', layout: Layout): Rule {
  const map = (m: Parts & Step, where: PassContext): Affine | string => {
    const norm = affine(m, where, layout);
    if (typeof norm === 'string') return norm;
    if (m.by.tensor.dtype !== m.weight.tensor.dtype) return 'weights and the constant between differ in type';
    const step = scaleShiftOf(m, norm.factor.length, secondAxis(m.weight.tensor.shape.length));
    return typeof step === 'string' ? step : compose(step, norm);
  };
  return rule({
    name: type === 'Conv' ? 'conv-step-bn' : 'conv-transpose-step-bn',
    captures: steppedCaptures,
    pattern: (c) => normOf(c, stepOf(c, op(type, [c.x, c.weight, c.bias], { as: c.linear }))),
    when: (m, where) => reasonOf(map(m, where)) ?? biasReason(m, layout(m).channels),
    what: (m, { model }) =>
      `Folds ${label(model, m.step)} and ${label(model, m.bn)} into the weights of ${label(model, m.linear)}.`,
    apply: (m, build, where) => build.take(resultOf(m.bn), intoConvolution(m, build, certain(map(m, where)), layout)),
  });
}

const gemmThenNorm = rule({
  name: 'gemm-bn',
  captures,
  pattern: (c) => normOf(c, op('Gemm', [c.x, c.weight, c.bias], { as: c.linear })),
  when: (m, where) => gemmOpset(where) ?? gemmShapes(m) ?? reasonOf(affine(m, where, columnsOf)),
  what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)}.`,
  apply: (m, build, where) => build.take(resultOf(m.bn), intoGemm(m, build, certain(affine(m, where, columnsOf)))),
});

/** (A·B)·γ + δ = Gemm(A, B·γ, δ), where the channels are the columns: for matrices only. */
const matMulThenNorm = rule({
  name: 'matmul-bn',
  captures,
  pattern: (c) => normOf(c, op('MatMul', [c.x, c.weight], { as: c.linear })),
  when: (m, where) => {
    if (rankOf(where, m.x) !== 2) return 'the left operand of MatMul is not known to be a matrix';
    return gemmOpset(where) ?? gemmShapes(m) ?? reasonOf(affine(m, where, columnsOf));
  },
  what: (m, { model }) => `Folds ${label(model, m.bn)} and ${label(model, m.linear)} into one Gemm.`,
  apply: (m, build, where) => {
    const map = certain(affine(m, where, columnsOf));
    const inputs = [m.x, scaledWeight(m, build, map, columnsOf), newBias(m, build, map.offset)];
    build.take(resultOf(m.bn), build.node('Gemm', inputs));
  },
});

const normThenConv = rule({
  name: 'bn-conv',
  captures,
  pattern: (c) => op('Conv', [normOf(c, c.x), c.weight, c.bias], { as: c.linear }),
  when: (m, where) => {
    const map = affine(m, where, convInputs);
    if (typeof map === 'string') return map;
    return biasReason(m, dim(m.weight.tensor, 0)) ?? paddingReason(m, map, 'batch norm');
  },
  what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)} behind it.`,
  apply: (m, build, where) =>
    build.take(resultOf(m.linear), intoConvolutionBehind(m, build, certain(affine(m, where, convInputs)))),
});

const normThenGemm = rule({
  name: 'bn-gemm',
  captures,
  pattern: (c) => op('Gemm', [normOf(c, c.x), c.weight, c.bias], { as: c.linear }),
  when: (m, where) => transposedA(m) ?? gemmOpset(where) ?? gemmShapes(m) ?? reasonOf(affine(m, where, rowsOf)),
  what: (m, { model }) => `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)} behind it.`,
  apply: (m, build, where) =>
    build.take(resultOf(m.linear), intoGemmBehind(m, build, certain(affine(m, where, rowsOf)))),
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
    afterConvolution('conv-bn', 'Conv', leadingChannels),
    afterConvolution('conv-transpose-bn', 'ConvTranspose', convTransposeOutputs),
    afterStep('Conv', leadingChannels),
    afterStep('ConvTranspose', convTransposeOutputs),
    gemmThenNorm,
    matMulThenNorm,
    ...movedNorms,
    normThenConv,
    normThenGemm,
  ],
});
