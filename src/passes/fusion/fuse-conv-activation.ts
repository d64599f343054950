import { defined } from '../../base/assert.ts';
import { floatsAttribute, getFloat, string } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, rankOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Backend, Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op, optional } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';

const CONTRIB = 'com.microsoft';

/** What FusedConv is told about an activation: its parameters in order, or why they are not to be had. */
interface Activation {
  readonly parameters: (context: PassContext, node: Node) => readonly number[] | string;
  readonly backends: readonly Backend[];
}

const both: readonly Backend[] = ['wasm', 'webgpu'];
const none = (): readonly number[] => [];

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
 * Activations that FusedConv takes (com.microsoft operator documentation), and where they were seen to come out right
 * on ONNX Runtime Web 1.30.
 */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Relu: { parameters: none, backends: both },
  Sigmoid: { parameters: none, backends: both },
  Tanh: { parameters: none, backends: ['wasm'] },
  LeakyRelu: { parameters: (_, each) => [getFloat(each, 'alpha', 0.01)], backends: both },
  Clip: { parameters: clipLimits, backends: both },
  HardSigmoid: {
    parameters: (_, each) => [getFloat(each, 'alpha', 0.2), getFloat(each, 'beta', 0.5)],
    backends: both,
  },
  HardSwish: { parameters: none, backends: ['webgpu'] },
};

function reasonOf(context: PassContext, conv: Node, activation: Node): string | null {
  const { parameters, backends } = defined(ACTIVATIONS[activation.opType], activation.opType);
  if (!backends.includes(context.backend)) {
    return `the fused convolution of this backend has no ${activation.opType}`;
  }
  const x = defined(conv.inputs[0], 'the input of Conv');
  const dtype = dtypeOf(context, x);
  if (dtype !== 'float32') return `the fused convolution takes float32, and this one is ${dtype ?? 'of unknown type'}`;
  const rank = rankOf(context, x);
  if (context.backend === 'webgpu' && rank !== 3 && rank !== 4) {
    return 'on WebGPU the fused convolution is for one or two spatial axes';
  }
  const found = parameters(context, activation);
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
    const parameters = defined(ACTIVATIONS[opType], opType).parameters(where, m.activation);
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
