import { getInt, getInts, int, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import { axisOf } from '../../ops/shapes.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { removeIfUnusedConstant, type Build } from '../../rewrite/build.ts';
import { constantInts, rankOf } from '../../rewrite/known.ts';

/** How an operator commutes with a Transpose of its inputs: f(T(x), T(y)) = T(f'(x, y)). */
export interface Crossing {
  /** Inputs that carry the layout: each is transposed alike, or a constant. */
  readonly carriers: readonly number[];
  /** Transposes inside the kernel that the new axis brings about. */
  readonly cost: number;
  /** Turns f into f'. */
  apply(node: Node, build: Build): void;
}

/** y[i] = f(x[i]); further inputs are scalars by the specification. */
const UNARY = new Set(
  (
    'Abs Neg Ceil Floor Round Sqrt Reciprocal Exp Log Erf Sign Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh ' +
    'Not BitwiseNot IsNaN IsInf Cast CastLike Identity Relu LeakyRelu Elu Celu Selu ThresholdedRelu Sigmoid ' +
    'HardSigmoid HardSwish Swish Mish Gelu Tanh Softplus Softsign Shrink Clip'
  ).split(' '),
);

/** z[i] = f(x[i], y[i], …), broadcast. */
const NARY = new Set(
  (
    'Add Sub Mul Div Mod Pow PRelu Max Min Sum Mean Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor ' +
    'BitwiseAnd BitwiseOr BitwiseXor BitShift Where'
  ).split(' '),
);

const all = (node: Node): number[] => [...node.inputs.keys()];
const unchanged = (carriers: readonly number[]): Crossing => ({ carriers, cost: 0, apply: () => {} });

/** Axis i of T(x) is axis perm[i] of x. */
function axisCrossing(
  node: Node,
  perm: readonly number[],
  carriers: readonly number[],
  axis: { fallback: number; isLastFast: boolean },
): Crossing | null {
  const old = axisOf(getInt(node, 'axis', axis.fallback), perm.length);
  const moved = old === null ? undefined : perm[old];
  if (moved === undefined) return null;
  const last = perm.length - 1;
  const cost = axis.isLastFast && old === last && moved !== last ? 1 : 0;
  return { carriers, cost, apply: (target) => target.attributes.set('axis', int(moved)) };
}

/** Whole numbers that are an attribute in old versions of an operator, and an input since; null: not constant. */
function intsOf(context: PassContext, node: Node, name: string, index: number): readonly number[] | null {
  const given = getInts(node, name, null);
  const input = node.inputs[index] ?? null;
  return given ?? (input === null ? null : constantInts(context, input));
}

/** Writes them where they were. */
function writeInts(node: Node, build: Build, name: string, index: number, values: readonly number[]): void {
  const old = node.inputs[index] ?? null;
  if (old === null) node.attributes.set(name, ints(values));
  else {
    build.model.setInput(node, index, build.constant(name, int64s(values)));
    removeIfUnusedConstant(build.model, old);
  }
}

/** The axes that a list names, moved: axis i of T(x) is axis perm[i] of x. */
function listCrossing(context: PassContext, node: Node, perm: readonly number[], index: number): Crossing | null {
  const axes = intsOf(context, node, 'axes', index)?.map((axis) => axisOf(axis, perm.length));
  const moved = axes?.map((axis) => (axis === null ? undefined : perm[axis]));
  if (!moved?.every((axis) => axis !== undefined)) return null;
  return { carriers: [0], cost: 0, apply: (target, build) => writeInts(target, build, 'axes', index, moved) };
}

/** Pads are two lists of one number an axis, begins, then ends; since opset 18 they may name their axes. */
function padCrossing(context: PassContext, node: Node, perm: readonly number[]): Crossing | null {
  const pads = intsOf(context, node, 'pads', 1);
  const rank = perm.length;
  if (pads?.length !== 2 * rank || (node.inputs[3] ?? null) !== null) return null;
  const moved = pads.map((_, i) => pads[(i < rank ? 0 : rank) + perm.indexOf(i % rank)] ?? 0);
  return { carriers: [0], cost: 0, apply: (target, build) => writeInts(target, build, 'pads', 1, moved) };
}

/** Null: the operator looks at where elements lie, or is unknown. */
export function crossingOf(context: PassContext, node: Node, perm: readonly number[]): Crossing | null {
  if (node.domain !== '') return null;
  // Before opset 7 operands broadcast along `axis`.
  const opset = context.model.opset();
  if (UNARY.has(node.opType)) return unchanged([0]);
  if (NARY.has(node.opType)) return opset >= 7 ? unchanged(all(node)) : null;
  switch (node.opType) {
    case 'Concat':
      return axisCrossing(node, perm, all(node), { fallback: 1, isLastFast: false });
    case 'Split':
      return axisCrossing(node, perm, [0], { fallback: 0, isLastFast: false });
    case 'Softmax':
    case 'LogSoftmax':
      // Before opset 13 all axes from `axis` on are one.
      return opset >= 13 ? axisCrossing(node, perm, [0], { fallback: -1, isLastFast: true }) : null;
    case 'QuantizeLinear':
    case 'DequantizeLinear':
      return node.inputs[1] && rankOf(context, node.inputs[1]) === 0 ? unchanged([0]) : null;
    case 'ReduceMax':
    case 'ReduceMin':
      return getInt(node, 'keepdims', 1) === 1 ? listCrossing(context, node, perm, 1) : null;
    case 'Slice':
      return listCrossing(context, node, perm, 3);
    case 'Pad':
      return padCrossing(context, node, perm);
    default:
      return null;
  }
}
