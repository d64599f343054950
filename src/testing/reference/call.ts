import { defined } from '../../base/assert.ts';
import { getFloat, getFloats, getInt, getInts, getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { GraphId } from '../../ir/types.ts';
import type { RefTensor } from './tensor.ts';

/** What an operator computes: its only output, or all of them in order. */
export type RefOp = (c: Call) => RefTensor | readonly (RefTensor | null)[];
export type RefTable = Readonly<Record<string, RefOp>>;

/** One run of a node: its inputs, and its attributes by name. */
export class Call {
  readonly node: Node;
  /** Version of the operator set. */
  readonly version: number;
  /** Runs a graph that the node holds. */
  readonly runGraph: (graph: GraphId) => readonly RefTensor[];
  private readonly inputs: readonly (RefTensor | null)[];

  constructor(
    node: Node,
    version: number,
    inputs: readonly (RefTensor | null)[],
    runGraph: (graph: GraphId) => readonly RefTensor[],
  ) {
    this.node = node;
    this.version = version;
    this.inputs = inputs;
    this.runGraph = runGraph;
  }

  optional(index: number): RefTensor | null {
    return this.inputs[index] ?? null;
  }
  has(index: number): boolean {
    return this.optional(index) !== null;
  }
  input(index: number): RefTensor {
    return defined(this.inputs[index], `input ${index} of ${this.node.opType}`);
  }
  all(): RefTensor[] {
    return this.inputs.map((_, index) => this.input(index));
  }
  /** The elements of an input; null: it is left out. */
  numbers(index: number): number[] | null {
    const input = this.optional(index);
    return input && Array.from(input.data);
  }
  /** The only element of an input. */
  number(index: number, fallback: number): number {
    return this.optional(index)?.data[0] ?? fallback;
  }

  int(name: string, fallback: number): number {
    return getInt(this.node, name, fallback);
  }
  ints(name: string): number[] | null {
    return getInts(this.node, name, null);
  }
  float(name: string, fallback: number): number {
    return getFloat(this.node, name, fallback);
  }
  floats(name: string): readonly number[] | null {
    return getFloats(this.node, name, null);
  }
  string(name: string, fallback: string): string {
    return getString(this.node, name, fallback);
  }
  strings(name: string): string[] | null {
    const attribute = this.node.attributes.get(name);
    return attribute?.type === 'strings' ? attribute.value.map((each) => new TextDecoder().decode(each)) : null;
  }
}
