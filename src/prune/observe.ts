import { int, ints } from '../ir/attribute.ts';
import type { Attribute, Graph, Model } from '../ir/model.ts';
import { int64s } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import type { Analysis } from '../analysis/analyze.ts';
import { observedKey, type ChannelMoments, type ChannelStats, type Observed } from '../rewrite/facts.ts';

const FLOAT = 1;
const BOOL = 9;

/** What one run of an observing model gives: by output name. */
export type Measured = Readonly<Record<string, ArrayLike<number>>>;

/**
 * A copy of a model whose only outputs are figures of the observed values, computed by the runtime itself: what leaves it
 * is one number for each channel (or pair of channels), never the activations.
 */
export function observingModel(
  model: Model,
  analysis: Analysis,
  stats: readonly Observed[],
  moments: readonly Observed[],
): Model {
  const copy = model.clone();
  const observer = new Observer(copy, analysis);
  copy.graph.outputs.length = 0;
  for (const each of stats) observer.stats(each);
  for (const each of moments) observer.moments(each);
  copy.sort();
  return copy;
}

class Observer {
  private readonly model: Model;
  private readonly analysis: Analysis;
  private readonly graph: Graph;

  constructor(model: Model, analysis: Analysis) {
    this.model = model;
    this.analysis = analysis;
    this.graph = model.graph;
  }

  stats(observed: Observed): void {
    const x = this.float(observed);
    const isZero = this.op('Cast', [this.op('Not', [this.op('Cast', [x], { to: int(BOOL) })])], { to: int(FLOAT) });
    this.output(observed, 'count', this.op('Size', [x]));
    this.output(observed, 'abs', this.mean(observed, this.op('Abs', [x])));
    this.output(observed, 'square', this.mean(observed, this.op('Mul', [x, x])));
    this.output(observed, 'mean', this.mean(observed, x));
    this.output(observed, 'zeros', this.mean(observed, isZero));
    this.output(observed, 'min', this.over(observed, 'ReduceMin', x));
    this.output(observed, 'max', this.over(observed, 'ReduceMax', x));
  }

  /** [channels, positions] · [positions, channels] */
  moments(observed: Observed): void {
    const rank = this.rank(observed);
    const perm = [observed.dim, ...axes(rank).filter((axis) => axis !== observed.dim)];
    const ordered = this.op('Transpose', [this.float(observed)], { perm: ints(perm) });
    const rows = this.op('Reshape', [ordered, this.vector([this.channels(observed), -1])]);
    const columns = this.op('Transpose', [rows], { perm: ints([1, 0]) });
    this.output(observed, 'elements', this.op('Size', [rows]));
    this.output(observed, 'first', this.reduce('ReduceSum', rows, [1], 13));
    this.output(observed, 'second', this.op('MatMul', [rows, columns]));
  }

  private float({ value }: Observed): ValueId {
    return this.analysis.dtype(value) === 'float32' ? value : this.op('Cast', [value], { to: int(FLOAT) });
  }

  private rank({ value }: Observed): number {
    return this.analysis.shape(value)?.length ?? 0;
  }

  private channels({ value, dim }: Observed): number {
    const size = this.analysis.shape(value)?.[dim];
    return typeof size === 'number' ? size : 1;
  }

  private mean(observed: Observed, value: ValueId): ValueId {
    return this.over(observed, 'ReduceMean', value);
  }

  /** Over all positions. */
  private over(observed: Observed, type: 'ReduceMean' | 'ReduceMin' | 'ReduceMax', value: ValueId): ValueId {
    const others = axes(this.rank(observed)).filter((axis) => axis !== observed.dim);
    return others.length === 0 ? value : this.reduce(type, value, others, 18);
  }

  /** Axes are an attribute before version `since`, an input from then on. */
  private reduce(type: string, value: ValueId, over: readonly number[], since: number): ValueId {
    const keepdims = { keepdims: int(0) };
    return this.model.opset() < since
      ? this.op(type, [value], { ...keepdims, axes: ints(over) })
      : this.op(type, [value, this.vector(over)], keepdims);
  }

