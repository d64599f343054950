import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { CodedError } from '../base/error.ts';
import { formatInteger, plural } from '../base/format.ts';
import type { ReadContext } from './context.ts';
import { hashOf, isUtf8, TextTable } from './text-table.ts';

/** What every message keeps: whole encoded fields (tag and payload) that its table does not know; null: none. */
export interface Draft {
  unknown: Uint8Array[] | null;
}

export function keepUnknown(draft: Draft, field: Uint8Array): void {
  draft.unknown ??= [];
  draft.unknown.push(field);
}

/** One row of a message's table. */
export interface Field<D> {
  readonly name: string;
  /** Wire types in which the field may come: repeated numbers come packed or one by one. */
  readonly wires: readonly WireType[];
  read(cursor: Cursor, draft: D, wire: WireType, start: number): void;
}

/** A message: its fields by number, a name for errors, and what to do once it has been read. */
export interface Message<D extends Draft> {
  readonly fields: Readonly<Record<number, Field<D>>>;
  label?(draft: D): string;
  /** `start`: where its first field begins. */
  done?(cursor: Cursor, draft: D, start: number): void;
}

/** Protobuf's own limit for nested messages, in C++ and hence in ONNX Runtime. */
const DEPTH = 100;

const WIRE_NAMES: Readonly<Record<WireType, string>> = {
  [WireType.Varint]: 'a varint',
  [WireType.Bit64]: '8 bytes',
  [WireType.LengthDelimited]: 'a length and bytes',
  [WireType.StartGroup]: 'a group',
  [WireType.EndGroup]: 'the end of a group',
  [WireType.Bit32]: '4 bytes',
};

