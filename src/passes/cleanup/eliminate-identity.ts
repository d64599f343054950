import { getInt } from '../../ir/attribute.ts';
import { defined } from '../../base/assert.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { bypass, bypassRefusal } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op, optional } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { isAll } from '../../rewrite/weights.ts';

const outputOf = (identity: Node): ValueId => defined(identity.outputs[0], `the output of ${identity.opType}`);

/** y = x. */
const identity = rule({
  name: 'identity',
  captures: { x: any, identity: node },
  pattern: (c) => op('Identity', [c.x], { as: c.identity }),
  when: (m, { model }) => bypassRefusal(model, outputOf(m.identity), m.x),
  what: (m, { model }) => `Removes ${label(model, m.identity)}: its readers read its input.`,
  apply: (m, { model }) => bypass(model, m.identity, outputOf(m.identity), m.x),
});

/**
 * Outside training y = x (operator specification). Versions 1 and 6 train unless `is_test`; 7 and 10 never train; from
 * 12 on `training_mode` is an input.
 */
function dropoutMode(context: PassContext, dropout: Node, mode: ValueId | null): string | null {
  const opset = context.model.opset();
  if (opset < 7) return getInt(dropout, 'is_test', 0) === 0 ? 'dropout is in training mode (is_test is 0)' : null;
  if (opset < 12 || mode === null) return null;
  const training = constantOf(context, mode);
  if (!training) return 'whether dropout trains is decided when the model runs';
  return isAll(training, 0) ? null : 'dropout is in training mode';
}

const dropout = rule({
  name: 'dropout',
  captures: { x: any, ratio: optional(any), mode: optional(any), dropout: node },
  pattern: (c) => op('Dropout', [c.x, c.ratio, c.mode], { as: c.dropout }),
  when: (m, where) =>
    dropoutMode(where, m.dropout, m.mode) ??
    (m.dropout.outputs[0] === null
      ? 'its first output is left out'
      : bypassRefusal(where.model, outputOf(m.dropout), m.x)),
  what: (m, { model }) => `Removes ${label(model, m.dropout)}: outside training it passes its input on.`,
  apply: (m, { model }) => bypass(model, m.dropout, outputOf(m.dropout), m.x),
});

/** Identity, and Dropout outside training whose mask nobody reads (the driver refuses other outputs with readers). */
export const eliminateIdentity: Pass = rulePass({
  id: 'eliminate-identity',
  group: 'cleanup',
  title: 'Remove identities',
  why: 'Identity, and dropout outside training, only copy.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [identity, dropout],
});
