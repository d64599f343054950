import { DATA_TYPES, type DataType, type Dim, type Shape, type ValueType } from '../ir/types.ts';
import type { EncodedType } from '../ir/model.ts';
import type { Sink } from './sink.ts';

export const dataTypeNumber = (dtype: DataType): number => DATA_TYPES.indexOf(dtype);

/** A field that holds a `TypeProto`; the bytes that the file had where this build could not understand all of them. */
export function putType(
  sink: Sink,
  field: number,
  type: ValueType,
  encoded: readonly EncodedType[] | undefined = undefined,
): void {
  const kept = encoded?.find((each) => each.type === type);
  sink.message(field, () => (kept ? sink.raw(kept.bytes) : typeBody(sink, type)));
}

function typeBody(sink: Sink, type: ValueType): void {
  if (type.kind === 'tensor') sink.message(1, () => tensorType(sink, type.dtype, type.shape, type.dimDenotations));
  if (type.kind === 'sequence') sink.message(4, () => element(sink, 1, type.element));
  if (type.kind === 'map') {
    sink.message(5, () => {
      sink.int(1, dataTypeNumber(type.key));
      element(sink, 2, type.value);
    });
  }
  if (type.denotation !== undefined) sink.text(6, type.denotation);
  if (type.kind === 'opaque') {
    sink.message(7, () => {
      if (type.domain !== '') sink.text(1, type.domain);
      if (type.name !== '') sink.text(2, type.name);
    });
  }
  if (type.kind === 'sparse-tensor') sink.message(8, () => tensorType(sink, type.dtype, type.shape));
  if (type.kind === 'optional') sink.message(9, () => element(sink, 1, type.element));
}

function element(sink: Sink, field: number, type: ValueType | null): void {
  if (type) putType(sink, field, type);
}

function tensorType(sink: Sink, dtype: DataType, shape: Shape, denotations: readonly string[] = []): void {
  sink.int(1, dataTypeNumber(dtype));
  if (shape === null) return;
  sink.message(2, () => {
    shape.forEach((dim, axis) => sink.message(1, () => dimension(sink, dim, denotations[axis] ?? '')));
  });
}

function dimension(sink: Sink, dim: Dim, denotation: string): void {
  if (typeof dim === 'number') sink.int(1, dim);
  if (typeof dim === 'string') sink.text(2, dim);
  if (denotation !== '') sink.text(3, denotation);
}
