import type { ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';
import type { Vjp, VjpRule, VjpTable } from '../vjp.ts';

/** y = f(x), elementwise: dx = dy · f′, where f′ may be written with x and with y. */
const unary =
  (derivative: (emit: Emit, x: ValueId, y: ValueId, c: Vjp) => ValueId): VjpRule =>
  (c) =>
    c.only(0, () => c.emit.mul(c.gradient(), derivative(c.emit, c.input(0), c.output(), c)));

/** As `unary`, for those that divide by f′⁻¹: dx = dy / g. */
const divided =
  (divisor: (emit: Emit, x: ValueId, y: ValueId) => ValueId): VjpRule =>
  (c) =>
    c.only(0, () => c.emit.div(c.gradient(), divisor(c.emit, c.input(0), c.output())));

/** Gradients of two operands, summed over what was broadcast. */
const binary =
  (a: (c: Vjp) => ValueId, b: (c: Vjp) => ValueId): VjpRule =>
  (c) =>
    c.each(
      () => c.emit.sumTo(a(c), c.shape(0)),
      () => c.emit.sumTo(b(c), c.shape(1)),
    );

const square = (emit: Emit, x: ValueId): ValueId => emit.mul(x, x);
const greater = (emit: Emit, a: ValueId, b: ValueId): ValueId => emit.mask(emit.op('Greater', [a, b]));
const less = (emit: Emit, a: ValueId, b: ValueId): ValueId => emit.mask(emit.op('Less', [a, b]));
/** 1 above 0, else 0. */
const positive = (emit: Emit, x: ValueId): ValueId => greater(emit, x, emit.scalar(0));
/** 1 above 0, −1 below, 0 at 0: WebGPU has no kernel for Sign. */
const sign = (emit: Emit, x: ValueId): ValueId => emit.sub(positive(emit, x), less(emit, x, emit.scalar(0)));
const sigmoid = (emit: Emit, x: ValueId): ValueId => emit.op('Sigmoid', [x]);
/** a where `inside` is 1, else b. */
const blend = (emit: Emit, inside: ValueId, a: ValueId, b: ValueId): ValueId =>
  emit.add(emit.mul(inside, a), emit.mul(emit.sub(emit.scalar(1), inside), b));

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Φ(x) + x·φ(x) (Hendrycks & Gimpel, Gaussian Error Linear Units, 2016), and its tanh approximation. */
function gelu(emit: Emit, x: ValueId, _: ValueId, c: Vjp): ValueId {
  if (c.string('approximate', 'none') === 'tanh') return tanhGelu(emit, x);
  const erf = emit.op('Erf', [emit.scale(x, Math.SQRT1_2)]);
  const cumulative = emit.scale(emit.shift(erf, 1), 0.5);
  const density = emit.scale(emit.op('Exp', [emit.scale(square(emit, x), -0.5)]), 1 / ROOT_TWO_PI);
  return emit.add(cumulative, emit.mul(x, density));
}

function tanhGelu(emit: Emit, x: ValueId): ValueId {
  const root = Math.sqrt(2 / Math.PI);
  const x2 = square(emit, x);
  const inner = emit.mul(x, emit.shift(emit.scale(x2, root * 0.044715), root));
  const tanh = emit.op('Tanh', [inner]);
  const slope = emit.shift(emit.scale(x2, 3 * root * 0.044715), root);
  const rest = emit.mul(emit.mul(x, emit.shift(emit.neg(square(emit, tanh)), 1)), slope);
  return emit.scale(emit.add(emit.shift(tanh, 1), rest), 0.5);
}

/** HardSigmoid: α where 0 < αx + β < 1, else 0. */
function hardSigmoid(emit: Emit, y: ValueId, alpha: number): ValueId {
  const inside = emit.mul(positive(emit, y), less(emit, y, emit.scalar(1)));
  return emit.scale(inside, alpha);
}

/** x·max(0, min(1, x/6 + 0.5)): 0 below −3, 1 above 3, x/3 + 0.5 between. */
function hardSwish(emit: Emit, x: ValueId): ValueId {
  const above = greater(emit, x, emit.scalar(3));
  const between = emit.sub(greater(emit, x, emit.scalar(-3)), above);
  return emit.add(above, emit.mul(between, emit.shift(emit.scale(x, 1 / 3), 0.5)));
}

/** d of α(eˣ − 1) below 0 is what is there plus α. */
const eluLike = (emit: Emit, x: ValueId, y: ValueId, alpha: number, gamma: number): ValueId =>
  blend(emit, positive(emit, x), emit.scalar(gamma), emit.shift(y, gamma * alpha));

function mish(emit: Emit, x: ValueId): ValueId {
  const tanh = emit.op('Tanh', [emit.op('Softplus', [x])]);
  const slope = emit.mul(emit.sub(emit.scalar(1), square(emit, tanh)), sigmoid(emit, x));
  return emit.add(tanh, emit.mul(x, slope));
}

function pow(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const [x, exponent] = [c.input(0), c.input(1)];
  const general = (): ValueId => {
    // It may be of whole numbers, beside a float.
    const power = emit.cast(exponent, 'float32');
    return emit.mul(power, emit.op('Pow', [x, emit.sub(power, emit.scalar(1))]));
  };
  return c.each(
    () => {
      const [known] = emit.size(exponent) === 1 ? (emit.knownNumbers(exponent) ?? []) : [];
      // x·x has a kernel that is ten times as fast as that of Pow.
      const slope = known === 2 ? emit.scale(x, 2) : known === 3 ? emit.scale(square(emit, x), 3) : general();
      return emit.sumTo(emit.mul(c.gradient(), slope), c.shape(0));
    },
    () => emit.sumTo(emit.mul(c.gradient(), emit.mul(c.output(), emit.op('Log', [x]))), c.shape(1)),
  );
}

function prelu(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const [x, slope] = [c.input(0), c.input(1)];
  const below = (): ValueId => less(emit, x, emit.scalar(0));
  return c.each(
    () => {
      const inside = below();
      return emit.mul(c.gradient(), emit.add(emit.sub(emit.scalar(1), inside), emit.mul(inside, slope)));
    },
    () => emit.sumTo(emit.mul(emit.mul(c.gradient(), x), below()), c.shape(1)),
  );
}

/** Bounds are constants or inputs of their own; where x lies beyond them nothing flows back to it. */
function clip(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const x = c.input(0);
  const [low, high] = [c.optional(1), c.optional(2)];
  const below = low === null ? null : (): ValueId => less(emit, x, low);
  const above = high === null ? null : (): ValueId => greater(emit, x, high);
  const beyond = (where: (() => ValueId) | null, index: number) => (): ValueId | null =>
    where && emit.sumTo(emit.mul(c.gradient(), where()), c.shape(index));
  return c.each(
    () => {
      const parts = [below, above].flatMap((each) => (each ? [each()] : []));
      return parts.reduce((gradient, part) => emit.mul(gradient, emit.sub(emit.scalar(1), part)), c.gradient());
    },
    beyond(below, 1),
    beyond(above, 2),
  );
}

/** The operand that was chosen gets all of it; equal ones share it, as their order means nothing. */
function extreme(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const y = c.output();
  const operands = c.node.inputs.map((_, index) => c.input(index));
  if (operands.length === 1) return [c.gradient()];
  const chosen = operands.map((operand) => emit.mask(emit.op('Equal', [operand, y])));
  const share = emit.div(
    c.gradient(),
    chosen.reduce((sum, each) => emit.add(sum, each)),
  );
  return chosen.map((each, index) => (c.wants(index) ? emit.sumTo(emit.mul(share, each), c.shape(index)) : null));
}

const many =
  (share: (c: Vjp, count: number) => ValueId): VjpRule =>
  (c) => {
    const gradient = share(c, c.node.inputs.length);
    return c.node.inputs.map((_, index) => (c.wants(index) ? c.emit.sumTo(gradient, c.shape(index)) : null));
  };

function where(c: Vjp): readonly (ValueId | null)[] {
  const { emit } = c;
  const zero = emit.scalar(0);
  return c.each(
    () => null,
    () => emit.sumTo(emit.op('Where', [c.input(0), c.gradient(), zero]), c.shape(1)),
    () => emit.sumTo(emit.op('Where', [c.input(0), zero, c.gradient()]), c.shape(2)),
  );
}

/** One operand in, one value out, and operators that broadcast. */
export const ELEMENTWISE_RULES: VjpTable = {
  Abs: unary((emit, x) => sign(emit, x)),
  Neg: (c) => c.only(0, () => c.emit.neg(c.gradient())),
  Identity: (c) => c.only(0, () => c.gradient()),
  Sqrt: divided((emit, _, y) => emit.scale(y, 2)),
  Reciprocal: unary((emit, _, y) => emit.neg(square(emit, y))),
  Exp: unary((_, __, y) => y),
  Log: divided((_, x) => x),
  Erf: unary((emit, x) => emit.scale(emit.op('Exp', [emit.neg(square(emit, x))]), TWO_OVER_ROOT_PI)),
  Sin: unary((emit, x) => emit.op('Cos', [x])),
  Cos: unary((emit, x) => emit.neg(emit.op('Sin', [x]))),
  Tan: unary((emit, _, y) => emit.shift(square(emit, y), 1)),
  Asin: divided((emit, x) => emit.op('Sqrt', [emit.shift(emit.neg(square(emit, x)), 1)])),
  Acos: divided((emit, x) => emit.neg(emit.op('Sqrt', [emit.shift(emit.neg(square(emit, x)), 1)]))),
  Atan: divided((emit, x) => emit.shift(square(emit, x), 1)),
  Sinh: unary((emit, x) => emit.op('Cosh', [x])),
  Cosh: unary((emit, x) => emit.op('Sinh', [x])),
  Asinh: divided((emit, x) => emit.op('Sqrt', [emit.shift(square(emit, x), 1)])),
  Acosh: divided((emit, x) => emit.op('Sqrt', [emit.shift(square(emit, x), -1)])),
  Atanh: divided((emit, x) => emit.shift(emit.neg(square(emit, x)), 1)),
  Relu: unary((emit, x) => positive(emit, x)),
  LeakyRelu: unary((emit, x, _, c) => {
    const alpha = c.float('alpha', 0.01);
    return emit.shift(emit.scale(positive(emit, x), 1 - alpha), alpha);
  }),
  ThresholdedRelu: unary((emit, x, _, c) => greater(emit, x, emit.scalar(c.float('alpha', 1)))),
  Sigmoid: unary((emit, _, y) => emit.mul(y, emit.sub(emit.scalar(1), y))),
  Tanh: unary((emit, _, y) => emit.sub(emit.scalar(1), square(emit, y))),
  Softplus: unary((emit, x) => sigmoid(emit, x)),
  Softsign: divided((emit, x) => square(emit, emit.shift(emit.op('Abs', [x]), 1))),
  Elu: unary((emit, x, y, c) => eluLike(emit, x, y, c.float('alpha', 1), 1)),
  Selu: unary((emit, x, y, c) =>
    eluLike(emit, x, y, c.float('alpha', 1.6732631921768188), c.float('gamma', 1.0507010221481323)),
  ),
  Celu: unary((emit, x, y, c) => {
    const alpha = c.float('alpha', 1);
    return blend(emit, positive(emit, x), emit.scalar(1), emit.shift(emit.scale(y, 1 / alpha), 1));
  }),
  Gelu: unary(gelu),
  Mish: unary((emit, x) => mish(emit, x)),
  HardSigmoid: unary((emit, _, y, c) => hardSigmoid(emit, y, c.float('alpha', 0.2))),
  HardSwish: unary((emit, x) => hardSwish(emit, x)),
  Cast: (c) => c.only(0, () => castBack(c)),
  Add: binary(
    (c) => c.gradient(),
    (c) => c.gradient(),
  ),
  Sub: binary(
    (c) => c.gradient(),
    (c) => c.emit.neg(c.gradient()),
  ),
  Mul: binary(
    (c) => c.emit.mul(c.gradient(), c.input(1)),
    (c) => c.emit.mul(c.gradient(), c.input(0)),
  ),
  Div: binary(
    (c) => c.emit.div(c.gradient(), c.input(1)),
    (c) => c.emit.neg(c.emit.div(c.emit.mul(c.gradient(), c.output()), c.input(1))),
  ),
  Pow: pow,
  PRelu: prelu,
  Clip: clip,
  Where: where,
  Max: extreme,
  Min: extreme,
  Sum: many((c) => c.gradient()),
  Mean: many((c, count) => c.emit.scale(c.gradient(), 1 / count)),
  Dropout: (c) => dropout(c),
};

function castBack(c: Vjp): ValueId {
  const dtype = c.emit.dtype(c.input(0));
  if (dtype === 'float32') return c.emit.cast(c.gradient(), 'float32');
  return c.refuse(`it casts ${dtype}, and training works in float32`);
}

/** Outside of training mode it is the identity; what it drops in training would not be the same going back. */
function dropout(c: Vjp): readonly (ValueId | null)[] {
  const mode = c.has(2) ? c.emit.known(c.input(2)) : [0];
  if (mode?.[0] !== 0) c.refuse('it is in training mode, and what it drops is drawn anew each time');
  return c.only(0, () => c.gradient());
}
