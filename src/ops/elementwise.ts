import { getInt, getString } from '../ir/attribute.ts';
import { DATA_TYPES, isFloat, type DataType, type Dim, type Shape } from '../ir/types.ts';
import type { Family } from '../ir/view.ts';
import { elementwise, sameElements } from './contents.ts';
import {
  addDims,
  atLeast,
  compareDims,
  exactDivDims,
  maxDims,
  minDims,
  mulDims,
  subDims,
  truncDivDims,
} from './dim.ts';
import { broadcastInputs, firstDtype, firstWithDtype, sameAsFirst, typed } from './shapes.ts';
import type { EvaluateRule, InferContext, OpRow, OpTable, WorkRule } from './types.ts';
import { free, mulCount, perOutput } from './work.ts';

type Extra = Partial<Omit<OpRow, 'since'>>;

/** X → Y of the same type, one operation per element. */
const unary = (since: number[], extra: Extra = {}): OpRow => ({
  family: 'elem',
  signature: 'X → Y',
  since,
  inPlace: true,
  infer: sameAsFirst,
  work: perOutput(1),
  ...extra,
});
const activation = (since: number[], extra: Extra = {}): OpRow => unary(since, { family: 'act', ...extra });

/** A, B broadcast; `dtype` fixes the element type of the result. */
const binary = (since: number[], extra: Extra = {}, dtype?: DataType): OpRow => ({
  family: 'elem',
  signature: 'A B → C',
  since,
  inPlace: true,
  infer: (c) => [typed(dtype ?? firstDtype(c, 0, 1), binaryShape(c))],
  work: perOutput(1),
  ...extra,
  ...(extra.evaluate && { evaluate: unlessLegacy(extra.evaluate) }),
});

/** Before opset 7 only B broadcasts, along `axis` when it is given: the result has A's shape. */
const isLegacy = (c: InferContext): boolean => c.node.domain === '' && c.version > 0 && c.version < 7;
const binaryShape = (c: InferContext): Shape => (isLegacy(c) ? c.shape(0) : broadcastInputs(c, 0, 2));
const unlessLegacy =
  (evaluate: EvaluateRule): EvaluateRule =>
  (c, outputs) =>
    isLegacy(c) && c.node.attributes.has('axis') ? [null] : evaluate(c, outputs);

/** One operation per element and operand beyond the first. */
const variadicWork: WorkRule = (c) => ({
  macs: 0,
  elementwise: mulCount(c.outputSize(0), Math.max(1, c.node.inputs.length - 1)),
});
const variadic = (since: number[], fold?: (a: Dim, b: Dim) => Dim): OpRow => ({
  family: 'elem',
  signature: 'data_0… → result',
  since,
  inPlace: true,
  infer: (c) => [typed(c.dtype(0), broadcastInputs(c))],
  ...(fold && { evaluate: elementwise((values) => values.slice(1).reduce<Dim>(fold, values[0] ?? null)) }),
  work: variadicWork,
});

type Fold = (a: Dim, b: Dim, dtype: DataType) => Dim;
const fold2 = (f: Fold): EvaluateRule => elementwise(([a = null, b = null], dtype) => f(a, b, dtype));
const fold1 = (f: (a: Dim) => Dim): EvaluateRule => elementwise(([a = null]) => f(a));
const real = (f: (a: number) => number): EvaluateRule => fold1((a) => (typeof a === 'number' ? f(a) : null));
/** Rounding leaves whole numbers, and so every symbol, as they are. */
const rounding = (f: (a: number) => number): EvaluateRule => fold1((a) => (typeof a === 'number' ? f(a) : a));

const truth = (order: number | null, holds: (order: number) => boolean): Dim =>
  order === null ? null : Number(holds(order));
/** Booleans are 0 and 1. */
const comparison = (since: number[], holds: (order: number) => boolean): OpRow =>
  binary(since, { evaluate: fold2((a, b) => truth(compareDims(a, b), holds)) }, 'bool');
const logical = (f: (a: number, b: number) => number): OpRow =>
  binary(
    [1, 7],
    { evaluate: fold2((a, b) => (typeof a === 'number' && typeof b === 'number' ? f(a, b) : null)) },
    'bool',
  );
const bitwise = (f: (a: bigint, b: bigint) => bigint): OpRow =>
  binary([18], {
    evaluate: fold2((a, b) =>
      typeof a === 'number' && typeof b === 'number' ? Number(f(BigInt(a), BigInt(b))) : null,
    ),
  });

const divide: Fold = (a, b, dtype) => {
  if (!isFloat(dtype)) return truncDivDims(a, b);
  return typeof a === 'number' && typeof b === 'number' ? a / b : exactDivDims(a, b);
};

