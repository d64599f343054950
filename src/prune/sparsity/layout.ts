import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { sizeOf } from '../../ir/types.ts';
import type { WeightLayout } from './types.ts';

/** The layout of a weight at an input of a node; text: why it has none. */
type LayoutRule = (node: Node, input: number, shape: readonly number[]) => WeightLayout | string;

interface Operands {
  /** Inputs that can hold the weight. */
  readonly inputs: readonly number[];
  readonly layout: LayoutRule;
}

const conv: Operands = {
  inputs: [1],
  layout: (node, _input, [outputs = 0, ...rest]) =>
    inGroups(node, outputs, (matrices) => ({
      ...{ matrices, outputs: outputs / matrices },
      ...{ reduction: sizeOf(rest), order: 'output-major' },
    })),
};

const convTranspose: Operands = {
  inputs: [1],
  layout: (node, _input, [channels = 0, ...rest]) =>
    inGroups(node, channels, (matrices) => ({
      ...{ matrices, outputs: sizeOf(rest) },
      ...{ reduction: channels / matrices, order: 'reduction-major' },
    })),
};

function inGroups(node: Node, channels: number, make: (groups: number) => WeightLayout): WeightLayout | string {
  const groups = getInt(node, 'group', 1);
  return groups > 0 && channels % groups === 0 ? make(groups) : `has ${channels} channels in ${groups} groups`;
}

/** Either operand may be the weight: `[…, M, K]` at 0, `[…, K, N]` at 1, unless transposed. */
const product: Operands = {
  inputs: [0, 1],
  layout(node, input, shape) {
    if (shape.length < 2) return 'is a vector';
    if (getInt(node, 'transBatchA', 0) !== 0 || getInt(node, 'transBatchB', 0) !== 0) return 'has its batch transposed';
    const transposed = getInt(node, input === 0 ? 'transA' : 'transB', 0) !== 0;
    const matrices = sizeOf(shape.slice(0, -2));
    const [rows = 0, columns = 0] = shape.slice(-2);
    return (input === 0) !== transposed
      ? { matrices, outputs: rows, reduction: columns, order: 'output-major' }
      : { matrices, outputs: columns, reduction: rows, order: 'reduction-major' };
  },
};

/** A table of embeddings `[V, D]`: a row is looked up, not multiplied. */
const embedding: Operands = {
  inputs: [0],
  layout: (node, _input, shape) =>
    shape.length === 2 && getInt(node, 'axis', 0) === 0
      ? { matrices: 1, outputs: shape[0] ?? 0, reduction: shape[1] ?? 0, order: 'output-major' }
      : 'is no table of rows',
};

/** Operators whose weights can be pruned. An operator that is not here keeps its weights. */
export const WEIGHT_OPERANDS: Readonly<Record<string, Operands>> = {
  Conv: conv,
  'com.microsoft.FusedConv': conv,
  ConvTranspose: convTranspose,
  Gemm: product,
  'com.microsoft.FusedGemm': product,
  MatMul: product,
  'com.microsoft.FusedMatMul': product,
  Gather: embedding,
};

/** Operators that multiply with integers, and the input that holds them. */
export const QUANTIZED_OPERANDS: Readonly<Record<string, number>> = {
  ConvInteger: 1,
  MatMulInteger: 1,
  QLinearConv: 3,
  QLinearMatMul: 3,
  'com.microsoft.DynamicQuantizeMatMul': 1,
  'com.microsoft.MatMulIntegerToFloat': 1,
  'com.microsoft.MatMulNBits': 1,
};

/** Place of an element in row-major order. */
export const elementAt = (layout: WeightLayout, matrix: number, output: number, at: number): number =>
  layout.order === 'output-major'
    ? (matrix * layout.outputs + output) * layout.reduction + at
    : (matrix * layout.reduction + at) * layout.outputs + output;
