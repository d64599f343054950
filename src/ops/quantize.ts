import { getInt } from '../ir/attribute.ts';
import { DATA_TYPES, type DataType } from '../ir/types.ts';
import { broadcastShapes, sameAsFirst, typed } from './shapes.ts';
import type { InferContext, OpRow, OpTable } from './types.ts';
import { perInput, perOutput } from './work.ts';

const outputDtype = (c: InferContext): DataType | null => {
  const number = getInt(c.node, 'output_dtype', 0);
  return number === 0 ? null : (DATA_TYPES[number] ?? 'undefined');
};

/** The zero point names the type; without it, `output_dtype`, else uint8. */
const quantizedDtype = (c: InferContext): DataType => (c.has(2) ? c.dtype(2) : (outputDtype(c) ?? 'uint8'));

const quantize = (since: number[]): OpRow => ({
  family: 'elem',
  signature: 'x y_scale y_zero_point? → y',
  since,
  infer: (c) => [typed(quantizedDtype(c), c.shape(0))],
  work: perOutput(2),
});
const dequantize = (since: number[]): OpRow => ({
  family: 'elem',
  signature: 'x x_scale x_zero_point? → y',
  since,
  infer: (c) => [typed(outputDtype(c) ?? c.dtype(1), c.shape(0))],
  work: perOutput(2),
});

/** A, its scale and zero point, then B's, then C's: quantised arithmetic with the type of A. */
const qlinearBinary: OpRow = {
  family: 'elem',
  signature: 'A A_scale A_zero_point? B B_scale B_zero_point? C_scale C_zero_point? → C',
  since: [1],
  infer: (c) => [typed(c.dtype(0), broadcastShapes(c.shape(0), c.shape(3)))],
  work: perOutput(1),
};
const qlinearUnary: OpRow = {
  family: 'act',
  signature: 'X X_scale X_zero_point? Y_scale Y_zero_point? → Y',
  since: [1],
  infer: sameAsFirst,
  work: perOutput(1),
};

const QUANTIZE_SINCE = [10, 13, 19, 21, 23, 24, 25];

export const QUANTIZE: OpTable = {
  QuantizeLinear: quantize(QUANTIZE_SINCE),
  DequantizeLinear: dequantize(QUANTIZE_SINCE),
  DynamicQuantizeLinear: {
    family: 'elem',
    signature: 'x → y y_scale y_zero_point',
    since: [11],
    infer: (c) => [typed('uint8', c.shape(0)), typed('float32', []), typed('uint8', [])],
    // Minimum and maximum, then scale and shift.
    work: perInput(4),
  },
  'com.microsoft.QuantizeLinear': quantize([1]),
  'com.microsoft.DequantizeLinear': dequantize([1]),
  'com.microsoft.QLinearAdd': qlinearBinary,
  'com.microsoft.QLinearMul': qlinearBinary,
  'com.microsoft.QLinearSigmoid': qlinearUnary,
  'com.microsoft.QLinearLeakyRelu': qlinearUnary,
};
