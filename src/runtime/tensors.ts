import type { Tensor, TypedTensor } from 'onnxruntime-web';
import { ELEMENT_ARRAYS, type ElementArray, type ElementArrayConstructor } from '../base/element-arrays.ts';
import { CodedError } from '../base/error.ts';
import { byteLengthOf, sizeOf, type DataType } from '../ir/types.ts';
import type { HostTensor } from './types.ts';
import type { Ort } from './ort.ts';

/** The element types that ONNX Runtime Web 1.30 takes as inputs; 4-bit ones it refuses as outputs. */
const HOST_TYPES = [
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
  'int4',
  'uint4',
] as const satisfies readonly DataType[];
type HostType = (typeof HOST_TYPES)[number];

export const isHostType = (dtype: DataType): dtype is HostType => (HOST_TYPES as readonly DataType[]).includes(dtype);

/** The array of each type on the host: 4-bit types packed two to a byte, low half first. */
const ARRAYS: Readonly<Record<Exclude<HostType, 'string'>, ElementArrayConstructor>> = {
  ...ELEMENT_ARRAYS,
  int4: Uint8Array,
  uint4: Uint8Array,
};

/** A zeroed array for `count` elements. */
export function allocate(dtype: Exclude<HostType, 'string'>, count: number): ElementArray {
  const Elements = ARRAYS[dtype];
  return new Elements(Math.ceil(byteLengthOf(dtype, count) / Elements.BYTES_PER_ELEMENT));
}

/** The same bytes as the array that belongs to the type; copied only where they are misaligned. */
function viewAs(dtype: Exclude<HostType, 'string'>, data: ArrayBufferView, count: number): ElementArray {
  const Elements = ARRAYS[dtype];
  const length = Math.ceil(byteLengthOf(dtype, count) / Elements.BYTES_PER_ELEMENT);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const aligned = bytes.byteOffset % Elements.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Elements(aligned.buffer, aligned.byteOffset, length);
}

/** For the runtime; `unsupported` where it has no such type, `bad-request` where data and shape disagree. */
export function toRuntime(ort: Ort, name: string, tensor: HostTensor): Tensor {
  const { dtype, shape, data } = tensor;
  if (!isHostType(dtype)) throw unsupportedType(name, dtype);
  const count = sizeOf(shape);
  if (dtype === 'string') {
    if (!isStrings(data) || data.length !== count) throw sizeError(name, tensor, isStrings(data) ? data.length : 0);
    return new ort.Tensor('string', [...data], shape);
  }
  if (isStrings(data) || data.byteLength !== byteLengthOf(dtype, count)) {
    throw sizeError(name, tensor, isStrings(data) ? data.length : data.byteLength);
  }
  // The constructor takes Uint16Array for float16 too and views it as Float16Array where the engine has one.
  return new ort.Tensor(dtype, viewAs(dtype, data, count) as never, shape);
}

/** From the runtime. The data is the runtime's own copy, so it may be kept. */
export function fromRuntime(name: string, tensor: TypedTensor<Tensor.Type>): HostTensor {
  const dtype = tensor.type as DataType;
  if (!isHostType(dtype)) throw unsupportedType(name, dtype);
  const shape = [...tensor.dims];
  const data: unknown = tensor.data;
  if (dtype === 'string') return { dtype, shape, data: data as readonly string[] };
  return { dtype, shape, data: viewAs(dtype, data as ArrayBufferView, sizeOf(shape)) };
}

const isStrings = (data: HostTensor['data']): data is readonly string[] => Array.isArray(data);

export function unsupportedType(name: string, dtype: string): CodedError {
  return new CodedError('unsupported', `ONNX Runtime Web cannot pass ${dtype} tensors in or out ("${name}").`, {
    value: name,
    dtype,
  });
}

function sizeError(name: string, { dtype, shape }: HostTensor, have: number): CodedError {
  const want = dtype === 'string' ? sizeOf(shape) : byteLengthOf(dtype, sizeOf(shape));
  return new CodedError(
    'bad-request',
    `The data for "${name}" do not fit ${dtype} [${shape.join(', ')}]: ${want} ${dtype === 'string' ? 'strings' : 'bytes'} wanted, ${have} there.`,
    { value: name, want, have },
  );
}
