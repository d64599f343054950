import type { Node } from '../../ir/model.ts';
import type { Build } from '../../rewrite/build.ts';
import { rankOf } from '../../rewrite/known.ts';
import { constant, node, op, type Bound } from '../../rewrite/pattern.ts';
import { rule, type Where } from '../../rewrite/rule.ts';
import { eagerly } from '../../rewrite/weights.ts';
import type { Linear } from './channel-rows.ts';
import {
  certain,
  columnsOf,
  reasonOf,
  resultOf,
  rowsOf,
  scaledWeight,
  type Affine,
  type Layout,
} from './fold-affine.ts';
import { affine, beforeReason, captures, isScale, rankOfWeight, what } from './linear-step.ts';
import { lastAxis, scaleShiftOf, stepOf, type ChannelAxis } from './scale-shift.ts';

const matrixReason = (m: Linear): string | null => (rankOfWeight(m) === 2 ? null : 'its weight is no matrix');

/** A product with the scaled weight. */
const product = (m: Linear, build: Build, map: Affine, layout: Layout): Node =>
  build.node('MatMul', [m.x, scaledWeight(m, build, map, layout)]);

/** The columns of a MatMul, whose result has any rank. */
const columnAxis = (m: Linear, where: Where): ChannelAxis => lastAxis(rankOf(where, resultOf(m.linear)));
const rowAxis = (m: Linear, where: Where): ChannelAxis => lastAxis(rankOf(where, m.x));

/** (x·W)·γ = x·(W·γ), column by column. */
export const afterMatMul = rule({
  name: 'matmul-scale',
  captures,
  pattern: (c) => stepOf(c, op('MatMul', [c.x, c.weight], { as: c.linear })),
  fits: (m) => isScale(m.step),
  when: (m, where) => matrixReason(m) ?? reasonOf(affine(m, columnsOf, columnAxis(m, where))),
  what,
  apply: (m, build, where) => {
    const map = certain(affine(m, columnsOf, columnAxis(m, where)));
    build.take(resultOf(m.step), product(m, build, map, columnsOf));
  },
});

/** (x·γ)·W = x·(γ·W), row by row. */
export const beforeMatMul = rule({
  name: 'scale-matmul',
  captures,
  pattern: (c) => op('MatMul', [stepOf(c, c.x), c.weight], { as: c.linear }),
  fits: (m) => isScale(m.step),
  when: (m, where) => matrixReason(m) ?? beforeReason(m, where, rowsOf, rowAxis(m, where)),
  what,
  apply: (m, build, where) => {
    const map = certain(affine(m, rowsOf, rowAxis(m, where)));
    build.take(resultOf(m.linear), product(m, build, map, rowsOf));
  },
});

const biasedCaptures = { ...captures, shift: constant, add: node };
type Biased = Bound<typeof biasedCaptures>;

/** Scale and shift of the columns, or what is missing: γ has one number for each column, b any. */
function biasedMaps(m: Biased, where: Where): { readonly scale: Affine; readonly shift: Affine } | string {
  if (m.by.tensor.size === 1) return 'one number for all columns is left behind the bias, where attention looks for it';
  const scale = affine(m, columnsOf, columnAxis(m, where));
  if (typeof scale === 'string') return scale;
  if (m.shift.tensor.dtype !== m.by.tensor.dtype) return `bias and the constant of ${m.step.opType} differ in type`;
  const shift = scaleShiftOf({ by: m.shift, step: m.add }, columnsOf(m).channels, columnAxis(m, where));
  return typeof shift === 'string' ? shift : { scale, shift };
}

/** (x·W + b)·γ = x·(W·γ) + b·γ, column by column: the layer scale of vision models. */
export const afterBias = rule({
  name: 'matmul-bias-scale',
  captures: biasedCaptures,
  pattern: (c) => stepOf(c, op('Add', [op('MatMul', [c.x, c.weight], { as: c.linear }), c.shift], { as: c.add })),
  fits: (m) => isScale(m.step),
  when: (m, where) => {
    const maps = matrixReason(m) ?? biasedMaps(m, where);
    return typeof maps === 'string' ? maps : null;
  },
  what,
  apply: (m, build, where) => {
    const maps = biasedMaps(m, where);
    if (typeof maps === 'string') return;
    const offset = maps.shift.offset.map((each, n) => each * (maps.scale.factor[n] ?? NaN));
    const bias = build.constant('bias', eagerly(m.weight.tensor.dtype, [offset.length], offset), m.shift.value);
    const wide = build.output(product(m, build, maps.scale, columnsOf), 'product', null);
    build.take(resultOf(m.step), build.node('Add', [wide, bias], { label: 'bias' }));
  },
});
