import { defined } from '../../../base/assert.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Emit } from '../../emit.ts';
import type { Composite } from '../composite.ts';
import { concat, split } from '../write.ts';
import { activationsOf, type Activate } from './activations.ts';
import { byKey, once } from './once.ts';

/** Steps beyond which the graph would grow past use. */
const MOST_STEPS = 1024;

/** What one direction of a layer is computed with. G gates of H units. */
export interface Direction {
  readonly emit: Emit;
  readonly c: Composite;
  readonly hidden: number;
  /** Rᵀ, [H, G·H]; nothing asks for it where all states before are zeros. */
  readonly recurrence: () => ValueId;
  /** Input weights' and recurrent biases, [G·H] each; null: 0. */
  readonly inputBias: ValueId | null;
  readonly recurrentBias: ValueId | null;
  /** An input [D, n] of the layer as that of this direction, [n]. */
  readonly own: (index: number) => ValueId | null;
  readonly activations: readonly Activate[];
}

/** Hidden state, and what a cell keeps besides; null: zeros. */
export type State = readonly (ValueId | null)[];

/** How one step is taken. */
export interface Cell {
  /** What is added to the products of the inputs once for all steps, [G·H]. */
  readonly bias: ValueId | null;
  /** From products of the inputs [B, G·H] and the state before; the state after, each [B, H], h first. */
  step(products: ValueId, before: State): readonly ValueId[];
}

/** A kind of layer: its gates, and where its inputs stand beyond X, W, R, B, sequence_lens. */
export interface Kind {
  readonly gates: number;
  readonly activations: readonly string[];
  /** Inputs that hold the state before the first step. */
  readonly initial: readonly number[];
  cell(direction: Direction): Cell;
}

/** W, R or a state [D, …] as one value [...] for each direction. */
function perDirection(emit: Emit, value: ValueId, directions: number): readonly ValueId[] {
  const inner = emit.shape(value).slice(1);
  const ones = Array.from({ length: directions }, () => 1);
  return split(emit, value, 0, ones).map((each) => emit.reshape(each, inner));
}

function checkLengths(c: Composite, steps: number): void {
  if (steps > MOST_STEPS) c.refuse(`it takes ${steps} steps, more than ${MOST_STEPS}`);
  if (!c.has(4)) return;
  const lengths = c.emit.known(c.input(4));
  if (lengths === null) c.refuse('the lengths of its sequences are not known');
  else if (lengths.some((each) => each !== steps)) c.refuse('its sequences are of different lengths');
}

/** Hidden states by place in the sequence, and the state after the last step that was taken. */
interface Run {
  readonly states: readonly ValueId[];
  readonly last: readonly ValueId[];
}

/** One direction of the layer, step by step. `x` is [S, B, I]. */
function run(direction: Direction, kind: Kind, x: ValueId, weights: ValueId, initial: State, backwards: boolean): Run {
  const { emit } = direction;
  const [steps = 1, batch = 1] = emit.shape(x);
  const cell = kind.cell(direction);
  const products = emit.matmul(x, emit.transpose(weights, [1, 0]));
  const biased = cell.bias === null ? products : emit.add(products, cell.bias);
  const rows = emit.reshape(biased, [steps * batch, kind.gates * direction.hidden]);
  const inputs = split(
    emit,
    rows,
    0,
    Array.from({ length: steps }, () => batch),
  );
  const order = inputs.map((_, step) => (backwards ? steps - 1 - step : step));
  const states: ValueId[] = [];
  let state = initial;
  let last: readonly ValueId[] = [];
  for (const step of order) {
    last = cell.step(defined(inputs[step], 'the input of a step'), state);
    states[step] = defined(last[0], 'a hidden state');
    state = last;
  }
  return { states, last };
}

/**
 * Writes a recurrent layer of ai.onnx step by step: X, W, R, B?, sequence_lens?, initial states → Y, Y_h (, Y_c). The
 * products of the inputs are one for all steps. Its length has to be a number, and that of all sequences.
 */
export const unroll =
  (kind: Kind) =>
  (c: Composite): readonly (ValueId | null)[] => {
    const { emit } = c;
    const batchFirst = c.int('layout', 0) !== 0;
    const x = batchFirst ? emit.transpose(c.input(0), [1, 0, 2]) : c.input(0);
    const [steps = 1] = emit.shape(x);
    const [directions = 1, , hidden = 1] = c.shape(2);
    checkLengths(c, steps);
    const activations = activationsOf(c, kind.activations, directions);
    const parts = byKey((index: number): readonly (ValueId | null)[] => {
      if (!c.has(index)) return [];
      const swapped = batchFirst && kind.initial.includes(index);
      const value = swapped ? emit.transpose(c.input(index), [1, 0, 2]) : c.input(index);
      return perDirection(emit, value, directions);
    });
    const runs = activations.map((each, index) => {
      const own = (input: number): ValueId | null => parts(input)[index] ?? null;
      const bias = own(3);
      const width = kind.gates * hidden;
      const [inputBias = null, recurrentBias = null] = bias === null ? [] : split(emit, bias, 0, [width, width]);
      const direction: Direction = {
        emit,
        c,
        hidden,
        recurrence: once(() => emit.transpose(defined(own(2), 'R'), [1, 0])),
        inputBias,
        recurrentBias,
        own,
        activations: each,
      };
      const backwards = index === 1 || c.string('direction', 'forward') === 'reverse';
      return run(direction, kind, x, defined(own(1), 'W'), kind.initial.map(own), backwards);
    });
    return [
      c.asks(0) ? allStates(emit, runs, batchFirst) : null,
      ...kind.initial.map((_, index) => (c.asks(index + 1) ? lastStates(emit, runs, index, batchFirst) : null)),
    ];
  };

/** Y [S, D, B, H], or [B, S, D, H]. */
function allStates(emit: Emit, runs: readonly Run[], batchFirst: boolean): ValueId {
  const each = runs.map(({ states, last }) => {
    const [batch = 1, hidden = 1] = emit.shape(defined(last[0], 'a hidden state'));
    return emit.reshape(concat(emit, states, 0), [states.length, 1, batch, hidden]);
  });
  const all = concat(emit, each, 1);
  return batchFirst ? emit.transpose(all, [2, 0, 1, 3]) : all;
}

/** Y_h and Y_c [D, B, H], or [B, D, H]. */
function lastStates(emit: Emit, runs: readonly Run[], index: number, batchFirst: boolean): ValueId {
  const each = runs.map(({ last }) => {
    const state = defined(last[index], 'a state');
    return emit.reshape(state, [1, ...emit.shape(state)]);
  });
  const all = concat(emit, each, 0);
  return batchFirst ? emit.transpose(all, [1, 0, 2]) : all;
}
