import { getInt } from '../../ir/attribute.ts';
import type { AxisRule, Relation } from '../relation.ts';

/** Result axis j equals every operand's axis at that place; operands of size 1 are exempt. */
function relateElementwise(r: Relation): void {
  if (getInt(r.node, 'broadcast', 0) !== 0 && r.opset < 7) {
    return r.freezeAll('broadcasts by the rules before opset 7');
  }
  for (const output of r.outputs) r.broadcast(r.inputs, output);
}

const barrier = 'broadcasts in a way that cannot be followed';
const unary: AxisRule = { role: 'per channel', why: 'treats every channel alike', barrier, relate: relateElementwise };
const nary: AxisRule = { role: 'tied', why: 'combines channel i with channel i', barrier, relate: relateElementwise };
const withParameters: AxisRule = {
  role: 'per channel',
  why: 'has parameters of its own for every channel',
  barrier,
  relate: relateElementwise,
};

const UNARY = [
  ...['Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'BitwiseNot', 'Ceil', 'Celu', 'Clip', 'Cos', 'Cosh'],
  ...['Dropout', 'Elu', 'Erf', 'Exp', 'Floor', 'Gelu', 'HardSigmoid', 'HardSwish', 'Identity', 'IsInf', 'IsNaN'],
  ...['LeakyRelu', 'Log', 'Mish', 'Neg', 'Not', 'Reciprocal', 'Relu', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign'],
  ...['Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Cast'],
  ...['com.microsoft.Gelu', 'com.microsoft.QuickGelu'],
];

const NARY = [
  ...['Add', 'And', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'Div', 'Equal', 'Greater', 'GreaterOrEqual'],
  ...['Less', 'LessOrEqual', 'Max', 'Mean', 'Min', 'Mod', 'Mul', 'Or', 'Pow', 'Sub', 'Sum', 'Where', 'Xor'],
  ...['com.microsoft.BiasGelu', 'com.microsoft.FastGelu'],
];

/** QuantizeLinear, DequantizeLinear: scale and zero point are scalars or lie along `axis`. */
function relateQuantize(r: Relation): void {
  const [x, y] = [r.input(0), r.output()];
  const axis = getInt(r.node, 'axis', 1);
  if (!x || !y || getInt(r.node, 'block_size', 0) !== 0) return r.freezeAll('is quantized by blocks');
  r.sameAll(x, y);
  for (const parameter of [r.input(1), r.input(2)]) {
    if (parameter && parameter.shape.length === 1 && parameter.shape[0] !== 1) r.same(parameter, 0, x, axis);
  }
}

/** CastLike reads only the element type of its second input. */
const relateFirst = (r: Relation): void => r.sameAll(r.input(0), r.output());

const quantize: AxisRule = {
  ...unary,
  barrier: 'quantizes in a way that cannot be followed',
  relate: relateQuantize,
};

export const elementwiseRules: Readonly<Record<string, AxisRule>> = {
  ...Object.fromEntries(UNARY.map((op) => [op, unary])),
  ...Object.fromEntries(NARY.map((op) => [op, nary])),
  PRelu: withParameters,
  CastLike: { ...unary, relate: relateFirst },
  QuantizeLinear: quantize,
  DequantizeLinear: quantize,
  'com.microsoft.QuantizeLinear': quantize,
  'com.microsoft.DequantizeLinear': quantize,
};
