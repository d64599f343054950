import { getInt, getInts, int, ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { axisOf } from '../../ops/shapes.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { rankOf } from '../../rewrite/known.ts';

/** How an operator commutes with a Transpose of its inputs: f(T(x), T(y)) = T(f'(x, y)). */
export interface Crossing {
  /** Inputs that carry the layout: each is transposed alike, or a constant. */
  readonly carriers: readonly number[];
  /** Transposes inside the kernel that the new axis brings about. */
  readonly cost: number;
  /** Turns f into f'. */
  apply(node: Node): void;
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

/** The axes that are reduced all stay in place, as attribute only (opset 18 made them an input). */
function reduceCrossing(node: Node, perm: readonly number[]): Crossing | null {
  const axes = getInts(node, 'axes', null)?.map((axis) => axisOf(axis, perm.length));
  if (getInt(node, 'keepdims', 1) !== 1 || node.inputs.length > 1) return null;
  const moved = axes?.map((axis) => (axis === null ? undefined : perm[axis]));
  if (!moved?.every((axis) => axis !== undefined)) return null;
  return { carriers: [0], cost: 0, apply: (target) => target.attributes.set('axes', ints(moved)) };
}

/** Pads are two lists of one number an axis: begins, then ends; as attribute only (opset 11 made them an input). */
function padCrossing(node: Node, perm: readonly number[]): Crossing | null {
  const pads = getInts(node, 'pads', null);
  const rank = perm.length;
  if (pads?.length !== 2 * rank || node.inputs.length > 1) return null;
  const moved = pads.map((_, i) => pads[(i < rank ? 0 : rank) + perm.indexOf(i % rank)] ?? 0);
  return { carriers: [0], cost: 0, apply: (target) => target.attributes.set('pads', ints(moved)) };
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
      return reduceCrossing(node, perm);
    case 'Pad':
      return padCrossing(node, perm);
    default:
      return null;
  }
}
