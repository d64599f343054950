import type { Attribute } from '../../../ir/model.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import type { DataType, Shape, ValueId } from '../../../ir/types.ts';

/**
 * What an operator reads: a value of the graph, a constant that is to be made, the first result of another operator
 * that is to be made, or nothing (an optional input that is left out).
 */
export type Operand = ValueId | Tensor | Draft | null;

/** An operator as it shall stand in the graph. Drafts are never changed: adapters give new ones. */
export interface Draft {
  readonly opType: string;
  readonly inputs: readonly Operand[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Results that the graph knows; operators inside of a draft have none. `null`: left out. */
  readonly outputs: readonly (ValueId | null)[];
  /** The operator of the file that this one takes the place of; '' for those inside of a draft. */
  readonly origin: string;
}

/** What adapters may know of the graph. */
export interface Facts {
  /** The version that the whole model is taken to. */
  readonly target: number;
  /** Null: unknown, as in the bodies of functions, which have no types of their own. */
  dtype(operand: Operand | undefined): DataType | null;
  /** The shape as far as it can be proven. */
  shape(operand: Operand | undefined): Shape;
  constant(operand: Operand | undefined): Tensor | null;
  /** Whether somebody reads this result, or the graph returns it. */
  isRead(value: ValueId): boolean;
}

/**
 * One version step of one operator: the same operator in the terms of the new version (the very same draft where
 * nothing has to change), or the reason why it has none, as a clause. Drafts that it makes are of the new version.
 */
export type Adapter = (draft: Draft, facts: Facts) => Draft | string;

/** Adapters by operator and by the version of the operator set that they lead to. */
export type AdapterTable = Readonly<Record<string, Readonly<Record<number, Adapter>>>>;
