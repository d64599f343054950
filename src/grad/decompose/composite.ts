import { CodedError } from '../../base/error.ts';
import { defined } from '../../base/assert.ts';
import { getFloat, getFloats, getInt, getInts, getString } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Emit } from '../emit.ts';

/**
 * Writes what a node computes in primitive operators: one value for each output, null for those that nobody asks for.
 * Throws `unsupported` where it cannot; what it has written by then is taken back.
 */
export type Decomposition = (c: Composite) => readonly (ValueId | null)[];
export type DecompositionTable = Readonly<Record<string, Decomposition>>;

/** What a decomposition sees of its node. */
export class Composite {
  readonly emit: Emit;
  readonly node: Node;

  constructor(emit: Emit, node: Node) {
    this.emit = emit;
    this.node = node;
  }

  has = (index: number): boolean => (this.node.inputs[index] ?? null) !== null;
  input = (index: number): ValueId => defined(this.node.inputs[index], `input ${index} of ${this.node.opType}`);
  optional = (index: number): ValueId | null => this.node.inputs[index] ?? null;

  /** Whether anybody reads an output. */
  asks(index: number): boolean {
    const output = this.node.outputs[index] ?? null;
    return output !== null && this.emit.model.isUsed(output);
  }

  shape = (index: number): readonly number[] => this.emit.shape(this.input(index));
  rank = (index: number): number => this.shape(index).length;

  int = (name: string, fallback: number): number => getInt(this.node, name, fallback);
  ints = (name: string): number[] | null => getInts(this.node, name, null);
  float = (name: string, fallback: number): number => getFloat(this.node, name, fallback);
  floats = (name: string): readonly number[] => getFloats(this.node, name, []);
  string = (name: string, fallback: string): string => getString(this.node, name, fallback);

  /** An axis that is never below 0; the default is that of the operator. */
  axis(name: string, fallback: number, rank: number): number {
    const axis = this.int(name, fallback);
    return axis < 0 ? axis + rank : axis;
  }

  /** Inputs that only a form of the operator has which is not written out. */
  refuseInputs(names: Readonly<Record<number, string>>): void {
    for (const [index, name] of Object.entries(names)) {
      if (this.has(Number(index))) this.refuse(`it has the input ${name}`);
    }
  }
  /** Outputs that are not written out. */
  refuseOutputs(names: Readonly<Record<number, string>>): void {
    for (const [index, name] of Object.entries(names)) {
      if (this.asks(Number(index))) this.refuse(`its output ${name} is used`);
    }
  }

  refuse(reason: string): never {
    throw new CodedError('unsupported', reason, { node: this.node.name, opType: this.node.opType });
  }
}
