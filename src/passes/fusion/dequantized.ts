import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';

/** Why a product of these is better left a MatMul or Gemm: the runtime makes a product of integers of it; null: it is not. */
export function dequantizedRefusal(model: Model, operands: readonly ValueId[]): string | null {
  const found = operands.some((operand) => {
    const producer = model.getValue(operand).producer;
    return producer !== null && model.getNode(producer.node).opType === 'DequantizeLinear';
  });
  return found ? 'its operands are dequantized, and the runtime makes a product of integers of it' : null;
}
