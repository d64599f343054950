import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { any, constant, node, optional, type Bound } from '../../rewrite/pattern.ts';

/** A linear operator with its constant weight, and what it multiplies. */
export const linearCaptures = { x: any, weight: constant, bias: optional(constant), linear: node };
export type Linear = Bound<typeof linearCaptures>;
type Weighted = Pick<Linear, 'weight' | 'linear'>;

/** The weight as rows, and the channel that each row belongs to. */
export interface Rows {
  /** C: channels of the value that is scaled. */
  readonly channels: number;
  readonly rows: number;
  channel(row: number): number;
}

export const dim = (tensor: Tensor, axis: number): number => tensor.shape[axis] ?? 0;
const groupOf = (linear: Node): number => getInt(linear, 'group', 1);
export const transposedB = (gemm: Node): boolean => getInt(gemm, 'transB', 0) !== 0;

/** Axis 0: Conv's output channels, its weight being [Cout, Cin/g, …]; ConvTranspose's input channels. */
export const leadingChannels = ({ weight }: Weighted): Rows => {
  const channels = dim(weight.tensor, 0);
  return { channels, rows: channels, channel: (row) => row };
};
export const convInputs = ({ weight, linear }: Weighted): Rows => {
  const [outs, ins, group] = [dim(weight.tensor, 0), dim(weight.tensor, 1), groupOf(linear)];
  const outsPerGroup = outs / group;
  const channel = (row: number): number => Math.floor(Math.floor(row / ins) / outsPerGroup) * ins + (row % ins);
  return { channels: ins * group, rows: outs * ins, channel };
};
/** ConvTranspose's is [Cin, Cout/g, …]: the output channel is that of the input channel's group. */
export const convTransposeOutputs = ({ weight, linear }: Weighted): Rows => {
  const [ins, outs, group] = [dim(weight.tensor, 0), dim(weight.tensor, 1), groupOf(linear)];
  const insPerGroup = ins / group;
  const channel = (row: number): number => Math.floor(Math.floor(row / outs) / insPerGroup) * outs + (row % outs);
  return { channels: outs * group, rows: ins * outs, channel };
};
/** The columns (N) or the rows (K) of a [K, N] matrix, which Gemm may hold transposed. */
export const matrix =
  (side: 'columns' | 'rows') =>
  ({ weight, linear }: Weighted): Rows => {
    const [first, second] = [dim(weight.tensor, 0), dim(weight.tensor, 1)];
    const leading = transposedB(linear) === (side === 'columns');
    return leading
      ? { channels: first, rows: first, channel: (row) => row }
      : { channels: second, rows: first * second, channel: (row) => row % second };
  };
