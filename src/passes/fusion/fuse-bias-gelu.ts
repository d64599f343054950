import { defined } from '../../base/assert.ts';
import { getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { derivedTensor, type Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op, type OpPattern, type Slots } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule } from '../../rewrite/rule.ts';
import { CONTRIB } from './gated-operator.ts';

const captures = { x: any, bias: any, sum: node, gelu: node };

/** The bias as a vector: [N], or a constant [1, …, 1, N] whose leading axes broadcast to none of its own. */
function vectorOf(context: PassContext, bias: ValueId): Tensor | 'as it is' | null {
  if (shapeOf(context, bias)?.length === 1) return 'as it is';
  const tensor = constantOf(context, bias);
  if (!tensor || tensor.shape.length === 0 || tensor.shape.slice(0, -1).some((dim) => dim !== 1)) return null;
  return derivedTensor(tensor.dtype, tensor.shape.slice(-1), () => tensor.bytes());
}

/** The kernels add a vector along the last axis: it has to be as long as that axis, and add none. */
function reasonOf(context: PassContext, x: ValueId, bias: ValueId): string | null {
  const [of, added] = [shapeOf(context, x), shapeOf(context, bias)];
  const dtype = dtypeOf(context, x);
  if (dtype !== 'float32' && dtype !== 'float16') {
    return `the fused kernels take float32 and float16, and this is ${dtype ?? 'of unknown type'}`;
  }
  if (vectorOf(context, bias) === null || !added) return 'what is added is no vector along the last axis';
  if (!of || of.length < added.length) return 'the rank of what the bias is added to is not known to be as high';
  const [size, length] = [of.at(-1), added.at(-1)];
  if (length !== null && size === length) return null;
  return typeof size === 'number' && typeof length === 'number'
    ? `the bias has ${length} elements, and the last axis ${size}`
    : 'the bias is not proven to be as long as the last axis';
}

function biasValue(context: PassContext, bias: ValueId, build: Build): ValueId {
  const vector = vectorOf(context, bias);
  return vector === null || vector === 'as it is' ? bias : build.constant('bias', vector, bias);
}

/** gelu(x + b), where `into` is a kernel of that. */
function biasRule(name: string, into: string, pattern: (c: Slots<typeof captures>, sum: OpPattern) => OpPattern): Rule {
  return rule({
    name,
    captures,
    pattern: (c) => pattern(c, op('Add', [c.x, c.bias], { as: c.sum })),
    fits: (m) => isForm(m.gelu, into),
    when: (m, where) => reasonOf(where, m.x, m.bias),
    what: (m, { model }) => `Adds the bias of ${label(model, m.sum)} inside ${label(model, m.gelu)}.`,
    apply: (m, build, where) => {
      build.opset(CONTRIB, 1);
      const inputs = [m.x, biasValue(where, m.bias, build)];
      const fused = build.node(into, inputs, { domain: CONTRIB });
      build.take(defined(m.gelu.outputs[0], 'the result of the activation'), fused);
    },
  });
}

/** The standard Gelu says in an attribute which form it is. */
const isForm = (gelu: Node, into: string): boolean =>
  gelu.domain !== '' || (getString(gelu, 'approximate', 'none') === 'tanh') === (into === 'FastGelu');

/** A bias, as a layer adds it, and GELU behind it become one kernel of ONNX Runtime. */
export const fuseBiasGelu: Pass = rulePass({
  id: 'fuse-bias-gelu',
  group: 'fusion',
  title: 'Fuse bias and GELU',
  why: 'The bias is added where GELU reads its input: one pass over memory less.',
  options: {},
  preserves: 'kernel',
  needs: [],
  backends: ['wasm', 'webgpu'],
  repeats: false,
  rules: [
    biasRule('bias-gelu', 'BiasGelu', (c, sum) => op('Gelu', [sum], { as: c.gelu, domain: CONTRIB })),
    biasRule('bias-fast-gelu', 'FastGelu', (c, sum) => op('FastGelu', [sum], { as: c.gelu, domain: CONTRIB })),
    biasRule('bias-standard-gelu', 'BiasGelu', (c, sum) => op('Gelu', [sum], { as: c.gelu })),
    biasRule('bias-standard-tanh-gelu', 'FastGelu', (c, sum) => op('Gelu', [sum], { as: c.gelu })),
  ],
});
