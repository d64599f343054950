import type { Analysis } from '../../analysis/analyze.ts';
import { countParameters, heldTensors, type HeldTensor } from '../../analysis/summary.ts';
import { isFloat, isInteger, sizeOf } from '../../ir/types.ts';
import { scanTensor } from './scan.ts';

export interface TensorSparsity {
  readonly name: string;
  readonly shape: readonly number[];
  /** Share of its elements that are zero, 0 to 1. */
  readonly sparsity: number;
}

export interface SparsityFigures {
  /** Elements of all constants, as the summary counts them: of a sparse constant, those that are stored. */
  readonly parameters: number;
  readonly nonzero: number;
  /** Float constants with two axes or more that are longer than 1. */
  readonly tensors: readonly TensorSparsity[];
}

/** How sparse a model is, by looking at every constant. Throws `external-data` where a data file is missing. */
export function sparsityFigures(analysis: Analysis): SparsityFigures {
  const held = heldTensors(analysis);
  return {
    parameters: countParameters(analysis),
    nonzero: held.reduce((sum, each) => sum + nonzero(each), 0),
    tensors: held
      .filter(({ tensor, shape }) => isFloat(tensor.dtype) && shape.filter((dim) => dim > 1).length > 1)
      .map((each) => ({ name: each.name, shape: each.shape, sparsity: 1 - nonzero(each) / sizeOf(each.shape) })),
  };
}

/** Elements of strings and the like count as they are. */
const nonzero = ({ tensor }: HeldTensor): number =>
  isFloat(tensor.dtype) || isInteger(tensor.dtype) ? tensor.size - scanTensor(tensor).zeros : tensor.size;