/** fmod 0: the sign of the divisor (Python's %); fmod 1: that of the dividend. */
const modulo: EvaluateRule = (c, outputs) => {
  const truncated = getInt(c.node, 'fmod', 0) === 1;
  return fold2((a, b) => {
    if (typeof a !== 'number' || typeof b !== 'number' || b === 0) return exactDivDims(a, b) === null ? null : 0;
    const rest = a % b;
    return truncated || rest === 0 || rest < 0 === b < 0 ? rest : rest + b;
  })(c, outputs);
};

/** A symbol in floating point is a whole number: only conversions that keep it keep the symbol. */
const cast: EvaluateRule = (c, outputs) => {
  const to = castTarget(c);
  if (to === 'bool')
    return fold1((a) => (typeof a === 'number' ? Number(a !== 0) : atLeast(a, 1) ? 1 : null))(c, outputs);
  return fold1((a) => (typeof a === 'number' && !isFloat(to) ? Math.trunc(a) : a))(c, outputs);
};

/** ONNX's number of the target type; before opset 6 it is a name such as "FLOAT". */
function castTarget(c: InferContext): DataType {
  const to = c.node.attributes.get('to');
  if (to?.type === 'int') return DATA_TYPES[getInt(c.node, 'to', 0)] ?? 'undefined';
  if (to?.type !== 'string') return 'undefined';
  const name = getString(c.node, 'to', '').toLowerCase();
  const full = name === 'float' ? 'float32' : name === 'double' ? 'float64' : name;
  return DATA_TYPES.find((each) => each === full) ?? 'undefined';
}

