import { getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { backendsWith } from '../../rewrite/kernels.ts';
import { dtypeOf, rankOf, sameShape } from '../../rewrite/known.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { any, either, node, op, optional, type Bound, type OpPattern, type Slots } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Where } from '../../rewrite/rule.ts';
import { ACTIVATIONS, activationReason, CONTRIB, convReason, withActivation } from './conv-activations.ts';
import { resultOf } from './fold-affine.ts';

const captures = { x: any, weight: any, bias: optional(any), residual: any, conv: node, add: node };
type Parts = Bound<typeof captures>;

/** Conv, or what another pass made of it, plus something: a sum of two convolutions is tried with the first one first. */
function sumOf(c: Slots<typeof captures>): OpPattern {
  const inputs = [c.x, c.weight, c.bias];
  const conv = either(op('Conv', inputs, { as: c.conv }), op('FusedConv', inputs, { as: c.conv, domain: CONTRIB }));
  return op(['Add', 'Sum'], [conv, c.residual], { as: c.add });
}

/**
 * Spatial axes for which Z was seen to be added on ONNX Runtime Web 1.30 (WASM): its kernel for more of them is another.
 */
const MOST_SPATIAL = 3;

function reasonOf(m: Parts, where: Where): string | null {
  const y = resultOf(m.conv);
  if (m.residual === y) return 'the convolution is added to itself';
  if (getString(m.conv, 'activation', '') !== '') return 'the convolution has an activation before the sum';
  const reason = convReason(where, m.conv);
  if (reason !== null) return reason;
  if (dtypeOf(where, m.x) !== 'float32') return 'the sum inside a convolution is for float32 only';
  if (dtypeOf(where, m.residual) !== 'float32') return 'the element type of what is added is not known';
  const rank = rankOf(where, m.x);
  if (rank === null || rank > 2 + MOST_SPATIAL) return 'the convolution is not known to have one to three spatial axes';
  return sameShape(where, y, m.residual) ? null : 'what is added is not proven to have the shape of the convolution';
}

/** The activation behind the sum, where it can be computed in the kernel too. */
function activationBehind(add: Node, where: Where): Node | null {
  const { model } = where;
  const sum = resultOf(add);
  const [use, ...others] = model.getValue(sum).uses;
  if (!use || others.length > 0 || model.isGraphOutput(sum)) return null;
  const reader = model.getNode(use.node);
  const known =
    reader.domain === '' && use.index === 0 && reader.graph === add.graph && ACTIVATIONS.includes(reader.opType);
  return known && activationReason(where, reader) === null ? reader : null;
}

function fuse(m: Parts, build: Build, attributes: Node['attributes']): Node {
  build.opset(CONTRIB, 1);
  return build.node('FusedConv', [m.x, m.weight, m.bias, m.residual], { domain: CONTRIB, attributes });
}

/** max(x∗W + b + z, 0) in one kernel, for Relu and other activations. */
const withActivationBehind = rule({
  name: 'conv-add-activation',
  captures: { ...captures, activation: node },
  pattern: (c) => op(ACTIVATIONS, [sumOf(c)], { as: c.activation, more: true }),
  when: (m, where) => reasonOf(m, where) ?? activationReason(where, m.activation),
  what: (m, { model }) =>
    `Computes ${label(model, m.add)} and ${label(model, m.activation)} inside ${label(model, m.conv)}.`,
  apply: (m, build, where) =>
    build.take(resultOf(m.activation), fuse(m, build, withActivation(where, m.conv, m.activation))),
});

const alone = rule({
  name: 'conv-add',
  captures,
  pattern: sumOf,
  fits: (m, where) => activationBehind(m.add, where) === null,
  when: reasonOf,
  what: (m, { model }) => `Computes ${label(model, m.add)} inside ${label(model, m.conv)}.`,
  apply: (m, build) => build.take(resultOf(m.add), fuse(m, build, m.conv.attributes)),
});

/** Conv, the residual that is added to it and the activation behind become one kernel of ONNX Runtime. */
export const fuseConvResidual: Pass = rulePass({
  id: 'fuse-conv-residual',
  group: 'fusion',
  title: 'Fuse convolution and residual',
  why: 'The residual is added while the result is still in registers: one or two passes over memory less.',
  options: {},
  preserves: 'kernel',
  needs: [],
  // The native WebGPU kernel of ONNX Runtime 1.30 ignores Z without a word.
  backends: backendsWith('com.microsoft.FusedConv Z'),
  repeats: false,
  rules: [withActivationBehind, alone],
});
