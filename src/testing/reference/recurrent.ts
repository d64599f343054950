import type { Call, RefOp, RefTable } from './call.ts';
import { activation, clamp } from './functions.ts';
import { transposed } from './shape.ts';
import { refTensor, type RefTensor } from './tensor.ts';

type Vector = readonly number[];
type Activation = (x: number) => number;

/** What one direction of a layer has: weights by row, biases, peepholes, activations. */
interface Direction {
  /** W·x + bias of some gate, R·h (+ bias) likewise; gates are numbered as the rows are. */
  readonly input: (gate: number, x: Vector) => Vector;
  readonly recurrent: (gate: number, h: Vector) => Vector;
  /** P ⊙ c of a gate of LSTM; zeros without peepholes. */
  readonly peephole: (gate: number, c: Vector) => Vector;
  readonly activations: readonly Activation[];
}

/** One step: from hidden state and cell to those after. */
type Step = (d: Direction, x: Vector, h: Vector, cell: Vector) => readonly [h: Vector, cell: Vector];

const sum = (...vectors: readonly Vector[]): number[] =>
  vectors[0]!.map((_, i) => vectors.reduce((total, each) => total + each[i]!, 0));
const product = (a: Vector, b: Vector): number[] => a.map((each, i) => each * b[i]!);

/** Parameters are taken in turn by the activations that have them. */
function activationsOf(c: Call, fallback: readonly string[], directions: number): Activation[] {
  const names = c.strings('activations') ?? Array.from({ length: directions }, () => fallback).flat();
  const alphas = [...(c.floats('activation_alpha') ?? [])];
  const betas = [...(c.floats('activation_beta') ?? [])];
  const limit = c.float('clip', Infinity);
  return names.map((name) => {
    const takesAlpha = /^(affine|leakyrelu|thresholdedrelu|scaledtanh|hardsigmoid|elu)$/i.test(name);
    const takesBeta = /^(affine|scaledtanh|hardsigmoid)$/i.test(name);
    const params = [takesAlpha ? alphas.shift() : undefined, takesBeta ? betas.shift() : undefined];
    const f = activation(
      name,
      params.filter((each) => each !== undefined),
    );
    return (x) => f(clamp(x, -limit, limit));
  });
}

/** Rows [gate·H, (gate + 1)·H) of a matrix [directions, gates·H, width], times a vector, plus a bias. */
function rowsTimes(m: RefTensor, direction: number, gate: number, hidden: number, v: Vector, bias: Vector): number[] {
  const [, rows, width] = m.shape as [number, number, number];
  return bias.map((start, i) => {
    const from = (direction * rows + gate * hidden + i) * width;
    return v.reduce((total, each, j) => total + each * m.data[from + j]!, start);
  });
}

const slice = (x: RefTensor | null, from: number, length: number): number[] =>
  x ? Array.from(x.data.subarray(from, from + length)) : Array.from({ length }, () => 0);

function directionOf(c: Call, direction: number, gates: number, activations: readonly Activation[]): Direction {
  const hidden = c.input(2).shape[2]!;
  const biases = (side: number, gate: number): number[] =>
    slice(c.optional(3), ((direction * 2 + side) * gates + gate) * hidden, hidden);
  return {
    input: (gate, x) => rowsTimes(c.input(1), direction, gate, hidden, x, biases(0, gate)),
    recurrent: (gate, h) => rowsTimes(c.input(2), direction, gate, hidden, h, biases(1, gate)),
    peephole: (gate, cell) => product(slice(c.optional(7), (direction * 3 + gate) * hidden, hidden), cell),
    activations,
  };
}

/**
 * Runs a layer over [T, B, I] (or [B, T, I] with layout 1): Y, Y_h, Y_c. Behind the end of a sequence Y is 0 and the
 * state stays.
 */
