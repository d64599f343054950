import { getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { productDims } from '../../ops/dim.ts';
import type { Build } from '../../rewrite/build.ts';
import { label } from '../../rewrite/graphs.ts';
import { rankOf, shapeOf } from '../../rewrite/known.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { node, op, optional, type Bound, type Pattern } from '../../rewrite/pattern.ts';
import { rule, type Rule, type Where } from '../../rewrite/rule.ts';
import { eagerly } from '../../rewrite/weights.ts';
import { affineOf, batchNormCaptures } from './batch-norm.ts';
import { linearCaptures } from './channel-rows.ts';
import {
  certain,
  columnsOf,
  folding,
  gemmOpset,
  gemmShapes,
  intoGemm,
  resultOf,
  scaledWeight,
  type Affine,
} from './fold-affine.ts';

/** Operators that keep the elements and their order, and those that move axes. */
const MOVES = ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose'];

const captures = {
  ...batchNormCaptures,
  ...linearCaptures,
  move1: optional(node),
  move2: optional(node),
  move3: optional(node),
};
type Parts = Bound<typeof captures>;

/** From the product on. */
const movesOf = (m: Parts): Node[] => [m.move3, m.move2, m.move1].filter((each) => each !== null);

const inputOf = (move: Node): ValueId | null => move.inputs[0] ?? null;

/** The axis of the move's input that is axis `axis` of its result; null: it is not known to be one axis there. */
function axisBefore(context: PassContext, move: Node, axis: number): number | null {
  const input = inputOf(move);
  const from = input === null ? null : shapeOf(context, input);
  if (!from) return null;
  if (move.opType === 'Transpose') {
    return getInts(move, 'perm', null)?.[axis] ?? from.length - 1 - axis;
  }
  const to = shapeOf(context, resultOf(move));
  // Row-major order: an axis stays itself where its length and all that varies faster stay the same.
  const inner = productDims(to?.slice(axis + 1) ?? [null]);
  if (inner === null || typeof to?.[axis] !== 'number') return null;
  const at = from.findIndex((dim, i) => dim === to[axis] && productDims(from.slice(i + 1)) === inner);
  return at < 0 ? null : at;
}

/** Whether axis 1 of what is normalized is the last axis of the product. */
function axisReason(m: Parts, where: Where): string | null {
  let axis: number | null = 1;
  for (const move of movesOf(m).reverse()) axis = axis === null ? null : axisBefore(where, move, axis);
  const rank = rankOf(where, resultOf(m.linear));
  return axis !== null && rank !== null && axis === rank - 1
    ? null
    : 'the channels of batch norm are not known to be the columns of the product';
}

const affine = (m: Parts, where: PassContext): Affine | string =>
  folding(m, { constants: [m.scale], called: 'the parameters of batch norm' }, columnsOf, (channels) =>
    affineOf(where, m, channels),
  );

/** The product with the normalization in it: a Gemm for matrices, else a product and a sum. */
function product(m: Parts, build: Build, where: Where): Node {
  const map = certain(affine(m, where));
  if (m.linear.opType === 'Gemm' || rankOf(where, m.x) === 2) return intoGemm(m, build, map);
  const wide = build.node('MatMul', [m.x, scaledWeight(m, build, map, columnsOf)], { label: 'product' });
  const bias = build.constant('bias', eagerly(m.weight.tensor.dtype, [map.offset.length], map.offset));
  return build.node('Add', [build.output(wide, 'product', null), bias], { label: 'bias' });
}

/** (x·W)ᵗ·γ + δ = (x·(W·γ) + δ)ᵗ, where t moves the columns to the axis of the channels. */
const movedRule = (type: 'MatMul' | 'Gemm', count: 1 | 2 | 3): Rule =>
  rule({
    name: `${type.toLowerCase()}-moved-bn-${count}`,
    captures,
    pattern: (c) => {
      const inputs = type === 'Gemm' ? [c.x, c.weight, c.bias] : [c.x, c.weight];
      const slots = [c.move1, c.move2, c.move3].slice(0, count);
      const moved = slots.reduceRight<Pattern>(
        (inner, slot) => op(MOVES, [inner], { as: slot, more: true }),
        op(type, inputs, { as: c.linear }),
      );
      return op('BatchNormalization', [moved, c.scale, c.shift, c.mean, c.variance], { as: c.bn });
    },
    when: (m, where) => {
      const map = gemmOpset(where) ?? gemmShapes(m) ?? axisReason(m, where) ?? affine(m, where);
      return typeof map === 'string' ? map : null;
    },
    what: (m, { model }) =>
      `Folds ${label(model, m.bn)} into the weights of ${label(model, m.linear)}: the moves between leave the columns whole.`,
    apply: (m, build, where) => {
      let last = product(m, build, where);
      for (const [i, move] of movesOf(m).entries()) {
        const inputs = [build.output(last, `moved${i}`, null), ...move.inputs.slice(1)];
        last = build.node(move.opType, inputs, { attributes: move.attributes, label: `move${i}` });
      }
      build.take(resultOf(m.bn), last);
    },
  });

/** Batch normalization of a product whose columns were moved to axis 1, as PyTorch does with BatchNorm1d over sequences. */
export const movedNorms: readonly Rule[] = (['MatMul', 'Gemm'] as const).flatMap((type) =>
  ([1, 2, 3] as const).map((count) => movedRule(type, count)),
);
