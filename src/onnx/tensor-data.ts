import { BinaryReader } from '@bufbuild/protobuf/wire';
import { CodedError } from '../base/error.ts';
import { formatInteger, plural } from '../base/format.ts';
import { BITS, byteLengthOf, DATA_TYPES, sizeOf, type DataType } from '../ir/types.ts';
import { cachedSource, Tensor, type TensorExtras, type TensorSource } from '../ir/tensor.ts';
import type { Cursor } from './cursor.ts';
import { checkLocation, missingFile, type ExternalFiles } from './external.ts';
import type { Run, TensorDraft, TypedField } from './tensor-proto.ts';

/** Where each element type may stand when it is not in `raw_data` (onnx.proto3, TensorProto); strings apart. */
const TYPED_FIELD: Readonly<Record<Exclude<DataType, 'undefined' | 'string'>, TypedField>> = {
  float32: 'float_data',
  complex64: 'float_data',
  float64: 'double_data',
  complex128: 'double_data',
  int64: 'int64_data',
  uint32: 'uint64_data',
  uint64: 'uint64_data',
  uint8: 'int32_data',
  int8: 'int32_data',
  uint16: 'int32_data',
  int16: 'int32_data',
  int32: 'int32_data',
  bool: 'int32_data',
  float16: 'int32_data',
  bfloat16: 'int32_data',
  float8e4m3fn: 'int32_data',
  float8e4m3fnuz: 'int32_data',
  float8e5m2: 'int32_data',
  float8e5m2fnuz: 'int32_data',
  uint4: 'int32_data',
  int4: 'int32_data',
  float4e2m1: 'int32_data',
  float8e8m0: 'int32_data',
  uint2: 'int32_data',
  int2: 'int32_data',
};

/** The element type behind a number on the wire, or `bad-file`. */
export function dataTypeAt(cursor: Cursor, number: number): DataType {
  const dtype = DATA_TYPES[number];
  if (dtype === undefined) {
    throw cursor.fail(`has element type ${number}; ONNX knows 0 to ${DATA_TYPES.length - 1}`);
  }
  return dtype;
}

/** The tensor of a complete `TensorProto`. Lengths are checked; elements are neither read nor decoded. */
export function tensorOfDraft(cursor: Cursor, draft: TensorDraft): Tensor {
  const dtype = dataTypeAt(cursor, draft.dataType);
  if (dtype === 'undefined') throw cursor.fail('has no element type');
  if (draft.dims.some((dim) => dim < 0)) {
    throw cursor.fail(`has a negative dimension in ${shapeText(draft)}`);
  }
  if (draft.segmented) {
    throw new CodedError(
      'unsupported',
      `${cursor.path()} of ${draft.name} is stored in segments, which Whittle does not read.`,
      { field: cursor.path() },
    );
  }
  return new Tensor(dtype, draft.dims, sourceOf(cursor, draft, dtype), extrasOf(draft));
}

const NONE: TensorExtras = {};

function extrasOf(draft: TensorDraft): TensorExtras {
  if (draft.docString === null && draft.metadata === null && draft.unknown === null) return NONE;
  return {
    ...(draft.docString === null ? {} : { docString: draft.docString }),
    ...(draft.metadata === null ? {} : { metadataProps: draft.metadata }),
    ...(draft.unknown === null ? {} : { unknown: draft.unknown }),
  };
}

function sourceOf(cursor: Cursor, draft: TensorDraft, dtype: DataType): TensorSource {
  if (draft.location === 1) return externalSource(cursor, draft, dtype);
  if (dtype === 'string') return stringSource(cursor, draft);
  const want = byteLengthOf(dtype, sizeOf(draft.dims));
  const { raw } = draft;
  if (raw !== null && (raw.length > 0 || draft.runs === null)) {
    if (raw.length !== want) throw wrongLength(cursor, draft, dtype, want, raw.length, cursor.offsetOf(raw));
    return { kind: 'file', bytes: () => raw };
  }
  return typedSource(cursor, draft, dtype as keyof typeof TYPED_FIELD, want);
}

function stringSource(cursor: Cursor, draft: TensorDraft): TensorSource {
  const strings = draft.strings ?? [];
  const want = sizeOf(draft.dims);
  if (strings.length !== want) {
    throw cursor.fail(
      `has shape ${shapeText(draft)} and wants ${plural(want, 'string')}, ${formatInteger(strings.length)} are there`,
    );
  }
  return {
    kind: 'file',
    bytes: () => {
      throw new CodedError('unsupported', `${draft.name} holds strings, which have no raw bytes.`);
    },
    strings: () => strings,
  };
}

function wrongLength(
  cursor: Cursor,
  draft: TensorDraft,
  dtype: DataType,
  want: number,
  have: number,
  at?: number,
): CodedError {
  const wants = Number.isSafeInteger(want) ? plural(want, 'byte') : 'more bytes than a file can hold';
  const there = have === 0 ? 'none are' : `${formatInteger(have)} are`;
  return cursor.fail(`is ${dtype} ${shapeText(draft)} and wants ${wants}, ${there} there`, at);
}

/** Exact beyond 2^53 too, where a number would print rounded. */
const shapeText = (draft: TensorDraft): string => `[${draft.dims.map((dim) => BigInt(dim)).join(', ')}]`;

