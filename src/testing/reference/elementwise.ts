import { ELEMENT_ARRAYS } from '../../base/element-arrays.ts';
import { defined, invariant } from '../../base/assert.ts';
import { DATA_TYPES, isInteger, type DataType } from '../../ir/types.ts';
import { binary, unary, zip } from './broadcast.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { clamp, erf, gelu, hardSigmoid, roundHalfEven, sigmoid, softplus, tanhGelu } from './functions.ts';
import { filled, refTensor, type RefTensor } from './tensor.ts';

const plain = (f: (x: number) => number): RefOp => unary(() => f);
const test = (f: (x: number) => boolean): RefOp => unary(() => (x) => Number(f(x)), 'bool');
const compare = (f: (a: number, b: number) => boolean): RefOp => binary((a, b) => Number(f(a, b)), 'bool');
const variadic =
  (f: (...values: number[]) => number): RefOp =>
  (c) =>
    zip(c.input(0).dtype, c.all(), f);

/** A number as a type holds it: whole numbers wrap round, floats stay as they are. 64 bits stay exact up to 2^53. */
function fit(x: number, dtype: DataType): number {
  if (dtype === 'bool') return Number(x !== 0);
  if (!isInteger(dtype)) return x;
  const whole = Math.trunc(x);
  if (!(dtype in ELEMENT_ARRAYS) || /64/.test(dtype)) return whole;
  return Number(new ELEMENT_ARRAYS[dtype as 'int32'](1).fill(whole)[0]);
}

const fitted = (f: (a: number, b: number) => number): RefOp => binary((a, b, dtype) => fit(f(a, b), dtype));

/** Arithmetic of two operands of one type. */
const arithmetic =
  (f: (a: number, b: number) => number): RefOp =>
  (c) => {
    const [a, b] = [c.input(0).dtype, c.input(1).dtype];
    invariant(a === b, `${c.node.opType} ${c.node.name} of ${a} and ${b}`);
    return fitted(f)(c);
  };

/** With `fmod` the sign of the dividend, else that of the divisor. */
const mod: RefOp = (c) =>
  c.int('fmod', 0) === 1
    ? arithmetic((a, b) => a % b)(c)
    : arithmetic((a, b) => (a % b !== 0 && a < 0 !== b < 0 ? (a % b) + b : a % b))(c);

/** Bounds are inputs; attributes before version 11. */
const clip: RefOp = (c) => {
  const low = c.number(1, c.float('min', -Infinity));
  const high = c.number(2, c.float('max', Infinity));
  return refTensor(
    c.input(0).dtype,
    c.input(0).shape,
    c.input(0).data.map((x) => clamp(x, low, high)),
  );
};

const castTo = (x: RefTensor, dtype: DataType): RefTensor =>
  refTensor(
    dtype,
    x.shape,
    x.data.map((each) => fit(each, dtype)),
  );

const elu =
  (alpha: number, gamma: number) =>
  (x: number): number =>
    gamma * (x > 0 ? x : alpha * Math.expm1(x));

/** Of training mode, only that nothing is dropped: ratio 0. */
const dropout: RefOp = (c) => {
  const training = c.number(2, 0) !== 0 && c.number(1, 0.5) !== 0;
  if (training) throw new Error('Dropout in training mode has no one answer');
  return [c.input(0), filled('bool', c.input(0).shape, 1)];
};

const quickGelu = (c: Call) => {
  const alpha = c.float('alpha', 1.702);
  return (x: number) => x * sigmoid(alpha * x);
};
const biased =
  (f: (x: number) => number): RefOp =>
  (c) =>
    zip(c.input(0).dtype, c.has(1) ? [c.input(0), c.input(1)] : [c.input(0)], (x, bias = 0) => f(x + bias));

