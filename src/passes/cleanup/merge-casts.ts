import type { Node } from '../../ir/model.ts';
import { bypass, bypassRefusal, removeWithConstants } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { inputOf, onlyReadBy, outputOf } from './ends.ts';
import { lossRefusal } from './lossless.ts';

const CASTS = ['Cast', 'CastLike'];
const isCast = (each: Node): boolean => each.domain === '' && CASTS.includes(each.opType);

/** Why the second conversion may not start from what the first one starts from; null: it may. */
function refusal(context: PassContext, first: Node, second: Node): string | null {
  const types = [inputOf(first), outputOf(first), outputOf(second)].map((value) => dtypeOf(context, value));
  const [from = null, over = null, to = null] = types;
  if (from === null || over === null || to === null) {
    return `the type that ${label(context.model, from === null ? first : second)} converts is not known`;
  }
  return lossRefusal(from, over, to);
}

const leadsBack = (context: PassContext, first: Node, second: Node): boolean =>
  dtypeOf(context, inputOf(first)) === dtypeOf(context, outputOf(second)) &&
  bypassRefusal(context.model, outputOf(second), inputOf(first)) === null;

/** Once every reader of the first one reads what it reads, it goes. */
const goesInTheEnd = (context: PassContext, first: Node): boolean =>
  onlyReadBy(context.model, outputOf(first), (reader) => isCast(reader) && refusal(context, first, reader) === null);

/**
 * C(B(x)) = C(x) where B keeps every value of x's type; nothing at all where C leads back to that type.
 *
 * @param keeps the first one has further readers
 */
const chain = (keeps: boolean) =>
  rule({
    name: keeps ? 'shared' : 'chain',
    captures: { x: any, first: node, second: node },
    pattern: (c) =>
      op(CASTS, [op(CASTS, [c.x], { as: c.first, keep: keeps, more: true })], { as: c.second, more: true }),
    fits: (m, where) =>
      !keeps ||
      (refusal(where, m.first, m.second) === null &&
        (leadsBack(where, m.first, m.second) || goesInTheEnd(where, m.first))),
    when: (m, where) => refusal(where, m.first, m.second),
    what: (m, where) => {
      const [first, second] = [label(where.model, m.first), label(where.model, m.second)];
      return leadsBack(where, m.first, m.second)
        ? `Removes ${second}: it undoes ${first}.`
        : `Lets ${second} start from what ${first} reads: nothing is lost on the way.`;
    },
    apply: (m, _build, where) => {
      const { model } = where;
      if (leadsBack(where, m.first, m.second)) bypass(model, m.second, outputOf(m.second), m.x);
      else model.setInput(m.second, 0, m.x);
      if (keeps && !model.isUsed(outputOf(m.first))) removeWithConstants(model, m.first.id);
    },
  });

/** Conversions that follow one another. */
export const mergeCasts: Pass = rulePass({
  id: 'merge-casts',
  group: 'cleanup',
  title: 'Merge casts',
  why: 'A conversion on the way to another one copies a tensor for nothing.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [chain(false), chain(true)],
});
