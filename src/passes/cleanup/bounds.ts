import { getFloat } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { isFloat, type DataType, type ValueId } from '../../ir/types.ts';
import { label } from '../../rewrite/graphs.ts';
import { dtypeOf, keepsShape } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { inputOf, outputOf } from './ends.ts';

/** y = min(max(x, low), high); NaN stays NaN. Infinite bounds do nothing. */
export interface Bounds {
  /** The input that x is. */
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** What Clip takes for a bound that is left out, at both ends: infinities are clipped to it. */
const LARGEST: Partial<Record<DataType, number>> = {
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
  float16: 65504,
};
/** For integers a bound that is left out does nothing. */
export const defaultBound = (dtype: DataType): number => LARGEST[dtype] ?? Infinity;

const KNOWN_TYPES = new Set<DataType>(
  'float32 float64 float16 int8 uint8 int16 uint16 int32 uint32 int64 uint64'.split(' ') as DataType[],
);

type Found = Bounds | { readonly reason: string } | null;

/** Null: the node is no bound. */
export function boundsOf(context: PassContext, node: Node): Found {
  const dtype = dtypeOf(context, outputOf(node));
  if (!dtype || !KNOWN_TYPES.has(dtype)) return null;
  if (node.opType === 'Relu') return { at: 0, low: 0, high: Infinity };
  return node.opType === 'Clip' ? clip(context, node, dtype) : extreme(context, node, dtype);
}

/** Bounds are attributes before opset 11, for float32 only as far as runtimes go. */
function clip(context: PassContext, node: Node, dtype: DataType): Found {
  const most = defaultBound(dtype);
  if (context.model.opset() < 11) {
    const [low, high] = [getFloat(node, 'min', -most), getFloat(node, 'max', most)];
    return low <= high ? { at: 0, low, high } : null;
  }
  const [low, high] = [boundAt(context, node, 1, -most, dtype), boundAt(context, node, 2, most, dtype)];
  if (low === null || high === null) return { reason: `the bounds of ${label(context.model, node)} are not constant` };
  // min(max(x, low), high) = high where low is above it.
  return { at: 0, low: Math.min(low, high), high };
}

function boundAt(context: PassContext, node: Node, index: number, fallback: number, dtype: DataType): number | null {
  const input = node.inputs[index] ?? null;
  return input === null ? fallback : numberIn(context, input, dtype);
}

/** A lone number that can be compared exactly. */
function numberIn(context: PassContext, value: ValueId, dtype: DataType): number | null {
  const tensor = constantOf(context, value);
  if (tensor?.size !== 1 || tensor.dtype !== dtype) return null;
  const number = tensor.numbers()[0] ?? NaN;
  return Number.isNaN(number) || (!isFloat(dtype) && !Number.isSafeInteger(number)) ? null : number;
}

/** Max and Min with one number, which must not broadcast the other operand up. Before opset 8 nothing broadcasts. */
function extreme(context: PassContext, node: Node, dtype: DataType): Found {
  if (node.inputs.length !== 2 || node.inputs.includes(null) || context.model.opset() < 8) return null;
  for (const at of [0, 1]) {
    const other = inputOf(node, 1 - at);
    const bound = numberIn(context, other, dtype);
    const shape = constantOf(context, other)?.shape;
    if (bound === null || !shape) continue;
    if (!keepsShape(context, shape, inputOf(node, at), outputOf(node))) {
      return {
        reason: `the constant of ${label(context.model, node)} may broadcast the other operand to a larger shape`,
      };
    }
    return node.opType === 'Max' ? { at, low: bound, high: Infinity } : { at, low: -Infinity, high: bound };
  }
  return null;
}
