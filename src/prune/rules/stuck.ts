import type { AxisRule, Relation } from '../relation.ts';

/** Makes channels along an axis of a weight, and all that it touches stays. */
const stuck = (slot: number, axis: number, reason: string): AxisRule => ({
  role: 'tied',
  why: 'stays as it is',
  barrier: reason,
  relate(r: Relation): void {
    const weight = r.input(slot);
    const rank = weight?.shape.length ?? 0;
    if (weight && rank > 1) r.produces(weight, axis < 0 ? rank + axis : axis);
    r.freezeAll(reason);
  },
});

const RECURRENT = 'is recurrent: gates and states share its width, which stays';
const QUANTIZED = 'multiplies quantized integers, which stay: prune before quantizing';

/** Operators that make channels which are never cut: they are told with the reason. */
export const stuckRules: Readonly<Record<string, AxisRule>> = {
  // W [directions, gates · hidden, input]
  LSTM: stuck(1, 1, RECURRENT),
  GRU: stuck(1, 1, RECURRENT),
  RNN: stuck(1, 1, RECURRENT),
  // W [Cout, Cin/g, …]
  ConvInteger: stuck(1, 0, QUANTIZED),
  QLinearConv: stuck(3, 0, QUANTIZED),
  // B […, K, N]
  MatMulInteger: stuck(1, -1, QUANTIZED),
  QLinearMatMul: stuck(3, -1, QUANTIZED),
  'com.microsoft.DynamicQuantizeMatMul': stuck(1, -1, QUANTIZED),
  'com.microsoft.MatMulIntegerToFloat': stuck(1, -1, QUANTIZED),
  // B [N, blocks of K, bytes]
  'com.microsoft.MatMulNBits': stuck(1, 0, QUANTIZED),
};
