import { WireType } from '@bufbuild/protobuf/wire';
import type { Tensor } from '../ir/tensor.ts';
import type { Cursor, Draft, Field, Message } from './cursor.ts';
import { bytesField, int64sField, intField, metadataField, readEntry, textField, type Entry } from './fields.ts';
import { tensorOfDraft } from './tensor-data.ts';

/** A range of the file that holds numbers of one typed field: a packed payload, or consecutive fields with tags. */
export interface Run {
  readonly start: number;
  end: number;
  readonly tagged: boolean;
}

export type TypedField = 'float_data' | 'int32_data' | 'int64_data' | 'double_data' | 'uint64_data';

/** `TensorProto` as read: ranges of the file, nothing decoded. */
export interface TensorDraft extends Draft {
  name: string;
  readonly dims: number[];
  dataType: number;
  raw: Uint8Array | null;
  runs: Map<TypedField, Run[]> | null;
  strings: Uint8Array[] | null;
  external: Entry[] | null;
  /** `data_location`: 0 in this file, 1 external. */
  location: number;
  segmented: boolean;
  docString: string | null;
  metadata: Map<string, string> | null;
  /** Set once the message is complete. */
  tensor: Tensor | null;
}

export const tensorDraft = (): TensorDraft => ({
  name: '',
  dims: [],
  dataType: 0,
  raw: null,
  runs: null,
  strings: null,
  external: null,
  location: 0,
  segmented: false,
  docString: null,
  metadata: null,
  tensor: null,
  unknown: null,
});

/** Numbers that stay where they are: only their range is noted. */
const runField = (number: number, name: TypedField, single: WireType): Field<TensorDraft> => ({
  name,
  wires: [WireType.LengthDelimited, single],
  read: (cursor, draft, wire, start) => {
    draft.runs ??= new Map();
    const runs = draft.runs.get(name) ?? [];
    draft.runs.set(name, runs);
    if (wire === WireType.LengthDelimited) addPacked(cursor, runs);
    else {
      cursor.skip(wire, number);
      const last = runs.at(-1);
      if (last?.tagged && last.end === start) last.end = cursor.position;
      else runs.push({ start, end: cursor.position, tagged: true });
    }
  },
});

function addPacked(cursor: Cursor, runs: Run[]): void {
  const { length } = cursor.blob();
  if (length > 0) runs.push({ start: cursor.position - length, end: cursor.position, tagged: false });
}

export const TENSOR: Message<TensorDraft> = {
  label: (draft) => draft.name,
  done: (cursor, draft) => {
    draft.tensor = tensorOfDraft(cursor, draft);
  },
  fields: {
    1: int64sField('dims', (draft, value) => draft.dims.push(Number(value))),
    2: intField('data_type', (draft, value) => (draft.dataType = value)),
    3: bytesField('segment', (draft) => (draft.segmented = true)),
    4: runField(4, 'float_data', WireType.Bit32),
    5: runField(5, 'int32_data', WireType.Varint),
    6: bytesField('string_data', (draft, value) => (draft.strings ??= []).push(value)),
    7: runField(7, 'int64_data', WireType.Varint),
    8: textField('name', (draft, value) => (draft.name = value)),
    9: bytesField('raw_data', (draft, value) => (draft.raw = value)),
    10: runField(10, 'double_data', WireType.Bit64),
    11: runField(11, 'uint64_data', WireType.Varint),
    12: textField('doc_string', (draft, value) => (draft.docString = value)),
    13: {
      name: 'external_data',
      wires: [WireType.LengthDelimited],
      read: (cursor, draft) => {
        draft.external ??= [];
        draft.external.push(readEntry(cursor, 'external_data', draft.external.length));
      },
    },
    14: intField('data_location', (draft, value) => (draft.location = value)),
    16: metadataField(),
  },
};

/** `SparseTensorProto`. */
export interface SparseDraft extends Draft {
  readonly values: TensorDraft;
  readonly indices: TensorDraft;
  readonly dims: number[];
}
export const sparseDraft = (): SparseDraft => ({
  values: tensorDraft(),
  indices: tensorDraft(),
  dims: [],
  unknown: null,
});
export const SPARSE_TENSOR: Message<SparseDraft> = {
  label: (draft) => draft.values.name,
  done: (cursor, draft) => {
    if (!draft.values.tensor) throw cursor.fail('has no values');
    if (!draft.indices.tensor) throw cursor.fail('has no indices');
    if (draft.dims.some((dim) => dim < 0)) throw cursor.fail(`has a negative dimension in [${draft.dims.join(', ')}]`);
  },
  fields: {
    1: {
      name: 'values',
      wires: [WireType.LengthDelimited],
      read: (cursor, draft) => {
        cursor.message(TENSOR, draft.values, 'values');
      },
    },
    2: {
      name: 'indices',
      wires: [WireType.LengthDelimited],
      read: (cursor, draft) => {
        cursor.message(TENSOR, draft.indices, 'indices');
      },
    },
    3: int64sField('dims', (draft, value) => draft.dims.push(Number(value))),
  },
};