/** Numbers in a typed field. Fixed-width ones in one packed run are a view; the rest are decoded when asked for. */
function typedSource(cursor: Cursor, draft: TensorDraft, dtype: keyof typeof TYPED_FIELD, want: number): TensorSource {
  const field = TYPED_FIELD[dtype];
  const runs = draft.runs?.get(field) ?? [];
  const width = field === 'float_data' ? 4 : field === 'double_data' ? 8 : 0;
  const have = runs.reduce((sum, run) => sum + payload(run, width), 0);
  // A varint has at least one byte for each stored unit: fewer bytes than units cannot be right.
  const unit = Math.max(1, BITS[dtype] / 8);
  const least = width === 0 ? want / unit : want;
  if (width === 0 ? have < least : have !== least)
    throw wrongLength(cursor, draft, dtype, want, have * (width || unit));
  const [only, second] = runs;
  if (only === undefined) return { kind: 'file', bytes: () => new Uint8Array(0) };
  const file = cursor.bytes;
  if (width > 0 && second === undefined && !only.tagged) {
    const view = file.subarray(only.start, only.end);
    return { kind: 'file', bytes: () => view };
  }
  const place = cursor.place();
  return cachedSource('file', () => {
    const bytes = width > 0 ? gather(file, runs, width, want) : decodeVarints(file, runs, field, unit, want);
    if (bytes === null) {
      throw new CodedError(
        'bad-file',
        `${place} is ${dtype} ${shapeText(draft)}; ${field} holds another number of elements.`,
        { field: place },
      );
    }
    return bytes;
  });
}

/** Bytes of payload in a run; a tag of these fields is always one byte (field numbers below 16). */
const payload = (run: Run, width: number): number => {
  const length = run.end - run.start;
  return run.tagged && width > 0 ? (length / (width + 1)) * width : length;
};

function gather(file: Uint8Array, runs: readonly Run[], width: number, want: number): Uint8Array {
  const bytes = new Uint8Array(want);
  let at = 0;
  for (const run of runs) {
    const step = run.tagged ? width : run.end - run.start;
    for (let from = run.start; from < run.end; from += step) {
      if (run.tagged) from++;
      bytes.set(file.subarray(from, from + step), at);
      at += step;
    }
  }
  return bytes;
}

/** Varints → little-endian units of `unit` bytes; null when their number does not fit `want` bytes. */
function decodeVarints(
  file: Uint8Array,
  runs: readonly Run[],
  field: TypedField,
  unit: number,
  want: number,
): Uint8Array | null {
  const bytes = new Uint8Array(want);
  const view = new DataView(bytes.buffer);
  const put = unit === 8 ? put64(view, field) : putNarrow(view, unit);
  let at = 0;
  for (const run of runs) {
    const reader = new BinaryReader(file.subarray(run.start, run.end));
    while (reader.pos < reader.len) {
      if (at >= want) return null;
      if (run.tagged) reader.uint32();
      put(at, reader);
      at += unit;
    }
  }
  return at === want ? bytes : null;
}

type Put = (at: number, reader: BinaryReader) => void;

const put64 = (view: DataView, field: TypedField): Put =>
  field === 'int64_data'
    ? (at, reader) => view.setBigInt64(at, BigInt(reader.int64()), true)
    : (at, reader) => view.setBigUint64(at, BigInt(reader.uint64()), true);

function putNarrow(view: DataView, unit: number): Put {
  if (unit === 4) return (at, reader) => view.setUint32(at, reader.uint32(), true);
  if (unit === 2) return (at, reader) => view.setUint16(at, reader.uint32() & 0xffff, true);
  return (at, reader) => view.setUint8(at, reader.uint32() & 0xff);
}

/** ONNX's external data: `location`, `offset`, `length` in bytes, all as strings. */
function externalSource(cursor: Cursor, draft: TensorDraft, dtype: DataType): TensorSource {
  if (dtype === 'string') throw cursor.fail('holds strings, which cannot be external');
  const { external, locations, missing } = cursor.context;
  const entry = (key: string): string | undefined => draft.external?.find((each) => each.key === key)?.value;
  const location = checkLocation(entry('location') ?? '', draft.name);
  const want = byteLengthOf(dtype, sizeOf(draft.dims));
  const offset = count(cursor, 'offset', entry('offset') ?? '0');
  const length = count(cursor, 'length', entry('length') ?? String(want));
  if (length !== want) throw wrongLength(cursor, draft, dtype, want, length);
  locations.add(location);
  const size = external?.size(location) ?? null;
  if (external === null || size === null) {
    missing.add(location);
    return absent(location, draft.name);
  }
  if (offset + length > size) {
    throw new CodedError(
      'external-data',
      `The data of ${draft.name} ends early: it wants ${plural(length, 'byte')} from byte ${formatInteger(offset)} of ${location}, which has ${formatInteger(size)}.`,
      { tensor: draft.name, location, offset, length, size },
    );
  }
  const whole = cachedSource('external', () => external.read(location, offset, length));
  return { ...whole, pieces: () => piecesOf(external, location, offset, length) };
}

/** Bytes that are read at a time where a tensor is gone through once. */
const PIECE = 4 << 20;

function* piecesOf(
  external: ExternalFiles,
  location: string,
  offset: number,
  length: number,
): Generator<Uint8Array, void> {
  for (let at = 0; at < length; at += PIECE) yield external.read(location, offset + at, Math.min(PIECE, length - at));
}

const absent = (location: string, tensor: string): TensorSource => ({
  kind: 'external',
  bytes: () => {
    throw missingFile(location, tensor);
  },
});

function count(cursor: Cursor, key: string, text: string): number {
  if (!/^\d{1,16}$/.test(text))
    throw cursor.fail(`has an external ${key} of ${JSON.stringify(text)}, not a count of bytes`);
  return Number(text);
}