  private vector(data: readonly number[]): ValueId {
    return this.model.addInitializer(this.graph, 'observe/ints', int64s(data)).id;
  }

  private op(
    opType: string,
    inputs: readonly ValueId[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): ValueId {
    const node = this.model.addNode(this.graph, {
      opType,
      inputs,
      outputs: [`observe/${opType}`],
      attributes: new Map(Object.entries(attributes)),
    });
    return node.outputs[0] as ValueId;
  }

  private output(observed: Observed, figure: string, value: ValueId): void {
    const identity = this.model.addNode(this.graph, {
      opType: 'Identity',
      inputs: [value],
      outputs: [outputName(observed, figure)],
    });
    this.graph.outputs.push(identity.outputs[0] as ValueId);
  }
}

const axes = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);
const outputName = (observed: Observed, figure: string): string => `observe/${observedKey(observed)}/${figure}`;

/** Adds up what the runs of an observing model gave; runs weigh by the positions that they saw. */
export class StatsSum {
  private readonly observed: Observed;
  private count = 0;
  private readonly sums: Record<'abs' | 'square' | 'mean' | 'zeros', Float64Array | null> = {
    abs: null,
    square: null,
    mean: null,
    zeros: null,
  };
  private min: Float64Array | null = null;
  private max: Float64Array | null = null;

  constructor(observed: Observed) {
    this.observed = observed;
  }

  add(run: Measured): void {
    const total = run[outputName(this.observed, 'count')]?.[0] ?? 0;
    for (const figure of ['abs', 'square', 'mean', 'zeros'] as const) {
      const values = run[outputName(this.observed, figure)] ?? [];
      const sum = (this.sums[figure] ??= new Float64Array(values.length));
      const positions = total / Math.max(values.length, 1);
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + positions * (values[i] ?? 0);
    }
    this.count += total / Math.max(this.sums.abs?.length ?? 1, 1);
    this.min = extremes(this.min, run[outputName(this.observed, 'min')] ?? [], Math.min);
    this.max = extremes(this.max, run[outputName(this.observed, 'max')] ?? [], Math.max);
  }

  result(): ChannelStats {
    const mean = (sums: Float64Array | null): Float64Array =>
      (sums ?? new Float64Array()).map((sum) => sum / Math.max(this.count, 1));
    const { abs, square, mean: first, zeros } = this.sums;
    const means = { meanAbs: mean(abs), meanSquare: mean(square), mean: mean(first), zeros: mean(zeros) };
    const none = new Float64Array();
    return { count: this.count, ...means, min: this.min ?? none, max: this.max ?? none };
  }
}

/** The same for moments. */
export class MomentsSum {
  private readonly observed: Observed;
  private count = 0;
  private first: Float64Array | null = null;
  private second: Float64Array | null = null;

  constructor(observed: Observed) {
    this.observed = observed;
  }

  add(run: Measured): void {
    const [first, second] = ['first', 'second'].map((figure) => run[outputName(this.observed, figure)] ?? []);
    this.first = added(this.first, first ?? []);
    this.second = added(this.second, second ?? []);
    this.count += (run[outputName(this.observed, 'elements')]?.[0] ?? 0) / Math.max(this.first.length, 1);
  }

  result(): ChannelMoments {
    const mean = (sums: Float64Array | null): Float64Array =>
      (sums ?? new Float64Array()).map((sum) => sum / Math.max(this.count, 1));
    return { count: this.count, mean: mean(this.first), second: mean(this.second) };
  }
}

const extremes = (
  known: Float64Array | null,
  values: ArrayLike<number>,
  of: (a: number, b: number) => number,
): Float64Array => Float64Array.from(values, (value, i) => of(known?.[i] ?? value, value));

function added(sums: Float64Array | null, values: ArrayLike<number>): Float64Array {
  const result = sums ?? new Float64Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = (result[i] ?? 0) + (values[i] ?? 0);
  return result;
}