/** Halves go to the even neighbour. */
const roundHalfEven = (a: number): number => {
  const rounded = Math.round(a);
  return Math.abs(a % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
};

const trig = [7, 22];

export const ELEMENTWISE: OpTable = {
  Abs: unary([1, 6, 13], {
    evaluate: fold1((a) => (typeof a === 'number' ? Math.abs(a) : atLeast(a, 0) ? a : null)),
  }),
  Neg: unary([1, 6, 13], { evaluate: fold1((a) => mulDims(a, -1)) }),
  Ceil: unary([1, 6, 13], { evaluate: rounding(Math.ceil) }),
  Floor: unary([1, 6, 13], { evaluate: rounding(Math.floor) }),
  Round: unary([11, 22], { evaluate: rounding(roundHalfEven) }),
  Sqrt: unary([1, 6, 13], { evaluate: real(Math.sqrt) }),
  Reciprocal: unary([1, 6, 13], { evaluate: real((a) => 1 / a) }),
  Exp: unary([1, 6, 13]),
  Log: unary([1, 6, 13]),
  Erf: unary([9, 13]),
  Sign: unary([9, 13], { evaluate: real(Math.sign) }),
  Sin: unary(trig),
  Cos: unary(trig),
  Tan: unary(trig),
  Asin: unary(trig),
  Acos: unary(trig),
  Atan: unary(trig),
  Sinh: unary([9, 22]),
  Cosh: unary([9, 22]),
  Asinh: unary([9, 22]),
  Acosh: unary([9, 22]),
  Atanh: unary([9, 22]),
  Det: {
    family: 'elem',
    signature: 'X → Y',
    since: [11, 22],
    infer: (c) => [typed(c.dtype(0), c.shape(0)?.slice(0, -2) ?? null)],
    work: () => ({ macs: 0, elementwise: null }),
  },
  Not: unary([1], { evaluate: real((a) => Number(a === 0)) }),
  BitwiseNot: unary([18]),
  IsNaN: unary([9, 13, 20], { infer: firstWithDtype('bool') }),
  IsInf: unary([10, 20], {
    infer: firstWithDtype('bool'),
  }),
  Cast: unary([1, 6, 9, 13, 19, 21, 23, 24, 25], {
    signature: 'input → output',
    infer: (c) => [typed(castTarget(c), c.shape(0))],
    evaluate: cast,
  }),
  CastLike: unary([15, 19, 21, 23, 24, 25], {
    signature: 'input target_type → output',
    infer: (c) => [typed(c.dtype(1), c.shape(0))],
  }),
  BitCast: unary([26], {
    signature: 'input → output',
    work: free,
    infer: (c) => [typed(castTarget(c), c.shape(0))],
  }),

  Add: binary([1, 6, 7, 13, 14], { evaluate: fold2(addDims) }),
  Sub: binary([1, 6, 7, 13, 14], { evaluate: fold2(subDims) }),
  Mul: binary([1, 6, 7, 13, 14], { evaluate: fold2(mulDims) }),
  Div: binary([1, 6, 7, 13, 14], { evaluate: fold2(divide) }),
  Mod: binary([10, 13], { evaluate: modulo }),
  Pow: binary([1, 7, 12, 13, 15], {
    signature: 'X Y → Z',
    infer: (c) => [typed(c.dtype(0), binaryShape(c))],
    evaluate: fold2((a, b) => (typeof a === 'number' && typeof b === 'number' ? a ** b : b === 1 ? a : null)),
  }),
  PRelu: binary([1, 6, 7, 9, 16], { family: 'act', signature: 'X slope → Y' }),
  Max: variadic([1, 6, 8, 12, 13], maxDims),
  Min: variadic([1, 6, 8, 12, 13], minDims),
  Sum: variadic([1, 6, 8, 13], addDims),
  Mean: variadic([1, 6, 8, 13]),
  Equal: comparison([1, 7, 11, 13, 19], (order) => order === 0),
  Greater: comparison([1, 7, 9, 13], (order) => order > 0),
  GreaterOrEqual: comparison([12, 16], (order) => order >= 0),
  Less: comparison([1, 7, 9, 13], (order) => order < 0),
  LessOrEqual: comparison([12, 16], (order) => order <= 0),
  And: logical((a, b) => Number(a !== 0 && b !== 0)),
  Or: logical((a, b) => Number(a !== 0 || b !== 0)),
  Xor: logical((a, b) => Number((a !== 0) !== (b !== 0))),
  BitwiseAnd: bitwise((a, b) => a & b),
  BitwiseOr: bitwise((a, b) => a | b),
  BitwiseXor: bitwise((a, b) => a ^ b),
  StringConcat: binary([20], { signature: 'X Y → Z' }),
  BitShift: binary([11], { signature: 'X Y → Z' }),
  Where: {
    family: 'elem',
    signature: 'condition X Y → output',
    since: [9, 16],
    infer: (c) => [typed(firstDtype(c, 1, 2), broadcastInputs(c, 0, 3))],
    evaluate: elementwise(([condition = null, x = null, y = null]) =>
      typeof condition === 'number' ? (condition === 0 ? y : x) : x === y ? x : null,
    ),
    work: perOutput(1),
  },

  Relu: activation([1, 6, 13, 14], { evaluate: fold1((a) => maxDims(a, 0)) }),
  LeakyRelu: activation([1, 6, 16]),
  Elu: activation([1, 6, 22]),
  Celu: activation([12]),
  Selu: activation([1, 6, 22]),
  ThresholdedRelu: activation([10, 22]),
  Sigmoid: activation([1, 6, 13]),
  HardSigmoid: activation([1, 6, 22]),
  HardSwish: activation([14, 22]),
  Swish: activation([24]),
  Mish: activation([18, 22]),
  Gelu: activation([20]),
  Tanh: activation([1, 6, 13]),
  Softplus: activation([1, 22]),
  Softsign: activation([1, 22]),
  Shrink: activation([9]),
  Clip: activation([1, 6, 11, 12, 13], {
    signature: 'input min? max? → output',
    evaluate: clip,
  }),
  Dropout: {
    family: 'elem',
    signature: 'data ratio? training_mode? → output mask?',
    since: [1, 6, 7, 10, 12, 13, 22],
    inPlace: true,
    infer: (c) =>
      [c.type(0), typed(c.version >= 10 || c.version === 0 ? 'bool' : c.dtype(0), c.shape(0))].slice(
        0,
        c.node.outputs.length,
      ),
    evaluate: (c, outputs) => (c.has(2) ? [null] : sameElements(c, outputs)),
    work: (c) => ({ macs: 0, elementwise: c.has(2) ? c.outputSize(0) : 0 }),
  },

  'com.microsoft.Gelu': activation([1]),
  'com.microsoft.QuickGelu': activation([1]),
  'com.microsoft.FastGelu': activation([1], { signature: 'X bias? → Y', work: biasedWork }),
  'com.microsoft.BiasGelu': binary([1], { family: 'act', work: perOutput(2) }),
  'com.microsoft.BiasSplitGelu': {
    family: 'act' satisfies Family,
    signature: 'X bias → Y',
    since: [1],
    infer: (c) => {
      const shape = c.shape(0);
      return [typed(c.dtype(0), shape && [...shape.slice(0, -1), exactDivDims(shape.at(-1) ?? null, 2)])];
    },
    work: perOutput(4),
  },
};

/** The bias is one more operation per element. */
function biasedWork(...[c]: Parameters<WorkRule>): ReturnType<WorkRule> {
  return { macs: 0, elementwise: mulCount(c.outputSize(0), c.has(1) ? 2 : 1) };
}

/** Clip of shape arithmetic: bounds are inputs (opset 11) or attributes, both of which may be left out. */
function clip(...[c, outputs]: Parameters<EvaluateRule>): ReturnType<EvaluateRule> {
  const attribute = (name: string): Dim | undefined => {
    const found = c.node.attributes.get(name);
    return found?.type === 'float' ? found.value : undefined;
  };
  const bound = (index: number, name: string): Dim | undefined =>
    c.has(index) ? (c.contents(index)?.[0] ?? null) : attribute(name);
  const low = bound(1, 'min');
  const high = bound(2, 'max');
  const input = sameElements(c, outputs)[0];
  if (!input) return [null];
  return [
    input.map((each) => {
      const raised = low === undefined ? each : maxDims(each, low);
      return high === undefined ? raised : minDims(raised, high);
    }),
  ];
}
