import { numberToFloat16, float16ToNumber } from '../ir/float.ts';
import { isFloat, isInteger, staticShape, sizeOf, type DataType, type Dim } from '../ir/types.ts';
import type { Tensor } from '../ir/tensor.ts';
import { isTensor } from './shapes.ts';
import { CONTENTS_LIMIT, type Contents, type EvaluateRule, type InferContext, type Types } from './types.ts';

const READABLE = new Set<DataType>([
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
  'float32',
  'float64',
  'float16',
]);

/** Element types whose contents are followed. */
export const isReadable = (dtype: DataType): boolean => READABLE.has(dtype);

/** Contents of a constant: int64 beyond ±2^53 saturates (INT64_MAX means "to the end"). Null: too large. */
export function contentsOfTensor(tensor: Tensor): Contents | null {
  if (tensor.size > CONTENTS_LIMIT || !isReadable(tensor.dtype)) return null;
  const limit = Number.MAX_SAFE_INTEGER;
  return Array.from(tensor.numbers(), (each) =>
    isFloat(tensor.dtype) ? each : Math.min(limit, Math.max(-limit, each)),
  );
}

/** The static shape of output 0 where contents of it are worth following. */
export function smallShape(outputs: Types): readonly number[] | null {
  const type = outputs[0] ?? null;
  if (!isTensor(type) || !isReadable(type.dtype)) return null;
  const shape = staticShape(type.shape);
  return shape && sizeOf(shape) <= CONTENTS_LIMIT ? shape : null;
}

/** A number as the element type holds it: wrapped types and 16-bit floats are not followed. */
export function roundTo(dtype: DataType, value: Dim): Dim {
  if (typeof value !== 'number') return value;
  if (dtype === 'float32') return Math.fround(value);
  if (dtype === 'float16') return float16ToNumber(numberToFloat16(value));
  if (isInteger(dtype)) return inRange(dtype, value) ? value : null;
  return value;
}

function inRange(dtype: DataType, value: number): boolean {
  const unsigned = dtype.startsWith('u');
  const bits = Math.min(53, Number(dtype.replace(/\D/g, '')));
  const high = unsigned ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
  return value >= (unsigned ? 0 : -high - 1) && value <= (bits === 53 ? Number.MAX_SAFE_INTEGER : high);
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}

/** Calls `visit` with the coordinates of each element in row-major order; the array is reused. */
export function mapCoordinates<T>(shape: readonly number[], visit: (at: readonly number[]) => T): T[] {
  const at = shape.map(() => 0);
  const out: T[] = [];
  for (let i = 0, size = sizeOf(shape); i < size; i++) {
    out.push(visit(at));
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (at[axis] ?? 0) + 1;
      at[axis] = next;
      if (next < (shape[axis] ?? 0)) break;
      at[axis] = 0;
    }
  }
  return out;
}

/** Index into a tensor of `shape` for coordinates of a shape that it broadcasts to. */
export function broadcastIndex(shape: readonly number[], strides: readonly number[], at: readonly number[]): number {
  const offset = at.length - shape.length;
  let index = 0;
  for (let i = 0; i < shape.length; i++) if (shape[i] !== 1) index += (at[i + offset] ?? 0) * (strides[i] ?? 0);
  return index;
}

/** Contents and shape of an input, both known. */
export function known(c: InferContext, index: number): { contents: Contents; shape: readonly number[] } | null {
  const shape = staticShape(c.shape(index));
  if (!shape || sizeOf(shape) > CONTENTS_LIMIT) return null;
  const contents = c.contents(index);
  return contents && contents.length === sizeOf(shape) ? { contents, shape } : null;
}

/** Elementwise evaluation over all inputs, broadcast. */
export const elementwise =
  (f: (values: readonly Dim[], dtype: DataType) => Dim): EvaluateRule =>
  (c, outputs) => {
    const shape = smallShape(outputs);
    if (!shape) return [null];
    const inputs = c.node.inputs.map((_, i) => known(c, i));
    if (inputs.some((input) => input === null)) return [null];
    const operands = inputs.flatMap((input) => (input ? [{ ...input, strides: stridesOf(input.shape) }] : []));
    const dtype = c.dtype(0);
    const output = isTensor(outputs[0] ?? null) ? (outputs[0] as { dtype: DataType }).dtype : dtype;
    return [
      mapCoordinates(shape, (at) => {
        const values = operands.map((each) => each.contents[broadcastIndex(each.shape, each.strides, at)] ?? null);
        return roundTo(output, f(values, dtype));
      }),
    ];
  };

/** Elements are moved, not changed: output 0 takes input 0's elements in the same order. */
export const sameElements: EvaluateRule = (c, outputs) => {
  const input = known(c, 0);
  const shape = smallShape(outputs);
  return [input && shape && sizeOf(shape) === input.contents.length ? input.contents : null];
};
