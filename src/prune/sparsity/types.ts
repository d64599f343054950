import type { Tensor } from '../../ir/tensor.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';

/**
 * A weight seen as `matrices` matrices `[outputs, reduction]`: every output is a sum over the reduction. `output-major`:
 * element (m, o, r) lies at `(m·outputs + o)·reduction + r`; `reduction-major`: at `(m·reduction + r)·outputs + o`.
 *
 * | operator                    | matrices | outputs        | reduction       | order           |
 * | Conv `[O, I/g, k…]`         | g        | O/g            | I/g · Πk        | output-major    |
 * | ConvTranspose `[I, O/g, k…]`| g        | O/g · Πk       | I/g             | reduction-major |
 * | MatMul, Gemm `[…, K, N]`    | Π…       | N              | K               | reduction-major |
 * | Gemm transB `[N, K]`        | 1        | N              | K               | output-major    |
 * | Gather `[V, D]`             | 1        | V              | D               | output-major    |
 */
export interface WeightLayout {
  readonly matrices: number;
  readonly outputs: number;
  readonly reduction: number;
  readonly order: 'output-major' | 'reduction-major';
}

/** A constant whose elements may be set to zero. */
export interface Weight {
  /** Of its value; with `#2`, … where an inner graph has a name that was taken before. */
  readonly name: string;
  readonly value: ValueId;
  readonly tensor: Tensor;
  /** Of its first reader. */
  readonly layout: WeightLayout;
  /** Readers that sum along different axes: patterns along the reduction have no meaning. */
  readonly ambiguous: boolean;
  /** Its readers, then the Constant node that holds it, if one does. */
  readonly nodes: readonly NodeId[];
}

export type WeightImportanceId = 'magnitude' | 'lamp' | 'wanda' | 'random';
/** What is ranked together: the inputs of one output, a tensor, or all tensors. */
export type SparsityScope = 'output' | 'layer' | 'global';

/** What may become zero together. */
export type SparsityPattern =
  | { readonly kind: 'unstructured' }
  /** At most `keep` of every `of` weights along the reduction are not zero. */
  | { readonly kind: 'n:m'; readonly keep: number; readonly of: number }
  /** Blocks of `outputs` × `reduction` neighbouring weights, ranked by the norm of their scores. */
  | { readonly kind: 'block'; readonly outputs: number; readonly reduction: number; readonly norm: 'l1' | 'l2' };

export interface SparsityOptions {
  /** Share of the weights that are zero afterwards, 0 to 1. */
  readonly sparsity: number;
  readonly scope: SparsityScope;
  readonly importance: WeightImportanceId;
  readonly pattern: SparsityPattern;
  /** By weight name; such a weight takes no part in a global ranking. */
  readonly sparsities: Readonly<Record<string, number>>;
  /** Names of weights that stay as they are. */
  readonly protected: readonly string[];
  readonly embeddings: boolean;
  readonly seed: number;
}
