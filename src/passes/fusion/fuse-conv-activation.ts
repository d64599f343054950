import type { Attribute, Node } from '../../ir/model.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { backendsWith } from '../../rewrite/kernels.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { any, node, op, optional, type Bound, type OpPattern, type Slots } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule, type Where } from '../../rewrite/rule.ts';
import {
  activationReason,
  ACTIVATIONS,
  CONTRIB,
  CONTRIB_ACTIVATIONS,
  convReason,
  WEBGPU_ACTIVATIONS,
  withActivation,
  withSilu,
} from './conv-activations.ts';
import { resultOf } from './fold-affine.ts';

const captures = { x: any, weight: any, bias: optional(any), conv: node, activation: node };
type Parts = Bound<typeof captures>;

const convOf = (c: Slots<typeof captures>): OpPattern => op('Conv', [c.x, c.weight, c.bias], { as: c.conv });

function fuse(m: Parts, build: Build, attributes: ReadonlyMap<string, Attribute>): Node {
  build.opset(CONTRIB, 1);
  const inputs = m.bias === null ? [m.x, m.weight] : [m.x, m.weight, m.bias];
  return build.node('FusedConv', inputs, { domain: CONTRIB, attributes });
}

const what = (m: Parts, { model }: Where): string =>
  `Computes ${label(model, m.activation)} inside ${label(model, m.conv)}.`;

const onWebgpu = (_: Parts, { backend, options }: Where): boolean =>
  backend === 'webgpu' && options['webgpuOnly'] !== false;

/** f(x∗W + b) in one kernel. */
const activationRule = (name: string, types: readonly string[], domain: string, fits: typeof onWebgpu): Rule =>
  rule({
    name,
    captures,
    pattern: (c) => op(types, [convOf(c)], { as: c.activation, domain, more: true }),
    fits,
    when: (m, where) => convReason(where, m.conv) ?? activationReason(where, m.activation),
    what,
    apply: (m, build, where) =>
      build.take(resultOf(m.activation), fuse(m, build, withActivation(where, m.conv, m.activation))),
  });

/** σ(y)·y for y = x∗W + b, as exporters write SiLU; the convolution last, for what reads it is removed before it. */
const silu = rule({
  name: 'conv-silu',
  captures,
  pattern: (c) => op('Mul', [op('Sigmoid', [convOf(c)]), convOf(c)], { as: c.activation }),
  fits: onWebgpu,
  when: (m, where) => convReason(where, m.conv),
  what,
  apply: (m, build) => build.take(resultOf(m.activation), fuse(m, build, withSilu(m.conv))),
});

/** Conv and the activation behind it become one kernel of ONNX Runtime. */
export const fuseConvActivation: Pass = rulePass({
  id: 'fuse-conv-activation',
  group: 'fusion',
  title: 'Fuse convolution and activation',
  why: 'The activation is applied while the result is still in registers: one pass over memory less.',
  options: {
    webgpuOnly: {
      type: 'boolean',
      default: true,
      label: 'On WebGPU, also what WASM cannot run (SiLU, Gelu, Softplus)',
    },
  },
  preserves: 'kernel',
  needs: [],
  backends: backendsWith('com.microsoft.FusedConv Relu'),
  repeats: false,
  rules: [
    activationRule('conv-activation', ACTIVATIONS, '', () => true),
    activationRule('conv-webgpu-activation', WEBGPU_ACTIVATIONS, '', onWebgpu),
    activationRule('conv-contrib-activation', CONTRIB_ACTIVATIONS, CONTRIB, onWebgpu),
    silu,
  ],
});