function layer(c: Call, gates: number, fallback: readonly string[], step: Step): RefTensor[] {
  const batchFirst = c.int('layout', 0) === 1;
  const x = batchFirst ? transposed(c.input(0), [1, 0, 2]) : c.input(0);
  const [times, batch, width] = x.shape as [number, number, number];
  const directions = c.input(1).shape[0]!;
  const hidden = c.input(2).shape[2]!;
  const activations = activationsOf(c, fallback, directions);
  const starts = [5, 6].map((index) => {
    const start = c.optional(index);
    return start && batchFirst ? transposed(start, [1, 0, 2]) : start;
  });
  const lengths = c.numbers(4);
  const dtype = x.dtype;
  const y = refTensor(dtype, [times, directions, batch, hidden], new Float64Array(times * directions * batch * hidden));
  const ends = [0, 1].map(() =>
    refTensor(dtype, [directions, batch, hidden], new Float64Array(directions * batch * hidden)),
  );
  for (let direction = 0; direction < directions; direction++) {
    const each = fallback.length;
    const d = directionOf(c, direction, gates, activations.slice(direction * each, (direction + 1) * each));
    const backwards = direction === 1 || c.string('direction', 'forward') === 'reverse';
    for (let b = 0; b < batch; b++) {
      const at = (direction * batch + b) * hidden;
      let state: readonly [Vector, Vector] = [slice(starts[0]!, at, hidden), slice(starts[1]!, at, hidden)];
      const length = lengths?.[b] ?? times;
      for (let i = 0; i < length; i++) {
        const t = backwards ? length - 1 - i : i;
        state = step(d, slice(x, (t * batch + b) * width, width), ...state);
        y.data.set(state[0], ((t * directions + direction) * batch + b) * hidden);
      }
      ends.forEach((end, i) => end.data.set(state[i]!, at));
    }
  }
  if (!batchFirst) return [y, ...ends];
  return [transposed(y, [2, 0, 1, 3]), ...ends.map((end) => transposed(end, [1, 0, 2]))];
}

/** Gates i, o, f, c; peepholes i, o, f (operator specification of LSTM). */
const lstm: RefOp = (c) => {
  const coupled = c.int('input_forget', 0) === 1;
  return layer(c, 4, ['Sigmoid', 'Tanh', 'Tanh'], (d, x, h, cell) => {
    const [f, g, out] = d.activations as [Activation, Activation, Activation];
    const gate = (row: number): number[] => sum(d.input(row, x), d.recurrent(row, h));
    const i = sum(gate(0), d.peephole(0, cell)).map(f);
    const forget = coupled ? i.map((each) => 1 - each) : sum(gate(2), d.peephole(2, cell)).map(f);
    const next = sum(product(forget, cell), product(i, gate(3).map(g)));
    const o = sum(gate(1), d.peephole(1, next)).map(f);
    return [product(o, next.map(out)), next];
  });
};

/** Gates z, r, h (operator specification of GRU). */
const gru: RefOp = (c) => {
  const linear = c.int('linear_before_reset', 0) !== 0;
  const [y, end] = layer(c, 3, ['Sigmoid', 'Tanh'], (d, x, h, cell) => {
    const [f, g] = d.activations as [Activation, Activation];
    const z = sum(d.input(0, x), d.recurrent(0, h)).map(f);
    const r = sum(d.input(1, x), d.recurrent(1, h)).map(f);
    const back = linear ? product(r, d.recurrent(2, h)) : d.recurrent(2, product(r, h));
    const candidate = sum(d.input(2, x), back).map(g);
    return [
      sum(
        product(
          z.map((each) => 1 - each),
          candidate,
        ),
        product(z, h),
      ),
      cell,
    ];
  });
  return [y!, end!];
};

const rnn: RefOp = (c) => {
  const [y, end] = layer(c, 1, ['Tanh'], (d, x, h) => {
    const next = sum(d.input(0, x), d.recurrent(0, h)).map(d.activations[0]!);
    return [next, next];
  });
  return [y!, end!];
};

export const RECURRENT: RefTable = { LSTM: lstm, GRU: gru, RNN: rnn };
