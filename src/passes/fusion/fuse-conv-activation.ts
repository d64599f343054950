import { defined } from '../../base/assert.ts';
import { floatsAttribute, getFloat, string } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op, optional } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';

const CONTRIB = 'com.microsoft';

/** What FusedConv is told about an activation: its parameters in order, or why they are not to be had. */
type Parameters = (context: PassContext, node: Node) => readonly number[] | string;

const none: Parameters = () => [];

/** The limits of Clip where none are given: those of float32 (operator specification). */
const LOWEST = -3.4028234663852886e38;
const HIGHEST = 3.4028234663852886e38;

/** Attributes before version 11, constant inputs from then on. */
function clipLimits(context: PassContext, clip: Node): readonly number[] | string {
  if (context.model.opset() < 11) return [getFloat(clip, 'min', LOWEST), getFloat(clip, 'max', HIGHEST)];
  const limits = [LOWEST, HIGHEST].map((fallback, i) => {
    const input = clip.inputs[i + 1] ?? null;
    if (input === null) return fallback;
    const tensor = constantOf(context, input);
    return tensor?.size === 1 ? (tensor.numbers()[0] ?? null) : null;
  });
  const [least, most] = limits;
  if (typeof least !== 'number' || typeof most !== 'number') return 'the limits of Clip are not constant';
  return least <= most ? [least, most] : 'the lower limit of Clip is above the upper one';
}

/**
 * Activations that FusedConv takes. On ONNX Runtime Web 1.30 each came out right on WASM and on native WebGPU, for one to
 * three spatial axes, grouped and not; others (Elu, Softplus) are refused at loading.
 */
const ACTIVATIONS: Readonly<Record<string, Parameters>> = {
  Relu: none,
  Sigmoid: none,
  Tanh: none,
  LeakyRelu: (_, each) => [getFloat(each, 'alpha', 0.01)],
  Clip: clipLimits,
  HardSigmoid: (_, each) => [getFloat(each, 'alpha', 0.2), getFloat(each, 'beta', 0.5)],
  HardSwish: none,
};

const parametersOf = (context: PassContext, activation: Node): readonly number[] | string =>
  defined(ACTIVATIONS[activation.opType], activation.opType)(context, activation);

function reasonOf(context: PassContext, conv: Node, activation: Node): string | null {
  const dtype = dtypeOf(context, defined(conv.inputs[0], 'the input of Conv'));
  if (dtype !== 'float32') return `the fused convolution takes float32, and this one is ${dtype ?? 'of unknown type'}`;
  const found = parametersOf(context, activation);
  return typeof found === 'string' ? found : null;
}

const fuse = rule({
  name: 'conv-activation',
  captures: { x: any, weight: any, bias: optional(any), conv: node, activation: node },
  pattern: (c) =>
    op(Object.keys(ACTIVATIONS), [op('Conv', [c.x, c.weight, c.bias], { as: c.conv })], {
      as: c.activation,
      more: true,
    }),
  when: (m, where) => reasonOf(where, m.conv, m.activation),
  what: (m, { model }) => `Computes ${label(model, m.activation)} inside ${label(model, m.conv)}.`,
  apply: (m, build, where) => {
    const { opType } = m.activation;
    const parameters = parametersOf(where, m.activation);
    const attributes = new Map(m.conv.attributes).set('activation', string(opType));
    if (typeof parameters !== 'string' && parameters.length > 0) {
      attributes.set('activation_params', floatsAttribute(parameters));
    }
    build.opset(CONTRIB, 1);
    const inputs = m.bias === null ? [m.x, m.weight] : [m.x, m.weight, m.bias];
    const fused = build.node('FusedConv', inputs, { domain: CONTRIB, attributes });
    build.take(defined(m.activation.outputs[0], 'the result of the activation'), fused);
  },
});

/** Conv and the activation behind it become one kernel of ONNX Runtime. */
export const fuseConvActivation: Pass = rulePass({
  id: 'fuse-conv-activation',
  group: 'fusion',
  title: 'Fuse convolution and activation',
  why: 'The activation is applied while the result is still in registers: one pass over memory less.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu'],
  repeats: false,
  rules: [fuse],
});