export const ELEMENTWISE: RefTable = {
  Abs: plain(Math.abs),
  Neg: plain((x) => -x),
  Identity: plain((x) => x),
  Sqrt: plain(Math.sqrt),
  Reciprocal: plain((x) => 1 / x),
  Exp: plain(Math.exp),
  Log: plain(Math.log),
  Erf: plain(erf),
  Sin: plain(Math.sin),
  Cos: plain(Math.cos),
  Tan: plain(Math.tan),
  Asin: plain(Math.asin),
  Acos: plain(Math.acos),
  Atan: plain(Math.atan),
  Sinh: plain(Math.sinh),
  Cosh: plain(Math.cosh),
  Asinh: plain(Math.asinh),
  Acosh: plain(Math.acosh),
  Atanh: plain(Math.atanh),
  Relu: plain((x) => Math.max(x, 0)),
  LeakyRelu: unary((c) => {
    const alpha = c.float('alpha', 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  }),
  ThresholdedRelu: unary((c) => {
    const alpha = c.float('alpha', 1);
    return (x) => (x > alpha ? x : 0);
  }),
  Sigmoid: plain(sigmoid),
  Tanh: plain(Math.tanh),
  Softplus: plain(softplus),
  Softsign: plain((x) => x / (1 + Math.abs(x))),
  Elu: unary((c) => elu(c.float('alpha', 1), 1)),
  Selu: unary((c) => elu(c.float('alpha', 1.6732631921768188), c.float('gamma', 1.0507010221481323))),
  Celu: unary((c) => {
    const alpha = c.float('alpha', 1);
    return (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
  }),
  Gelu: unary((c) => (c.string('approximate', 'none') === 'tanh' ? tanhGelu : gelu)),
  Mish: plain((x) => x * Math.tanh(softplus(x))),
  Swish: unary((c) => {
    const alpha = c.float('alpha', 1);
    return (x) => x * sigmoid(alpha * x);
  }),
  HardSigmoid: unary((c) => {
    const [alpha, beta] = [c.float('alpha', 0.2), c.float('beta', 0.5)];
    return (x) => hardSigmoid(x, alpha, beta);
  }),
  HardSwish: plain((x) => x * hardSigmoid(x, 1 / 6, 0.5)),
  Shrink: unary((c) => {
    const [lambda, bias] = [c.float('lambd', 0.5), c.float('bias', 0)];
    return (x) => (x < -lambda ? x + bias : x > lambda ? x - bias : 0);
  }),
  Sign: plain((x) => Math.sign(x)),
  Floor: plain(Math.floor),
  Ceil: plain(Math.ceil),
  Round: plain(roundHalfEven),
  Not: test((x) => x === 0),
  IsNaN: test(Number.isNaN),
  IsInf: unary((c) => {
    const [up, down] = [c.int('detect_positive', 1), c.int('detect_negative', 1)];
    return (x) => Number((x === Infinity && up === 1) || (x === -Infinity && down === 1));
  }, 'bool'),
  Cast: (c) => castTo(c.input(0), defined(DATA_TYPES[c.int('to', 0)], 'an element type')),
  CastLike: (c) => castTo(c.input(0), c.input(1).dtype),
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic((a, b) => a / b),
  Pow: fitted((a, b) => a ** b),
  Mod: mod,
  PRelu: binary((x, slope) => (x < 0 ? x * slope : x)),
  Equal: compare((a, b) => a === b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  And: compare((a, b) => a !== 0 && b !== 0),
  Or: compare((a, b) => a !== 0 || b !== 0),
  Xor: compare((a, b) => (a !== 0) !== (b !== 0)),
  Max: variadic(Math.max),
  Min: variadic(Math.min),
  Sum: variadic((...values) => values.reduce((sum, each) => sum + each)),
  Mean: variadic((...values) => values.reduce((sum, each) => sum + each) / values.length),
  Where: (c) => zip(c.input(1).dtype, c.all(), (condition, a, b) => (condition === 0 ? b : a)),
  Clip: clip,
  Dropout: dropout,
  'com.microsoft.Gelu': plain(gelu),
  'com.microsoft.BiasGelu': biased(gelu),
  'com.microsoft.FastGelu': biased(tanhGelu),
  'com.microsoft.QuickGelu': unary(quickGelu),
};
