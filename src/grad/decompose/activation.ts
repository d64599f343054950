import { defined } from '../../base/assert.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';
import { erfGelu, quickGelu } from './gelu.ts';
import { absolute } from './write.ts';

/** Writes an activation; its parameters are α, β, γ in the order of the specification. */
interface Activation {
  readonly defaults: readonly number[];
  write(emit: Emit, x: ValueId, parameters: readonly [number, number, number]): ValueId;
}

const above = (emit: Emit, x: ValueId, low: number): ValueId => emit.op('Max', [x, emit.scalar(low)]);
const below = (emit: Emit, x: ValueId, high: number): ValueId => emit.op('Min', [x, emit.scalar(high)]);
const clip = (emit: Emit, x: ValueId, low: number, high: number): ValueId =>
  emit.op('Clip', [x, emit.scalar(low), emit.scalar(high)]);
const hardSigmoid = (emit: Emit, x: ValueId, alpha: number, beta: number): ValueId =>
  clip(emit, emit.shift(emit.scale(x, alpha), beta), 0, 1);

const plain = (opType: string): Activation => ({ defaults: [], write: (emit, x) => emit.op(opType, [x]) });

/** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), which does not overflow. */
const softplus = (emit: Emit, x: ValueId): ValueId => {
  const tail = emit.op('Exp', [emit.op('Min', [x, emit.neg(x)])]);
  return emit.add(above(emit, x, 0), emit.op('Log', [emit.shift(tail, 1)]));
};

/**
 * Activations that operators name in an attribute: those of the ai.onnx recurrent operators, and of ONNX Runtime's
 * FusedConv and FusedGemm.
 */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Relu: plain('Relu'),
  Sigmoid: plain('Sigmoid'),
  Tanh: plain('Tanh'),
  Affine: { defaults: [1, 0], write: (emit, x, [alpha, beta]) => emit.shift(emit.scale(x, alpha), beta) },
  Clip: { defaults: [-Infinity, Infinity], write: (emit, x, [low, high]) => clip(emit, x, low, high) },
  // max(x, 0) + α(e^min(x, 0) − 1): one of the two is 0.
  Elu: {
    defaults: [1],
    write: (emit, x, [alpha]) => {
      const rest = emit.shift(emit.op('Exp', [below(emit, x, 0)]), -1);
      return emit.add(above(emit, x, 0), emit.scale(rest, alpha));
    },
  },
  Gelu: { defaults: [], write: erfGelu },
  HardSigmoid: { defaults: [0.2, 0.5], write: (emit, x, [alpha, beta]) => hardSigmoid(emit, x, alpha, beta) },
  HardSwish: { defaults: [], write: (emit, x) => emit.mul(x, hardSigmoid(emit, x, 1 / 6, 0.5)) },
  LeakyRelu: {
    defaults: [0.01],
    write: (emit, x, [alpha]) => emit.add(above(emit, x, 0), emit.scale(below(emit, x, 0), alpha)),
  },
  QuickGelu: { defaults: [1.702], write: (emit, x, [alpha]) => quickGelu(emit, x, alpha) },
  ScaledTanh: {
    defaults: [1, 1],
    write: (emit, x, [alpha, beta]) => emit.scale(emit.op('Tanh', [emit.scale(x, beta)]), alpha),
  },
  Softplus: { defaults: [], write: softplus },
  Softsign: { defaults: [], write: (emit, x) => emit.div(x, emit.shift(absolute(emit, x), 1)) },
  // 1 where it is an operator; 0 in a recurrent layer of ONNX Runtime, and FusedGemm has no default.
  ThresholdedRelu: {
    defaults: [0],
    write: (emit, x, [alpha]) => {
      const inside = emit.op('Greater', [x, emit.scalar(alpha)]);
      return emit.op('Where', [inside, x, emit.scalar(0)]);
    },
  },
};

/** Capitals do not count in names of activations (ONNX Runtime, rnn_helpers). */
const BY_LOWER_CASE = new Map(Object.entries(ACTIVATIONS).map(([name, row]) => [name.toLowerCase(), row]));

export const isActivation = (name: string): boolean => BY_LOWER_CASE.has(name.toLowerCase());

/** How many of α, β, γ an activation has. */
export const parametersOf = (name: string): number => BY_LOWER_CASE.get(name.toLowerCase())?.defaults.length ?? 0;

/** f(x), with the default of each parameter that is undefined. */
export function activate(
  emit: Emit,
  name: string,
  x: ValueId,
  parameters: readonly (number | undefined)[] = [],
): ValueId {
  const { defaults, write } = defined(BY_LOWER_CASE.get(name.toLowerCase()), `activation ${name}`);
  const at = (index: number): number => parameters[index] ?? defaults[index] ?? 0;
  return write(emit, x, [at(0), at(1), at(2)]);
}
