import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import { getFloat, getInt, getInts, getString } from '../ir/attribute.ts';
import type { Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { isFloat } from '../ir/types.ts';
import { opKey } from '../ops/registry.ts';
import type { Emit } from './emit.ts';

/**
 * A rule turns the gradients of a node's outputs into those of its inputs (vector-Jacobian product): one entry for each
 * input, null where nothing flows back or nobody asks.
 */
export type VjpRule = (c: Vjp) => readonly (ValueId | null)[];
export type VjpTable = Readonly<Record<string, VjpRule>>;

/** What a rule sees of its node. */
export class Vjp {
  readonly emit: Emit;
  readonly node: Node;
  /** Gradients of the outputs, by slot; null: the loss does not depend on it. */
  private readonly gradients: readonly (ValueId | null)[];
  private readonly asked: (value: ValueId) => boolean;

  constructor(emit: Emit, node: Node, gradients: readonly (ValueId | null)[], asked: (value: ValueId) => boolean) {
    this.emit = emit;
    this.node = node;
    this.gradients = gradients;
    this.asked = asked;
  }

  has = (index: number): boolean => (this.node.inputs[index] ?? null) !== null;
  input = (index: number): ValueId => defined(this.node.inputs[index], `input ${index} of ${this.node.opType}`);
  optional = (index: number): ValueId | null => this.node.inputs[index] ?? null;
  output = (index = 0): ValueId => defined(this.node.outputs[index], `output ${index} of ${this.node.opType}`);
  /** The gradient of an output that something depends on. */
  gradient = (index = 0): ValueId => defined(this.gradients[index], `the gradient of output ${index}`);
  gradientOr = (index: number): ValueId | null => this.gradients[index] ?? null;

  /** Whether the gradient of an input is asked for; a rule leaves out what is not. */
  wants(index: number): boolean {
    const value = this.node.inputs[index] ?? null;
    return value !== null && isFloat(this.emit.dtype(value)) && this.asked(value);
  }

  shape = (index: number): readonly number[] => this.emit.shape(this.input(index));
  rank = (index: number): number => this.shape(index).length;

  int = (name: string, fallback: number): number => getInt(this.node, name, fallback);
  ints = (name: string): number[] | null => getInts(this.node, name, null);
  float = (name: string, fallback: number): number => getFloat(this.node, name, fallback);
  string = (name: string, fallback: string): string => getString(this.node, name, fallback);

  /** An axis that is never below 0; the default is that of the operator. */
  axis(name: string, fallback: number, rank: number): number {
    const axis = this.int(name, fallback);
    return axis < 0 ? axis + rank : axis;
  }

  /** Whole numbers that input `index` has to hold for the gradient to be known; refuses where they are not known. */
  known(index: number, what: string): readonly number[] {
    const value = this.emit.known(this.optional(index));
    return value ?? this.refuse(`its ${what} must be constant`);
  }

  /** Only one input is asked for: its gradient, and null for all others. */
  only(index: number, gradient: () => ValueId): readonly (ValueId | null)[] {
    return this.node.inputs.map((_, each) => (each === index && this.wants(index) ? gradient() : null));
  }

  /** The gradient of each input that is asked for. */
  each(...gradients: readonly (() => ValueId | null)[]): readonly (ValueId | null)[] {
    return gradients.map((gradient, index) => (this.wants(index) ? gradient() : null));
  }

  refuse(reason: string): never {
    throw noGradient(this.node, reason);
  }
}

/** Why no gradient passes a node, with its name. */
export function noGradient(node: Node, reason: string): CodedError {
  const name = node.name === '' ? '' : ` ${node.name}`;
  return new CodedError('unsupported', `No gradient passes ${opKey(node)}${name}: ${reason}.`, {
    node: node.name,
    opType: node.opType,
  });
}
