import { getInt } from '../../ir/attribute.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { bypass, bypassRefusal, removeWithConstants } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf } from '../../rewrite/known.ts';
import { any, constant, node, op, optional } from '../../rewrite/pattern.ts';
import { rule } from '../../rewrite/rule.ts';
import { onlyReadBy, outputOf } from './ends.ts';

/** Where(¬c, a, b) = Where(c, b, a), where that frees the Not: nothing but such conditions reads it. */
export const negatedChoice = rule({
  name: 'not-where',
  captures: { condition: any, a: any, b: any, not: node, where: node },
  pattern: (c) => op('Where', [op('Not', [c.condition], { as: c.not, keep: true }), c.a, c.b], { as: c.where }),
  fits: (m, { model }) => onlyReadBy(model, outputOf(m.not), ({ opType }) => opType === 'Where'),
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

/** Bounds of a scale between which neither a product with 255 nor a quotient is anything but rounded. */
const SCALES: Readonly<Record<string, readonly [number, number]>> = {
  float32: [1e-30, 1e30],
  float16: [2 ** -24, 128],
};

function isPlainScale(scale: Tensor): boolean {
  const [least, most] = SCALES[scale.dtype] ?? [1, 0];
  return Array.from(scale.numbers()).every((each) => Math.abs(each) >= least && Math.abs(each) <= most);
}

/**
 * Q(D(q)) = q by one scale and zero point: ((q − z)·s)/s is q − z but for rounding, relative 2⁻¹¹ at most (float16), and
 * 8 bits are far fewer than it takes to reach the next integer.
 */
export const requantized = rule({
  name: 'requantized',
  captures: { q: any, scale: constant, zero: optional(any), first: node, second: node },
  pattern: (c) =>
    op(
      'QuantizeLinear',
      [op('DequantizeLinear', [c.q, c.scale, c.zero], { as: c.first, keep: true }), c.scale, c.zero],
      {
        as: c.second,
      },
    ),
  when: (m, where) => {
    const { model } = where;
    const [from, to] = [m.q, outputOf(m.second)].map((value) => dtypeOf(where, value));
    if (from !== to || (from !== 'int8' && from !== 'uint8')) return 'it is quantized to another type, or to more bits';
    if (!isPlainScale(m.scale.tensor)) return 'a scale is too small or too large to undo its own rounding';
    const alike = (['axis', 'block_size'] as const).every(
      (name) => getInt(m.first, name, name === 'axis' ? 1 : 0) === getInt(m.second, name, name === 'axis' ? 1 : 0),
    );
    return alike ? bypassRefusal(model, outputOf(m.second), m.q) : 'both quantize along different axes';
  },
  what: (m, { model }) => `Removes ${label(model, m.second)}: it undoes ${label(model, m.first)}.`,
  apply: (m, _build, { model }) => {
    bypass(model, m.second, outputOf(m.second), m.q);
    if (!model.isUsed(outputOf(m.first))) removeWithConstants(model, m.first.id);
  },
});
