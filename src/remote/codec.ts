import { decode as unpack, encode as pack, ExtensionCodec } from '@msgpack/msgpack';
import { CodedError } from '../base/error.ts';

/**
 * A message is `[head bytes, uint32][head: msgpack][pad][array][pad][array]…`: typed arrays stand behind the head, at
 * multiples of 8, so that a large model is neither copied on sending nor on receiving. In the head each is an extension:
 * its kind and its place among them.
 */
const ARRAYS = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  Uint8ClampedArray,
] as const;
type TypedArray = InstanceType<(typeof ARRAYS)[number]>;

const TYPED_ARRAY = 1;
const ALIGNED = 8;
const padded = (bytes: number): number => Math.ceil(bytes / ALIGNED) * ALIGNED;

interface Writing {
  readonly arrays: TypedArray[];
}
interface Reading {
  readonly bytes: Uint8Array<ArrayBuffer>;
  at: number;
}

const kindOf = (value: unknown): number => ARRAYS.findIndex((type) => value instanceof type);

const writer = new ExtensionCodec<Writing>();
writer.register({
  type: TYPED_ARRAY,
  encode(value, { arrays }) {
    if (!ArrayBuffer.isView(value)) return null;
    const kind = kindOf(value);
    if (kind < 0) throw new CodedError('unsupported', `${value.constructor.name} cannot be sent to another device.`);
    const head = new DataView(new ArrayBuffer(9));
    head.setUint8(0, kind);
    head.setFloat64(1, (value as TypedArray).length);
    arrays.push(value as TypedArray);
    return new Uint8Array(head.buffer);
  },
  decode: () => undefined,
});

const reader = new ExtensionCodec<Reading>();
reader.register({
  type: TYPED_ARRAY,
  encode: () => null,
  decode(head, _type, context) {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const type = ARRAYS[view.getUint8(0)];
    const length = view.getFloat64(1);
    const at = context.at;
    const fits =
      type && Number.isInteger(length) && length >= 0 && at + length * type.BYTES_PER_ELEMENT <= context.bytes.length;
    if (!fits) throw malformed('an array runs beyond its end');
    context.at = padded(at + length * type.BYTES_PER_ELEMENT);
    return new type(context.bytes.buffer, context.bytes.byteOffset + at, length);
  },
});

const malformed = (why: string): CodedError =>
  new CodedError('bad-request', `A message of the other device cannot be read: ${why}.`);

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/**
 * A structured value (plain objects, arrays, strings, numbers, bigints of 64 bits, typed arrays; `undefined` members are
 * left out) as the parts of one message, in order. Arrays are not copied: they must stay as they are until it is sent.
 */
export function encode(value: unknown): readonly Uint8Array[] {
  const arrays: TypedArray[] = [];
  const head = pack(value, {
    extensionCodec: writer,
    context: { arrays },
    useBigInt64: true,
    ignoreUndefined: true,
  });
  const size = new DataView(new ArrayBuffer(4));
  size.setUint32(0, head.length);
  const parts: Uint8Array[] = [new Uint8Array(size.buffer), head];
  let at = 4 + head.length;
  for (const array of arrays) {
    const gap = padded(at) - at;
    if (gap > 0) parts.push(new Uint8Array(gap));
    parts.push(bytesOf(array));
    at = padded(at) + array.byteLength;
  }
  return parts;
}

/** The value of a whole message; its arrays are views of `bytes`. Throws `bad-request`. */
export function decode(bytes: Uint8Array<ArrayBuffer>): unknown {
  if (bytes.length < 4) throw malformed('it ends early');
  // Views of 8-byte elements need their place in the buffer aligned, too.
  const own = bytes.byteOffset % ALIGNED === 0 ? bytes : new Uint8Array(bytes);
  const size = new DataView(own.buffer, own.byteOffset, 4).getUint32(0);
  if (4 + size > own.length) throw malformed('its head runs beyond its end');
  try {
    return unpack(own.subarray(4, 4 + size), {
      extensionCodec: reader,
      context: { bytes: own, at: padded(4 + size) },
      useBigInt64: true,
    });
  } catch (error) {
    throw error instanceof CodedError ? error : malformed((error as Error).message);
  }
}