/** Walks a protobuf file without copying it. Every failure is `bad-file` with the byte and the path of the field. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly context: ReadContext;
  private readonly reader: BinaryReader;
  private readonly table = new TextTable();
  /** The messages being read, outermost first, in parallel arrays: names, places among repeated ones (-1: single). */
  private readonly names: string[] = [];
  private readonly indices: number[] = [];
  private readonly messages: Message<never>[] = [];
  private readonly drafts: Draft[] = [];
  private field = '';
  private end: number;

  constructor(bytes: Uint8Array, context: ReadContext) {
    this.bytes = bytes;
    this.context = context;
    this.reader = new BinaryReader(bytes);
    this.end = bytes.length;
  }

  get position(): number {
    return this.reader.pos;
  }

  /** Reads fields up to the end of the message into `draft`. */
  walk<D extends Draft>(message: Message<D>, draft: D): D {
    const { end, reader } = this;
    const first = reader.pos;
    while (reader.pos < end) {
      const start = reader.pos;
      const tag = this.tag();
      const number = tag >>> 3;
      const wire = (tag & 7) as WireType;
      const field = message.fields[number];
      if (field === undefined) {
        this.field = `field ${number}`;
        this.skip(wire, number);
        keepUnknown(draft, this.bytes.subarray(start, reader.pos));
      } else {
        this.field = field.name;
        if (!field.wires.includes(wire)) throw this.wrongWire(field.wires, wire, start);
        field.read(this, draft, wire, start);
      }
    }
    this.field = '';
    message.done?.(this, draft, first);
    return draft;
  }

  /** Enters the message at the cursor; `name` is its field, `index` its place where the field repeats. */
  message<D extends Draft>(message: Message<D>, draft: D, name: string, index = -1): D {
    const { end } = this;
    const length = this.number32();
    this.end = this.reader.pos + length;
    if (this.names.length >= DEPTH) throw this.fail(`is nested more than ${DEPTH} messages deep`);
    this.names.push(name);
    this.indices.push(index);
    this.messages.push(message);
    this.drafts.push(draft);
    // A message that runs past the end of a truncated file is entered, to name the innermost field that is short.
    if (this.end > end && end < this.bytes.length) throw this.short(length, end);
    this.walk(message, draft);
    this.names.pop();
    this.indices.pop();
    this.messages.pop();
    this.drafts.pop();
    this.end = end;
    return draft;
  }

  /** Where a view of the file begins in it. */
  offsetOf(view: Uint8Array): number {
    return view.byteOffset - this.bytes.byteOffset;
  }

  text(): string {
    const length = this.span();
    const start = this.reader.pos - length;
    const text = this.table.read(this.bytes, start, length);
    if (text.includes('\uFFFD') && !isUtf8(this.bytes.subarray(start, start + length))) {
      this.context.warnings.badText.push(this.path());
    }
    return text;
  }

  /** Whether the bytes ahead, a length and a payload, are the same as `field`. */
  isAhead(field: Uint8Array): boolean {
    const start = this.reader.pos;
    if (start + field.length > Math.min(this.end, this.bytes.length)) return false;
    for (let i = 0; i < field.length; i++) if (this.bytes[start + i] !== field[i]) return false;
    return true;
  }

  /** A number for the bytes ahead that equal ones share; null where there are many. The cursor stays. */
  hashAhead(): number | null {
    const start = this.reader.pos;
    const length = this.bytes[start] ?? 0xff;
    return length > 0x7f ? null : hashOf(this.bytes, start, length + 1);
  }

  /** A view of the file. */
  blob(): Uint8Array {
    const length = this.span();
    return this.bytes.subarray(this.reader.pos - length, this.reader.pos);
  }

  /** Passes over a length and as many bytes; the length. */
  private span(): number {
    const length = this.number32();
    const limit = Math.min(this.end, this.bytes.length);
    if (this.reader.pos + length > limit) throw this.short(length, limit);
    this.reader.pos += length;
    return length;
  }

  int64(): bigint {
    return BigInt(this.number(() => this.reader.int64()));
  }

  /** An int64 as a number: exact up to 2^53. */
  int(): number {
    const { reader } = this;
    const byte = this.bytes[reader.pos] ?? 0xff;
    if (byte >= 0x80 || reader.pos >= this.end) return Number(this.int64());
    reader.pos++;
    return byte;
  }

  float(): number {
    return this.number(() => this.reader.float());
  }

  /** Repeated numbers, packed or one by one. */
  each(wire: WireType, read: () => void): void {
    if (wire !== WireType.LengthDelimited) {
      read();
      return;
    }
    const { end } = this;
    const length = this.number32();
    const limit = Math.min(end, this.bytes.length);
    if (this.reader.pos + length > limit) throw this.short(length, limit);
    this.end = this.reader.pos + length;
    while (this.reader.pos < this.end) read();
    this.end = end;
  }

  /** The path of the field being read: `graph.node[3].attribute[0].t`. */
  path(): string {
    const frames = this.names.map((name, i) => ((this.indices[i] ?? -1) < 0 ? name : `${name}[${this.indices[i]}]`));
    const parts = [...frames, this.field].filter((part) => part !== '');
    return (parts.length > 16 ? [...parts.slice(0, 6), '…', ...parts.slice(-6)] : parts).join('.');
  }

  /** An error at the field that is being read. */
  fail(problem: string, at = this.reader.pos): CodedError {
    return this.error(`${this.place()} ${problem} (byte ${formatInteger(at)}).`, at);
  }

  private error(message: string, at: number): CodedError {
    return new CodedError('bad-file', message, { byte: at, field: this.path() });
  }

  /** The field being read and the innermost thing with a name: `graph.initializer[3].raw_data of conv1.weight`. */
  place(): string {
    const labels = this.messages.map((message, i) => message.label?.(this.drafts[i] as never) ?? '');
    const label = labels.findLast((each) => each !== '');
    return `${this.path() || 'the file'}${label === undefined ? '' : ` of ${label}`}`;
  }

  private tag(): number {
    const start = this.reader.pos;
    this.field = '';
    if (start >= this.bytes.length) throw this.short(this.end - start, start, start, 'more byte');
    const tag = this.number32();
    if (tag >>> 3 === 0 || (tag & 7) > 5 || this.reader.pos - start > 5) {
      throw this.fail('holds no field that protobuf knows', start);
    }
    return tag;
  }

  /** Passes over one field whose tag has been read. */
  skip(wire: WireType, number: number): void {
    const start = this.reader.pos;
    const limit = Math.min(this.end, this.bytes.length);
    try {
      if (wire === WireType.LengthDelimited) this.span();
      else this.reader.skip(wire, number);
    } catch (error) {
      if (error instanceof CodedError) throw error;
      throw this.fail('cannot be skipped', start);
    }
    if (this.reader.pos > limit) throw this.short(this.reader.pos - start, limit, start);
  }

  private number<T>(read: () => T): T {
    const start = this.reader.pos;
    const limit = Math.min(this.end, this.bytes.length);
    try {
      const value = read();
      if (this.reader.pos <= limit) return value;
    } catch (error) {
      if (!(error instanceof RangeError)) throw this.fail('holds a varint of more than 10 bytes', start);
    }
    throw this.short(Math.max(this.reader.pos - start, 1), limit, start);
  }

  /** A varint below 2^32; most take one byte. */
  private number32(): number {
    const { reader } = this;
    const byte = this.bytes[reader.pos] ?? 0xff;
    if (byte < 0x80 && reader.pos < this.end) {
      reader.pos++;
      return byte;
    }
    return this.number(() => reader.uint32());
  }

  private short(want: number, limit: number, at = this.reader.pos, unit = 'byte'): CodedError {
    const left = Math.max(0, limit - at);
    const rest = left === 0 ? 'none are' : left === 1 ? '1 is' : `${formatInteger(left)} are`;
    const problem = `${this.place()} wants ${plural(want, unit)}, ${rest} left (byte ${formatInteger(at)}).`;
    if (limit < this.bytes.length) return this.error(`A field runs past the end of its message: ${problem}`, at);
    return this.error(`The file ends early: ${problem}`, at);
  }

  private wrongWire(wires: readonly WireType[], wire: WireType, at: number): CodedError {
    const wanted = wires.map((each) => WIRE_NAMES[each]).join(' or ');
    return this.error(
      `${this.place()} is encoded as ${WIRE_NAMES[wire]}; ONNX has ${wanted} there (byte ${formatInteger(at)}).`,
      at,
    );
  }
}
