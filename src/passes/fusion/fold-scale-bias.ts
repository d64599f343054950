import { label } from '../../rewrite/graphs.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { op } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule } from '../../rewrite/rule.ts';
import { convInputs, convTransposeOutputs, dim, leadingChannels } from './channel-rows.ts';
import {
  biasReason,
  certain,
  columnsOf,
  gemmOpset,
  gemmShapes,
  intoConvolution,
  intoConvolutionBehind,
  intoGemm,
  intoGemmBehind,
  paddingReason,
  reasonOf,
  resultOf,
  rowsOf,
  scaledWeight,
  transposedA,
  type Layout,
} from './fold-affine.ts';
import { afterBatchNorm } from './scale-batch-norm.ts';
import { afterBias, afterMatMul, beforeMatMul } from './scale-matmul.ts';
import { affine, beforeReason, captures, isScale, rankOfWeight, what, type Parts } from './linear-step.ts';
import { lastAxis, secondAxis, stepOf } from './scale-shift.ts';

/** (x∗W + b)·γ + δ, γ and δ one number for each output channel. */
function afterConvolution(type: 'Conv' | 'ConvTranspose', layout: Layout, reversed: boolean): Rule {
  const map = (m: Parts) => affine(m, layout, secondAxis(rankOfWeight(m)));
  return rule({
    name: `${type === 'Conv' ? 'conv' : 'conv-transpose'}-${reversed ? 'from' : 'step'}`,
    captures,
    pattern: (c) => stepOf(c, op(type, [c.x, c.weight, c.bias], { as: c.linear }), reversed),
    when: (m) => reasonOf(map(m)) ?? biasReason(m, layout(m).channels),
    what,
    apply: (m, build) => build.take(resultOf(m.step), intoConvolution(m, build, certain(map(m)), layout)),
  });
}

function afterGemm(reversed: boolean): Rule {
  const map = (m: Parts) => affine(m, columnsOf, lastAxis(2));
  return rule({
    name: reversed ? 'gemm-from' : 'gemm-step',
    captures,
    pattern: (c) => stepOf(c, op('Gemm', [c.x, c.weight, c.bias], { as: c.linear }), reversed),
    when: (m, where) => gemmOpset(where) ?? gemmShapes(m) ?? reasonOf(map(m)),
    what,
    apply: (m, build) => build.take(resultOf(m.step), intoGemm(m, build, certain(map(m)))),
  });
}

const beforeConv = rule({
  name: 'step-conv',
  captures,
  pattern: (c) => op('Conv', [stepOf(c, c.x), c.weight, c.bias], { as: c.linear }),
  when: (m, where) => {
    const axis = secondAxis(rankOfWeight(m));
    const map = affine(m, convInputs, axis);
    if (typeof map === 'string') return map;
    const reason = beforeReason(m, where, convInputs, axis) ?? biasReason(m, dim(m.weight.tensor, 0));
    return reason ?? paddingReason(m, map, label(where.model, m.step));
  },
  what,
  apply: (m, build) => {
    const map = certain(affine(m, convInputs, secondAxis(rankOfWeight(m))));
    build.take(resultOf(m.linear), intoConvolutionBehind(m, build, map));
  },
});

/** (x·γ)∗W = x∗(γ·W), whose leading axis is that of the input channels. */
const beforeConvTranspose = rule({
  name: 'scale-conv-transpose',
  captures,
  pattern: (c) => op('ConvTranspose', [stepOf(c, c.x), c.weight, c.bias], { as: c.linear }),
  fits: (m) => isScale(m.step),
  when: (m, where) => beforeReason(m, where, leadingChannels, secondAxis(rankOfWeight(m))),
  what,
  apply: (m, build) => {
    const map = certain(affine(m, leadingChannels, secondAxis(rankOfWeight(m))));
    const bias = m.bias ? [m.bias.value] : [];
    const inputs = [m.x, scaledWeight(m, build, map, leadingChannels), ...bias];
    build.take(resultOf(m.linear), build.node('ConvTranspose', inputs, { attributes: m.linear.attributes }));
  },
});

const beforeGemm = rule({
  name: 'step-gemm',
  captures,
  pattern: (c) => op('Gemm', [stepOf(c, c.x), c.weight, c.bias], { as: c.linear }),
  when: (m, where) =>
    transposedA(m) ?? gemmOpset(where) ?? gemmShapes(m) ?? beforeReason(m, where, rowsOf, lastAxis(2)),
  what,
  apply: (m, build) =>
    build.take(resultOf(m.linear), intoGemmBehind(m, build, certain(affine(m, rowsOf, lastAxis(2))))),
});

/** A constant scale or shift beside a linear operator becomes part of its weights. */
export const foldScaleBias: Pass = rulePass({
  id: 'fold-scale-bias',
  group: 'fusion',
  title: 'Fold scales and biases',
  why: 'A product or sum with one number for each channel is something that the layer beside it can do for nothing.',
  options: {},
  preserves: 'weights',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [
    ...[false, true].flatMap((reversed) => [
      afterConvolution('Conv', leadingChannels, reversed),
      afterConvolution('ConvTranspose', convTransposeOutputs, reversed),
      afterGemm(reversed),
    ]),
    afterBatchNorm,
    afterMatMul,
    afterBias,
    beforeConv,
    beforeConvTranspose,
    beforeGemm,
    beforeMatMul,
  ],
});
