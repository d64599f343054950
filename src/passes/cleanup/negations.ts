import { bypass, bypassRefusal, removeWithConstants } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule } from '../../rewrite/rule.ts';
import { outputOf, readersOf } from './ends.ts';

/** Where(¬c, a, b) = Where(c, b, a), where that frees the Not: nothing but such conditions reads it. */
export const negatedChoice = rule({
  name: 'not-where',
  captures: { condition: any, a: any, b: any, not: node, where: node },
  pattern: (c) => op('Where', [op('Not', [c.condition], { as: c.not, keep: true }), c.a, c.b], { as: c.where }),
  fits: (m, { model }) =>
    !model.isGraphOutput(outputOf(m.not)) &&
    model.getValue(outputOf(m.not)).uses.every((use) => use.index === 0) &&
    readersOf(model, outputOf(m.not)).every(({ opType }) => opType === 'Where'),
  what: (m, { model }) =>
    `Lets ${label(model, m.where)} choose the other way round, so that ${label(model, m.not)} is not needed.`,
  apply: (m, _build, { model }) => {
    [m.condition, m.b, m.a].forEach((value, index) => model.setInput(m.where, index, value));
    if (!model.isUsed(outputOf(m.not))) removeWithConstants(model, m.not.id);
  },
});

/** Not and Neg undo themselves. */
export const twice = rule({
  name: 'twice',
  captures: { x: any, first: node, second: node },
  pattern: (c) => op(['Not', 'Neg'], [op(['Not', 'Neg'], [c.x], { as: c.first, keep: true })], { as: c.second }),
  fits: (m) => m.first.opType === m.second.opType,
  when: (m, { model }) => bypassRefusal(model, outputOf(m.second), m.x),
  what: (m, { model }) => `Removes ${label(model, m.second)}: it undoes ${label(model, m.first)}.`,
  apply: (m, _build, { model }) => {
    bypass(model, m.second, outputOf(m.second), m.x);
    if (!model.isUsed(outputOf(m.first))) removeWithConstants(model, m.first.id);
  },
});
