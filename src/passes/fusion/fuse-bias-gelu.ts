import { defined } from '../../base/assert.ts';
import { getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';
import { backendsWith } from '../../rewrite/kernels.ts';
import { dtypeOf, shapeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op, type OpPattern, type Slots } from '../../rewrite/pattern.ts';
import { rule, rulePass, type Rule } from '../../rewrite/rule.ts';
import { CONTRIB } from './gated-operator.ts';
import { vectorOf, vectorRefusal } from './vector-bias.ts';

const captures = { x: any, bias: any, sum: node, gelu: node };

/** The kernels add a vector along the last axis. */
function reasonOf(context: PassContext, x: ValueId, bias: ValueId): string | null {
  const dtype = dtypeOf(context, x);
  if (dtype !== 'float32' && dtype !== 'float16') {
    return `the fused kernels take float32 and float16, and this is ${dtype ?? 'of unknown type'}`;
  }
  const shape = shapeOf(context, x);
  if (!shape) return 'the shape of what the bias is added to is not known';
  return vectorRefusal(context, bias, { rank: shape.length, last: shape.at(-1) ?? null });
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
      const inputs = [m.x, vectorOf(where, m.bias, build)];
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
  backends: backendsWith('com.microsoft.BiasGelu'),
  repeats: false,
  rules: [
    biasRule('bias-gelu', 'BiasGelu', (c, sum) => op('Gelu', [sum], { as: c.gelu, domain: CONTRIB })),
    biasRule('bias-fast-gelu', 'FastGelu', (c, sum) => op('FastGelu', [sum], { as: c.gelu, domain: CONTRIB })),
    biasRule('bias-standard-gelu', 'BiasGelu', (c, sum) => op('Gelu', [sum], { as: c.gelu })),
    biasRule('bias-standard-tanh-gelu', 'FastGelu', (c, sum) => op('Gelu', [sum], { as: c.gelu })),
  ],
});
