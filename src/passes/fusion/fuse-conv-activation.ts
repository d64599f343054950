import { defined } from '../../base/assert.ts';
import { label } from '../../rewrite/graphs.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { any, node, op, optional } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { ACTIVATIONS, activationReason, CONTRIB, convReason, withActivation } from './conv-activations.ts';

const fuse = rule({
  name: 'conv-activation',
  captures: { x: any, weight: any, bias: optional(any), conv: node, activation: node },
  pattern: (c) =>
    op(Object.keys(ACTIVATIONS), [op('Conv', [c.x, c.weight, c.bias], { as: c.conv })], {
      as: c.activation,
      more: true,
    }),
  when: (m, where) => convReason(where, m.conv) ?? activationReason(where, m.activation),
  what: (m, { model }) => `Computes ${label(model, m.activation)} inside ${label(model, m.conv)}.`,
  apply: (m, build, where) => {
    build.opset(CONTRIB, 1);
    const inputs = m.bias === null ? [m.x, m.weight] : [m.x, m.weight, m.bias];
    const fused = build.node('FusedConv', inputs, {
      domain: CONTRIB,
      attributes: withActivation(where, m.conv, m.activation),
    });
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
