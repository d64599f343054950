/** A tensor of a made-up file; its bytes are zeros. */
export interface MadeTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

const encoder = new TextEncoder();
const concat = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** A safetensors file from any header, as JSON or text, and as many bytes behind it. */
export function safetensorsOf(header: unknown, data: number): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return concat([length, text, new Uint8Array(data)]);
}

/** A whole safetensors file of these tensors, one behind the other. */
export function madeSafetensors(
  tensors: readonly MadeTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes }) => {
    const from = end;
    end += bytes;
    return [name, { dtype, shape, data_offsets: [from, end] }] as const;
  });
  return safetensorsOf({ __metadata__: metadata, ...Object.fromEntries(entries) }, end);
}

export const GGUF_TYPES = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8, Q4_K: 12, BF16: 30 } as const;
/** What a value of metadata is to be written as. */
export type MadeValue = string | number | bigint | boolean | readonly MadeValue[];

interface MadeGguf {
  readonly metadata?: Readonly<Record<string, MadeValue>>;
  readonly version?: 2 | 3;
  readonly bigEndian?: boolean;
}

/** A whole GGUF file. Numbers become float64, integers of the type `bigint` int64, lists are of the type of their first. */
export function madeGguf(
  tensors: readonly (MadeTensor & { readonly type: number; readonly offset?: bigint })[],
  { metadata = {}, version = 3, bigEndian = false }: MadeGguf = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const put = (length: number, set: (view: DataView) => void): void => {
    const view = new DataView(new ArrayBuffer(length));
    set(view);
    parts.push(new Uint8Array(view.buffer));
  };
  const u32 = (value: number): void => put(4, (view) => view.setUint32(0, value, !bigEndian));
  const u64 = (value: number | bigint): void => put(8, (view) => view.setBigUint64(0, BigInt(value), !bigEndian));
  const text = (value: string): void => {
    const bytes = encoder.encode(value);
    u64(bytes.length);
    parts.push(bytes);
  };
  const body = (value: MadeValue): void => {
    if (typeof value === 'string') text(value);
    else if (typeof value === 'boolean') put(1, (view) => view.setUint8(0, value ? 1 : 0));
    else if (typeof value === 'bigint') put(8, (view) => view.setBigInt64(0, value, !bigEndian));
    else if (typeof value === 'number') put(8, (view) => view.setFloat64(0, value, !bigEndian));
    else {
      u32(typeOf(value[0] ?? 0));
      u64(value.length);
      value.forEach(body);
    }
  };
  parts.push(encoder.encode('GGUF'));
  u32(version);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    u32(typeOf(value));
    body(value);
  }
  let end = 0;
  for (const { name, shape, type, bytes, offset } of tensors) {
    text(name);
    u32(shape.length);
    [...shape].reverse().forEach(u64);
    u32(type);
    u64(offset ?? end);
    end = Math.ceil((end + bytes) / 32) * 32;
  }
  const header = parts.reduce((sum, part) => sum + part.length, 0);
  const last = tensors.at(-1)?.bytes ?? 0;
  const data = tensors.length === 0 ? 0 : end - (Math.ceil(last / 32) * 32 - last);
  parts.push(new Uint8Array(Math.ceil(header / 32) * 32 - header + data));
  return concat(parts);
}

function typeOf(value: MadeValue): number {
  if (typeof value === 'string') return 8;
  if (typeof value === 'boolean') return 7;
  if (typeof value === 'bigint') return 11;
  return typeof value === 'number' ? 12 : 9;
}
