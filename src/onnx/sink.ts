import { CodedError } from '../base/error.ts';
import { formatBytes } from '../base/format.ts';

/** Where an encoder puts fields. It runs twice over the same encoder: once to measure, once to fill the buffer. */
export interface Sink {
  /** An int64, int32, bool or enumeration; negative numbers take ten bytes, as protobuf has it. */
  int(field: number, value: number | bigint): void;
  float(field: number, value: number): void;
  text(field: number, value: string): void;
  /** `bytes` is called only when the buffer is filled, and must give `length` bytes. */
  blob(field: number, length: number, bytes: () => Uint8Array): void;
  message(field: number, body: () => void): void;
  /** A whole encoded field. */
  raw(bytes: Uint8Array): void;
}

/** Protobuf's limit, which ONNX Runtime shares. */
const LIMIT = 2 ** 31 - 1;

/** Bytes that `body` encodes to. */
export function measure(body: (sink: Sink) => void): number {
  const measure = new Measure();
  body(measure);
  return measure.total;
}

/** Encodes into one buffer of the right size. `body` must do the same both times that it is called. */
export function encode(body: (sink: Sink) => void): Uint8Array<ArrayBuffer> {
  const measure = new Measure();
  body(measure);
  if (measure.total > LIMIT) {
    throw new CodedError(
      'unsupported',
      `The model takes ${formatBytes(measure.total)}; one ONNX file holds at most 2 GB. Write it with external data.`,
      { bytes: measure.total },
    );
  }
  const fill = new Fill(measure.total, measure.sizes);
  body(fill);
  return fill.finish();
}

const WIRE = { varint: 0, bytes: 2, fixed32: 5 } as const;

class Measure implements Sink {
  total = 0;
  /** Payload sizes of messages in the order in which they are entered. */
  readonly sizes: number[] = [];

  int(field: number, value: number | bigint): void {
    this.total += tagSize(field) + intSize(value);
  }
  float(field: number): void {
    this.total += tagSize(field) + 4;
  }
  text(field: number, value: string): void {
    const length = utf8Length(value);
    this.total += tagSize(field) + varintSize(length) + length;
  }
  blob(field: number, length: number): void {
    this.total += tagSize(field) + varintSize(length) + length;
  }
  message(field: number, body: () => void): void {
    const index = this.sizes.push(0) - 1;
    const before = this.total;
    body();
    const size = this.total - before;
    this.sizes[index] = size;
    this.total += tagSize(field) + varintSize(size);
  }
  raw(bytes: Uint8Array): void {
    this.total += bytes.length;
  }
}

const encoder = new TextEncoder();

class Fill implements Sink {
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private readonly sizes: readonly number[];
  private entered = 0;
  private at = 0;

  constructor(total: number, sizes: readonly number[]) {
    this.bytes = new Uint8Array(total);
    this.view = new DataView(this.bytes.buffer);
    this.sizes = sizes;
  }

  finish(): Uint8Array<ArrayBuffer> {
    if (this.at !== this.bytes.length) throw new Error(`invariant: wrote ${this.at} of ${this.bytes.length} bytes`);
    return this.bytes;
  }

  int(field: number, value: number | bigint): void {
    this.tag(field, WIRE.varint);
    if (typeof value === 'number' && value >= 0) this.varint(value);
    else this.varint64(BigInt.asUintN(64, BigInt(value)));
  }
  float(field: number, value: number): void {
    this.tag(field, WIRE.fixed32);
    this.view.setFloat32(this.at, value, true);
    this.at += 4;
  }
  text(field: number, value: string): void {
    this.tag(field, WIRE.bytes);
    this.varint(utf8Length(value));
    this.at += encoder.encodeInto(value, this.bytes.subarray(this.at)).written;
  }
  blob(field: number, length: number, bytes: () => Uint8Array): void {
    this.tag(field, WIRE.bytes);
    this.varint(length);
    const payload = bytes();
    if (payload.length !== length) throw new Error(`invariant: ${payload.length} bytes where ${length} were said`);
    this.raw(payload);
  }
  message(field: number, body: () => void): void {
    this.tag(field, WIRE.bytes);
    this.varint(this.sizes[this.entered++] ?? 0);
    body();
  }
  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }
  private varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.at++] = rest;
  }
  private varint64(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.bytes[this.at++] = Number(rest & 0x7fn) + 0x80;
      rest >>= 7n;
    }
    this.bytes[this.at++] = Number(rest);
  }
}

const tagSize = (field: number): number => (field < 16 ? 1 : 2);

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

function intSize(value: number | bigint): number {
  if (value < 0) return 10;
  return typeof value === 'number' ? varintSize(value) : Math.max(1, Math.ceil(value.toString(2).length / 7));
}

/** Bytes of a string in UTF-8; a lone surrogate becomes U+FFFD, three bytes, as `TextEncoder` writes it. */
function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (isPair(text, i)) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}

const isPair = (text: string, i: number): boolean =>
  (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
