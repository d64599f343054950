import type { Brand } from '../base/brand.ts';

/** Ids are never reused and live in one space per model, subgraphs and functions included. */
export type NodeId = Brand<number, 'NodeId'>;
export type ValueId = Brand<number, 'ValueId'>;
export type GraphId = Brand<number, 'GraphId'>;

/** Element types in the order of `TensorProto.DataType` (onnx.proto3, ONNX 1.20): the index is the number on the wire. */
export const DATA_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
] as const;
export type DataType = (typeof DATA_TYPES)[number];

/** Bits of one element; a string has none of its own. */
export const BITS: Readonly<Record<DataType, number>> = {
  undefined: 0,
  float32: 32,
  uint8: 8,
  int8: 8,
  uint16: 16,
  int16: 16,
  int32: 32,
  int64: 64,
  string: 0,
  bool: 8,
  float16: 16,
  float64: 64,
  uint32: 32,
  uint64: 64,
  complex64: 64,
  complex128: 128,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  uint4: 4,
  int4: 4,
  float4e2m1: 4,
  float8e8m0: 8,
  uint2: 2,
  int2: 2,
};

/** Bytes of `count` elements in ONNX's packed `raw_data` layout. */
export const byteLengthOf = (dtype: DataType, count: number): number => Math.ceil((count * BITS[dtype]) / 8);

export const isFloat = (dtype: DataType): boolean => /^(b?float)/.test(dtype);
export const isInteger = (dtype: DataType): boolean => /^u?int/.test(dtype);

/**
 * One dimension: a size, a symbol (`batch`, or a canonical expression such as `2*H`; equal strings are equal sizes), or
 * unknown.
 */
export type Dim = number | string | null;
/** `null`: the rank is unknown too. */
export type Shape = readonly Dim[] | null;

export interface TensorType {
  readonly kind: 'tensor';
  readonly dtype: DataType;
  readonly shape: Shape;
  /** ONNX denotations, kept for the round trip: of the type, then of each dimension. */
  readonly denotation?: string;
  readonly dimDenotations?: readonly string[];
}

/** ONNX's `TypeProto`. */
export type ValueType =
  | TensorType
  | { readonly kind: 'sparse-tensor'; readonly dtype: DataType; readonly shape: Shape; readonly denotation?: string }
  | { readonly kind: 'sequence'; readonly element: ValueType | null; readonly denotation?: string }
  | { readonly kind: 'optional'; readonly element: ValueType | null; readonly denotation?: string }
  | { readonly kind: 'map'; readonly key: DataType; readonly value: ValueType | null; readonly denotation?: string }
  | { readonly kind: 'opaque'; readonly domain: string; readonly name: string; readonly denotation?: string };

export const tensorType = (dtype: DataType, shape: Shape): TensorType => ({ kind: 'tensor', dtype, shape });

/** The shape when every dimension is a known number. */
export function staticShape(shape: Shape | undefined): readonly number[] | null {
  if (!shape) return null;
  return shape.every((dim) => typeof dim === 'number') ? shape : null;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);
