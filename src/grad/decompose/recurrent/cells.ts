import { defined } from '../../../base/assert.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Emit } from '../../emit.ts';
import type { DecompositionTable } from '../composite.ts';
import { split } from '../write.ts';
import type { Activate } from './activations.ts';
import { unroll, type Cell, type Direction, type State } from './layer.ts';
import { once } from './once.ts';

/** Gates that stand side by side in the last axis. */
function gatesOf(emit: Emit, x: ValueId, count: number, hidden: number): readonly ValueId[] {
  const sizes = Array.from({ length: count }, () => hidden);
  return split(emit, x, emit.rank(x) - 1, sizes);
}

const sum = (emit: Emit, a: ValueId | null, b: ValueId | null): ValueId | null =>
  a !== null && b !== null ? emit.add(a, b) : (a ?? b);

const bothBiases = ({ emit, inputBias, recurrentBias }: Direction): ValueId | null =>
  sum(emit, inputBias, recurrentBias);

/** x + h·Rᵀ, where h is not zeros. */
const recur = ({ emit }: Direction, x: ValueId, h: ValueId | null, recurrence: () => ValueId): ValueId =>
  h === null ? x : emit.add(x, emit.matmul(h, recurrence()));

/** ai.onnx RNN: h′ = f(X·Wᵀ + h·Rᵀ + b) */
function rnn(direction: Direction): Cell {
  const [f = same] = direction.activations;
  return {
    bias: bothBiases(direction),
    step: (products, [h = null]) => [f(recur(direction, products, h, direction.recurrence))],
  };
}
const same: Activate = (x) => x;

/** Gates of what comes in, of what stays of the cell before, and of what goes out of the new one. */
interface LstmGates {
  readonly input: ValueId;
  readonly forget: (cell: ValueId) => ValueId;
  readonly output: (cell: ValueId) => ValueId;
}

/**
 * ai.onnx LSTM, gates i, o, f, c and peepholes i, o, f (Hochreiter & Schmidhuber, 1997): c′ = f⊙c + i⊙g, h′ = o⊙h(c′). With
 * `input_forget`, f is 1 − i.
 */
function lstm(direction: Direction): Cell {
  const { emit, c, hidden } = direction;
  const [f = same, g = same, h = same] = direction.activations;
  const peepholes = direction.own(7);
  const coupled = c.int('input_forget', 0) !== 0;
  const gates = peepholes === null ? plainGates(direction, f) : peepholeGates(direction, f, peepholes);
  return {
    bias: bothBiases(direction),
    step: (products, [before = null, memory = null]) => {
      const all = recur(direction, products, before, direction.recurrence);
      const [three = all, candidate = all] = split(emit, all, 1, [3 * hidden, hidden]);
      const { input, forget, output } = gates(three, memory);
      const written = emit.mul(input, g(candidate));
      const share = (cell: ValueId): ValueId => (coupled ? emit.sub(emit.scalar(1), input) : forget(cell));
      const cell = memory === null ? written : emit.add(emit.mul(share(memory), memory), written);
      return [emit.mul(output(cell), h(cell)), cell];
    },
  };
}

/** All three gates at once. */
const plainGates =
  ({ emit, hidden }: Direction, f: Activate) =>
  (three: ValueId): LstmGates => {
    const [input = three, output = three, forget = three] = gatesOf(emit, f(three), 3, hidden);
    return { input, forget: () => forget, output: () => output };
  };

/** Gates that see the cell: that of what goes out the new one, the others the one before. */
function peepholeGates({ emit, hidden }: Direction, f: Activate, peepholes: ValueId) {
  const [pi = peepholes, po = peepholes, pf = peepholes] = gatesOf(emit, peepholes, 3, hidden);
  const peep = (gate: ValueId, weights: ValueId, cell: ValueId): ValueId => f(emit.add(gate, emit.mul(weights, cell)));
  return (three: ValueId, memory: ValueId | null): LstmGates => {
    const [i = three, o = three, forget = three] = gatesOf(emit, three, 3, hidden);
    return {
      input: memory === null ? f(i) : peep(i, pi, memory),
      forget: (cell) => peep(forget, pf, cell),
      output: (cell) => peep(o, po, cell),
    };
  };
}

/**
 * ai.onnx GRU, gates z, r, h (Cho et al., 2014): h′ = (1 − z)⊙n + z⊙h. n is g(X·Wᵀ + (r⊙h)·Rᵀ + b), or with
 * `linear_before_reset` g(X·Wᵀ + r⊙(h·Rᵀ + b_R) + b_W).
 */
function gru(direction: Direction): Cell {
  const { emit, c, hidden, recurrence, inputBias, recurrentBias } = direction;
  const [f = same, g = same] = direction.activations;
  const linear = c.int('linear_before_reset', 0) !== 0;
  const mix = (gate: ValueId, candidate: ValueId, h: ValueId | null): ValueId =>
    h === null
      ? emit.sub(candidate, emit.mul(gate, candidate))
      : emit.add(candidate, emit.mul(gate, emit.sub(h, candidate)));
  const weights = once(() => split(emit, recurrence(), 1, [2 * hidden, hidden]));
  const gateWeights = (): ValueId => defined(weights()[0], 'weights of the gates');
  const stateWeights = (): ValueId => defined(weights()[1], 'weights of the state');
  const step = (products: ValueId, [h = null]: State, state: Candidate): readonly ValueId[] => {
    const [outer = products, own = products] = split(emit, products, 1, [2 * hidden, hidden]);
    const [z = outer, r = outer] = gatesOf(emit, f(recur(direction, outer, h, gateWeights)), 2, hidden);
    return [mix(z, g(state(own, r, h)), h)];
  };
  if (!linear) {
    return {
      bias: bothBiases(direction),
      step: (products, state) =>
        step(products, state, (own, reset, h) =>
          recur(direction, own, h === null ? null : emit.mul(reset, h), stateWeights),
        ),
    };
  }
  // The recurrent bias of the state is inside the gate r; those of the gates may be added with those of the inputs.
  const [gateBias = null, stateBias = null] =
    recurrentBias === null ? [] : split(emit, recurrentBias, 0, [2 * hidden, hidden]);
  const padded = gateBias === null ? null : emit.op('Pad', [gateBias, emit.ints([0, hidden])]);
  return {
    bias: sum(emit, inputBias, padded),
    step: (products, state) =>
      step(products, state, (own, reset, h) => {
        const inside = sum(emit, h === null ? null : emit.matmul(h, stateWeights()), stateBias);
        return inside === null ? own : emit.add(own, emit.mul(reset, inside));
      }),
  };
}

/** What g is taken of, from the products of the inputs, the reset gate and the hidden state. */
type Candidate = (own: ValueId, reset: ValueId, h: ValueId | null) => ValueId;

/** Recurrent layers of ai.onnx. */
export const RECURRENT_DECOMPOSITIONS: DecompositionTable = {
  GRU: unroll({ gates: 3, activations: ['Sigmoid', 'Tanh'], initial: [5], cell: gru }),
  LSTM: unroll({ gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'], initial: [5, 6], cell: lstm }),
  RNN: unroll({ gates: 1, activations: ['Tanh'], initial: [5], cell: rnn }),
};
