import { byteLengthOf } from '../ir/types.ts';
import type { SparseTensor } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { encode, type Sink } from './sink.ts';
import { dataTypeNumber } from './write-types.ts';

/** A place in an external file, bytes. */
export interface Placement {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export function putMetadata(sink: Sink, field: number, metadata: ReadonlyMap<string, string> | undefined): void {
  for (const [key, value] of metadata ?? []) putEntry(sink, field, key, value);
}

export function putEntry(sink: Sink, field: number, key: string, value: string): void {
  sink.message(field, () => {
    sink.text(1, key);
    sink.text(2, value);
  });
}

export function putUnknown(sink: Sink, unknown: readonly Uint8Array[] | undefined): void {
  for (const field of unknown ?? []) sink.raw(field);
}

/** The body of a `TensorProto` (without a `name`, the tensor's own): always `raw_data` (strings: `string_data`), or a reference to an external file. */
export function tensorBody(sink: Sink, name: string, tensor: Tensor, placement: Placement | null = null): void {
  const { extras } = tensor;
  for (const dim of tensor.shape) sink.int(1, dim);
  sink.int(2, dataTypeNumber(tensor.dtype));
  if (tensor.dtype === 'string') for (const each of tensor.strings()) sink.blob(6, each.length, () => each);
  const label = name === '' ? (extras.name ?? '') : name;
  if (label !== '') sink.text(8, label);
  if (tensor.dtype !== 'string' && placement === null) {
    sink.blob(9, byteLengthOf(tensor.dtype, tensor.size), () => tensor.bytes());
  }
  if (extras.docString !== undefined) sink.text(12, extras.docString);
  if (placement) {
    putEntry(sink, 13, 'location', placement.location);
    putEntry(sink, 13, 'offset', String(placement.offset));
    putEntry(sink, 13, 'length', String(placement.length));
    sink.int(14, 1);
  }
  putMetadata(sink, 16, extras.metadataProps);
  putUnknown(sink, extras.unknown);
}

export function sparseBody(sink: Sink, name: string, sparse: SparseTensor): void {
  sink.message(1, () => tensorBody(sink, name, sparse.values));
  sink.message(2, () => tensorBody(sink, '', sparse.indices));
  for (const dim of sparse.shape) sink.int(3, dim);
  putUnknown(sink, sparse.unknown);
}

/** One `TensorProto`, ONNX's `.pb` test data. */
export const writeTensorProto = (tensor: Tensor, name = ''): Uint8Array<ArrayBuffer> =>
  encode((sink) => tensorBody(sink, name, tensor));
