import { getFloat, getInt, getString } from '../../../ir/attribute.ts';
import type { Node } from '../../../ir/model.ts';
import { elementwise, type Known } from '../known.ts';
import { first, type ConstantRule, type Look } from '../look.ts';
import { clip, erf, gelu, hardSigmoid, leaky, roundEven, sigmoid, tanhGelu } from '../scalar.ts';

type Unary = (node: Node) => (x: number) => number;

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

/** Functions of one number, by operator; attributes with the defaults of the operator's specification. */
const UNARY: Readonly<Record<string, Unary>> = {
  Abs: () => Math.abs,
  Ceil: () => Math.ceil,
  Cos: () => Math.cos,
  Elu: (node) => {
    const alpha = getFloat(node, 'alpha', 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Erf: () => erf,
  Exp: () => Math.exp,
  Floor: () => Math.floor,
  Gelu: (node) => (getString(node, 'approximate', 'none') === 'tanh' ? tanhGelu : gelu),
  HardSigmoid: (node) => {
    const [alpha, beta] = [getFloat(node, 'alpha', 0.2), getFloat(node, 'beta', 0.5)];
    return (x) => hardSigmoid(x, alpha, beta);
  },
  HardSwish: () => (x) => x * hardSigmoid(x, 1 / 6, 0.5),
  Identity: () => (x) => x,
  LeakyRelu: (node) => {
    const slope = getFloat(node, 'alpha', 0.01);
    return (x) => leaky(x, slope);
  },
  Log: () => Math.log,
  Mish: () => (x) => x * Math.tanh(softplus(x)),
  Neg: () => (x) => -x,
  Reciprocal: () => (x) => 1 / x,
  Relu: () => (x) => Math.max(x, 0),
  Round: () => roundEven,
  Selu: (node) => {
    const [alpha, gamma] = [getFloat(node, 'alpha', SELU.alpha), getFloat(node, 'gamma', SELU.gamma)];
    return (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Sigmoid: () => sigmoid,
  Sign: () => Math.sign,
  Sin: () => Math.sin,
  Softplus: () => softplus,
  Softsign: () => (x) => x / (1 + Math.abs(x)),
  Sqrt: () => Math.sqrt,
  Tanh: () => Math.tanh,
  ThresholdedRelu: (node) => {
    const alpha = getFloat(node, 'alpha', 1);
    return (x) => (x > alpha ? x : 0);
  },
  'com.microsoft.Gelu': () => gelu,
  'com.microsoft.QuickGelu': (node) => {
    const alpha = getFloat(node, 'alpha', 1.702);
    return (x) => x * sigmoid(alpha * x);
  },
};

const times = (...numbers: readonly number[]): number =>
  numbers.includes(0) ? 0 : numbers.reduce((product, each) => product * each);

/** Operands of one number each, in float32 after every step. */
const folded =
  (f: (a: number, b: number) => number) =>
  (...numbers: readonly number[]): number =>
    numbers.reduce((a, b) => Math.fround(f(a, b)));
const sum = folded((a, b) => a + b);

/** Functions of several numbers, by operator. */
const NARY: Readonly<Record<string, (...numbers: readonly number[]) => number>> = {
  Add: (a = NaN, b = NaN) => a + b,
  Sub: (a = NaN, b = NaN) => a - b,
  Div: (a = NaN, b = NaN) => a / b,
  Pow: (a = NaN, b = NaN) => a ** b,
  PRelu: (x = NaN, slope = NaN) => leaky(x, slope),
  Max: (...numbers) => Math.max(...numbers),
  Min: (...numbers) => Math.min(...numbers),
  Sum: sum,
  Mean: (...numbers) => sum(...numbers) / numbers.length,
  'com.microsoft.BiasGelu': (x = NaN, bias = NaN) => gelu(x + bias),
  'com.microsoft.FastGelu': (x = NaN, bias = 0) => tanhGelu(x + bias),
};

const operands = ({ node, known }: Look): (Known | null)[] =>
  node.inputs.flatMap((value, slot) => (value === null ? [] : [known(slot)]));

/** Bounds are attributes before opset 11, scalars that are inputs from then on. */
function clipped(at: Look): Known | null {
  const bound = (slot: number, name: string, fallback: number): Known | null => {
    if (at.has(slot)) return at.known(slot);
    const bounds = at.opset < 11 ? getFloat(at.node, name, fallback) : fallback;
    return { shape: [], values: Float64Array.of(bounds) };
  };
  // Infinite bounds would be taken for unknown.
  const MOST = 3.4028234663852886e38;
  return elementwise([at.known(0), bound(1, 'min', -MOST), bound(2, 'max', MOST)], (x = NaN, low = NaN, high = NaN) =>
    clip(x, low, high),
  );
}

/** Before opset 7 an attribute said along which axis the second operand lies. */
const modern = (rule: (at: Look) => Known | null): ConstantRule =>
  first((at) => (at.opset < 7 && getInt(at.node, 'broadcast', 0) !== 0 ? null : rule(at)));

/** A product is 0 where one factor is, whatever the (finite) others are. */
const product = modern((at) => elementwise(operands(at), times, { partial: true }));

export const elementwiseConstants: Readonly<Record<string, ConstantRule>> = {
  ...Object.fromEntries(
    Object.entries(UNARY).map(([op, f]) => [op, first(({ node, known }) => elementwise([known(0)], f(node)))]),
  ),
  ...Object.fromEntries(Object.entries(NARY).map(([op, f]) => [op, modern((at) => elementwise(operands(at), f))])),
  Mul: product,
  Clip: first(clipped),
  // It drops at random where it is told to train.
  Dropout: first((at) => (at.has(2) ? null : at.known(0))),
  Cast: first((at) => at.known(0)),
};

/** The activation that a fused operator carries, with its parameters (ONNX Runtime, `fused_activation.cc`). */
export function activation(name: string, parameters: readonly number[]): ((x: number) => number) | null {
  const [a = NaN, b = NaN] = parameters;
  switch (name) {
    case '':
      return (x) => x;
    case 'Relu':
      return (x) => Math.max(x, 0);
    case 'Sigmoid':
      return sigmoid;
    case 'Tanh':
      return Math.tanh;
    case 'LeakyRelu':
      return (x) => leaky(x, a);
    case 'Clip':
      return (x) => clip(x, a, b);
    case 'HardSigmoid':
      return (x) => hardSigmoid(x, a, b);
    default:
      return null;
  }
}
