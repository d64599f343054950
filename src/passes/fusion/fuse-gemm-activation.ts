import { defined } from '../../base/assert.ts';
import { float, getFloat, string } from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { label } from '../../rewrite/graphs.ts';
import { backendsWith } from '../../rewrite/kernels.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op, optional } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { dequantizedRefusal } from './dequantized.ts';
import { CONTRIB } from './gated-operator.ts';

/**
 * Activations that FusedGemm takes, with their parameters and what these are where they are left out (operator
 * specification): the kernel has no defaults. On ONNX Runtime Web 1.30 each came out right on WASM; Clip, Gelu and
 * HardSwish are refused at loading.
 */
const ACTIVATIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Relu: {},
  Sigmoid: {},
  Tanh: {},
  Softplus: {},
  Softsign: {},
  LeakyRelu: { alpha: 0.01 },
  Elu: { alpha: 1 },
  Celu: { alpha: 1 },
  ThresholdedRelu: { alpha: 1 },
  HardSigmoid: { alpha: 0.2, beta: 0.5 },
  Selu: { alpha: 1.67326319217681884765625, gamma: 1.05070102214813232421875 },
};

function attributesOf(gemm: Node, activation: Node): Map<string, Attribute> {
  const attributes = new Map(gemm.attributes).set('activation', string(activation.opType));
  const parameters = defined(ACTIVATIONS[activation.opType], activation.opType);
  for (const [name, fallback] of Object.entries(parameters)) {
    attributes.set(`activation_${name}`, float(getFloat(activation, name, fallback)));
  }
  return attributes;
}

function reasonOf(context: PassContext, gemm: Node): string | null {
  if (context.model.opset() < 7) return 'Gemm before version 7 broadcasts its bias in another way';
  const dtype = dtypeOf(context, defined(gemm.inputs[0], 'the left operand of Gemm'));
  if (dtype !== 'float32' && dtype !== 'float16') {
    return `the fused kernel takes float32 and float16, and this is ${dtype ?? 'of unknown type'}`;
  }
  const operands = gemm.inputs.slice(0, 2).filter((input) => input !== null);
  return dequantizedRefusal(context.model, operands);
}

const fuse = rule({
  name: 'gemm-activation',
  captures: { a: any, b: any, c: optional(any), gemm: node, activation: node },
  pattern: (c) => op(Object.keys(ACTIVATIONS), [op('Gemm', [c.a, c.b, c.c], { as: c.gemm })], { as: c.activation }),
  when: (m, where) => reasonOf(where, m.gemm),
  what: (m, { model }) => `Computes ${label(model, m.activation)} inside ${label(model, m.gemm)}.`,
  apply: (m, build) => {
    build.opset(CONTRIB, 1);
    const inputs = m.c === null ? [m.a, m.b] : [m.a, m.b, m.c];
    const fused = build.node('FusedGemm', inputs, { domain: CONTRIB, attributes: attributesOf(m.gemm, m.activation) });
    build.take(defined(m.activation.outputs[0], 'the result of the activation'), fused);
  },
});

/** Gemm and the activation behind it become one kernel of ONNX Runtime, which WebGPU does not have. */
export const fuseGemmActivation: Pass = rulePass({
  id: 'fuse-gemm-activation',
  group: 'fusion',
  title: 'Fuse Gemm and activation',
  why: 'One node and one tensor less; measure it, for the kernel goes over its result a second time.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: backendsWith('com.microsoft.FusedGemm Relu'),
  repeats: false,
  rules: [fuse],
});
