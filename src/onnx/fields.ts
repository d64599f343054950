import { WireType } from '@bufbuild/protobuf/wire';
import { keepUnknown, type Cursor, type Draft, type Field, type Message } from './cursor.ts';

const VARINT = [WireType.Varint];
const BYTES = [WireType.LengthDelimited];
const FIXED32 = [WireType.Bit32];

export const textField = <D>(name: string, set: (draft: D, value: string) => void): Field<D> => ({
  name,
  wires: BYTES,
  read: (cursor, draft) => set(draft, cursor.text()),
});

export const bytesField = <D>(name: string, set: (draft: D, value: Uint8Array) => void): Field<D> => ({
  name,
  wires: BYTES,
  read: (cursor, draft) => set(draft, cursor.blob()),
});

/** An integer or enumeration as a number, exact up to 2^53. */
export const intField = <D>(name: string, set: (draft: D, value: number) => void): Field<D> => ({
  name,
  wires: VARINT,
  read: (cursor, draft) => set(draft, cursor.int()),
});

export const int64Field = <D>(name: string, set: (draft: D, value: bigint) => void): Field<D> => ({
  name,
  wires: VARINT,
  read: (cursor, draft) => set(draft, cursor.int64()),
});

export const floatField = <D>(name: string, set: (draft: D, value: number) => void): Field<D> => ({
  name,
  wires: FIXED32,
  read: (cursor, draft) => set(draft, cursor.float()),
});

/** Repeated int64 that is small and wanted at once (dimensions, attributes), packed or one by one. */
export const int64sField = <D>(name: string, add: (draft: D, value: bigint) => void): Field<D> => ({
  name,
  wires: [WireType.LengthDelimited, WireType.Varint],
  read: (cursor, draft, wire) => cursor.each(wire, () => add(draft, cursor.int64())),
});

export const floatsField = <D>(name: string, add: (draft: D, value: number) => void): Field<D> => ({
  name,
  wires: [WireType.LengthDelimited, WireType.Bit32],
  read: (cursor, draft, wire) => cursor.each(wire, () => add(draft, cursor.float())),
});

/** A message that occurs once; should it come again, it goes on filling the same draft, as protobuf merges. */
export const messageField = <D, E extends Draft>(
  name: string,
  message: () => Message<E>,
  child: (draft: D) => E,
): Field<D> => ({
  name,
  wires: BYTES,
  read: (cursor, draft) => {
    cursor.message(message(), child(draft), name);
  },
});

/** A repeated message; each occurrence is added to the list before it is read. */
export const messagesField = <D, E extends Draft>(
  name: string,
  message: () => Message<E>,
  list: (draft: D) => E[],
  create: () => E,
): Field<D> => ({
  name,
  wires: BYTES,
  read: (cursor, draft) => {
    const items = list(draft);
    const item = create();
    cursor.message(message(), item, name, items.length);
    items.push(item);
  },
});

export interface Entry extends Draft {
  key: string;
  value: string;
}
const ENTRY: Message<Entry> = {
  fields: {
    1: textField('key', (draft, value) => (draft.key = value)),
    2: textField('value', (draft, value) => (draft.value = value)),
  },
};

/** `StringStringEntryProto`, of which every message has some. */
export const readEntry = (cursor: Cursor, name: string, index: number): Entry =>
  cursor.message(ENTRY, { key: '', value: '', unknown: null }, name, index);

/**
 * Metadata as a map. An entry that a map cannot hold (a key that is there already, fields of its own that are unknown)
 * is kept encoded with the message's unknown fields.
 */
export const metadataField = <D extends Draft & { metadata: Map<string, string> | null }>(): Field<D> => ({
  name: 'metadata_props',
  wires: BYTES,
  read: (cursor, draft, _, start) => {
    draft.metadata ??= new Map();
    const entry = readEntry(cursor, 'metadata_props', draft.metadata.size);
    if (entry.unknown !== null || draft.metadata.has(entry.key)) {
      keepUnknown(draft, cursor.bytes.subarray(start, cursor.position));
    } else draft.metadata.set(entry.key, entry.value);
  },
});
