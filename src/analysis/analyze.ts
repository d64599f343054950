import type { Model, Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Dim, Shape, ValueId, ValueType } from '../ir/types.ts';

/**
 * What is known of a model without running it. Made once per revision by `analyze(model)`; never changes the model.
 */
export interface Analysis {
  /** Inferred type (declared where inference is silent); null: unknown. */
  type(value: ValueId): ValueType | null;
  shape(value: ValueId): Shape;
  dtype(value: ValueId): string | null;
  /** The constant behind a value: an initializer, or the output of a Constant node; null: not constant. */
  constant(value: ValueId): Tensor | null;
  /** Small integer contents (shape arithmetic), symbols allowed; null: unknown. Rank 0 and 1 only. */
  ints(value: ValueId): readonly Dim[] | null;
  /** Same dimension for sure: equal numbers or equal symbols. */
  sameShape(a: ValueId, b: ValueId): boolean;
  /** Costs with symbols assumed to be 1 (see ModelSummary.assumed); null: unknown. */
  cost(node: Node): NodeCost;
  readonly model: Model;
}

export interface NodeCost {
  /** Multiply-accumulates of GEMM-class work. Null: the operator or a shape is unknown. */
  readonly macs: number | null;
  /** Operations of elementwise, normalisation and pooling work, counted apart. */
  readonly elementwise: number | null;
  /** Elements of the node's own constants (shared ones counted at every use). */
  readonly parameters: number;
  readonly weightBytes: number;
  /** Bytes of its outputs. */
  readonly activationBytes: number | null;
  /** Inputs + outputs + weights, bytes. */
  readonly movedBytes: number | null;
}
