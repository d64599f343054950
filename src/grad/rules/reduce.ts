import type { ValueId } from '../../ir/types.ts';
import { sizeOf } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';
import type { Vjp, VjpRule, VjpTable } from '../vjp.ts';

interface Reduction {
  readonly axes: readonly number[];
  /** The input's shape with 1 along the axes. */
  readonly kept: readonly number[];
  readonly count: number;
}

function reductionOf(c: Vjp): Reduction | null {
  const shape = c.shape(0);
  const given = c.has(1) ? c.known(1, 'axes') : (c.ints('axes') ?? []);
  if (given.length === 0 && c.int('noop_with_empty_axes', 0) === 1) return null;
  const axes =
    given.length === 0 ? shape.map((_, axis) => axis) : given.map((axis) => (axis + shape.length) % shape.length);
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return { axes, kept, count: sizeOf(axes.map((axis) => shape[axis] ?? 1)) };
}

/** `slope`: the gradient of the input, from that of the result; both results stand with their axes kept. */
const reduction =
  (slope: (emit: Emit, parts: { x: ValueId; y: ValueId; dy: ValueId } & Reduction) => ValueId): VjpRule =>
  (c) =>
    c.only(0, () => {
      const { emit } = c;
      const found = reductionOf(c);
      const kept = found ?? { axes: [], kept: c.shape(0), count: 1 };
      const dy = emit.reshape(c.gradient(), kept.kept);
      const y = emit.reshape(c.output(), kept.kept);
      return emit.expand(slope(emit, { x: c.input(0), y, dy, ...kept }), c.shape(0));
    });

/** Of equal elements, all get the same share. */
const extreme = reduction((emit, { x, y, dy, axes }) => {
  const chosen = emit.mask(emit.op('Equal', [x, y]));
  return emit.mul(chosen, emit.div(dy, emit.sum(chosen, axes)));
});

/** The product of the others: exclusive products from both ends would be needed where an element is 0. */
const product = reduction((emit, { x, y, dy }) => emit.div(emit.mul(dy, y), x));

function cumSum(c: Vjp): readonly (ValueId | null)[] {
  const attributes = { exclusive: c.int('exclusive', 0), reverse: 1 - c.int('reverse', 0) };
  return c.only(0, () => c.emit.op('CumSum', [c.gradient(), c.input(1)], attributes));
}

export const REDUCE_RULES: VjpTable = {
  ReduceSum: reduction((_, { dy }) => dy),
  ReduceMean: reduction((emit, { dy, count }) => emit.scale(dy, 1 / count)),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceProd: product,
  ReduceL1: reduction((emit, { x, dy }) => {
    const zero = emit.scalar(0);
    const sign = emit.sub(emit.mask(emit.op('Greater', [x, zero])), emit.mask(emit.op('Less', [x, zero])));
    return emit.mul(dy, sign);
  }),
  ReduceL2: reduction((emit, { x, y, dy }) => emit.mul(x, emit.div(dy, y))),
  ReduceSumSquare: reduction((emit, { x, dy }) => emit.mul(x, emit.scale(dy, 2))),
  ReduceLogSum: reduction((emit, { y, dy }) => emit.div(dy, emit.op('Exp', [y]))),
  ReduceLogSumExp: reduction((emit, { x, y, dy }) => emit.mul(dy, emit.op('Exp', [emit.sub(x, y)]))),
  CumSum: cumSum,
};
