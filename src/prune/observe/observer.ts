import type { Analysis } from '../../analysis/analyze.ts';
import { int, ints } from '../../ir/attribute.ts';
import type { Attribute, Graph, Model } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Observed } from '../../rewrite/facts.ts';
import { outputName, pairOutput, spreadOutput } from './outputs.ts';

const FLOAT = 1;
const BOOL = 9;

/** Adds nodes to a model that compute figures of its values, as outputs. */
export class Observer {
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

  /** [channels, positions] `known` names the value in the analysis, where it stands as a copy here. */
  rows(observed: Observed, known = observed): ValueId {
    const rank = this.rank(known);
    const perm = [observed.dim, ...axes(rank).filter((axis) => axis !== observed.dim)];
    const ordered = this.op('Transpose', [this.float(observed, known)], { perm: ints(perm) });
    return this.op('Reshape', [ordered, this.vector([this.channels(known), -1])]);
  }

  /** Moments of x [channels, positions] and z [channels, positions]. */
  pair(index: number, x: ValueId, z: ValueId): void {
    const columns = this.op('Transpose', [z], { perm: ints([1, 0]) });
    const output = (figure: string, value: ValueId): void => this.named(pairOutput(index, figure), value);
    output('elements', this.op('Size', [z]));
    output('before', this.reduce('ReduceSum', x, [1], 13));
    output('after', this.reduce('ReduceSum', z, [1], 13));
    output('cross', this.op('MatMul', [x, columns]));
    output('second', this.op('MatMul', [z, columns]));
  }

  /** [channels, positions] · [positions, channels] */
  moments(observed: Observed): void {
    const rows = this.rows(observed);
    const columns = this.op('Transpose', [rows], { perm: ints([1, 0]) });
    this.output(observed, 'elements', this.op('Size', [rows]));
    this.output(observed, 'first', this.reduce('ReduceSum', rows, [1], 13));
    this.output(observed, 'second', this.op('MatMul', [rows, columns]));
  }

  /** Of this run: the variance about its own mean, so that nothing cancels. */
  spread(index: number, observed: Observed): void {
    const x = this.float(observed);
    const output = (figure: string, value: ValueId): void => this.named(spreadOutput(index, figure), value);
    const others = axes(this.rank(observed)).filter((axis) => axis !== observed.dim);
    const apart = this.op('Sub', [x, this.reduce('ReduceMean', x, others, 18, 1)]);
    output('elements', this.op('Size', [x]));
    output('mean', this.reduce('ReduceMean', x, others, 18));
    output('variance', this.reduce('ReduceMean', this.op('Mul', [apart, apart]), others, 18));
  }

  private float({ value }: Observed, known: Observed = { value, dim: 0 }): ValueId {
    return this.analysis.dtype(known.value) === 'float32' ? value : this.op('Cast', [value], { to: int(FLOAT) });
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
  private reduce(type: string, value: ValueId, over: readonly number[], since: number, keeps: 0 | 1 = 0): ValueId {
    const keepdims = { keepdims: int(keeps) };
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
    this.named(outputName(observed, figure), value);
  }

  private named(name: string, value: ValueId): void {
    const identity = this.model.addNode(this.graph, { opType: 'Identity', inputs: [value], outputs: [name] });
    this.graph.outputs.push(identity.outputs[0] as ValueId);
  }
}

const axes = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);
