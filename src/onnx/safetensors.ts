import { CodedError } from '../base/error.ts';
import { float16ToNumber, numberToFloat16 } from '../base/float16.ts';
import { floats, type Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/types.ts';

/** Learnt weights by name of the constant. */
export type LearntWeights = ReadonlyMap<string, Tensor>;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const LARGEST_HEADER = 16 << 20;

/** Texts among the header's entries, by the format. */
const NOTES = '__metadata__';

const BYTES = { F32: 4, F16: 2 } as const;
type Kind = keyof typeof BYTES;

/**
 * Float32 tensors as a safetensors file (Hugging Face, safetensors format): eight bytes with the length of a header in
 * JSON, the header, then the elements, little-endian and row-major. Names come in order, so that equal weights are equal
 * bytes.
 *
 * @param kind `F16` rounds each number to half precision
 * @param notes texts that the file carries, by name
 */
export function encodeWeights(
  weights: LearntWeights,
  kind: Kind = 'F32',
  notes: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const named = [...weights].sort(([a], [b]) => (a < b ? -1 : 1));
  const header: Record<string, Entry> = {};
  let end = 0;
  for (const [name, { shape }] of named) {
    const start = end;
    end += BYTES[kind] * sizeOf(shape);
    header[name] = { dtype: kind, shape, data_offsets: [start, end] };
  }
  const metadata = Object.keys(notes).length > 0 ? { [NOTES]: notes } : {};
  const text = new TextEncoder().encode(JSON.stringify({ ...metadata, ...header }));
  // The elements begin at a multiple of eight.
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(text, 8);
  for (const [name, tensor] of named) {
    bytes.set(kind === 'F32' ? tensor.bytes() : halves(tensor), 8 + length + (header[name]?.data_offsets[0] ?? 0));
  }
  return bytes;
}

function halves(tensor: Tensor): Uint8Array {
  const halved = Uint16Array.from(tensor.numbers(), numberToFloat16);
  return new Uint8Array(halved.buffer);
}

const bad = (reason: string): CodedError => new CodedError('bad-file', `The weights cannot be read: ${reason}.`);

function headerOf(bytes: Uint8Array): { readonly length: number; readonly header: Record<string, Entry> } {
  if (bytes.length < 8) throw bad('the file is shorter than its header');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > LARGEST_HEADER || 8 + length > bytes.length) throw bad('the header is longer than the file');
  try {
    return {
      length,
      header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, Entry>,
    };
  } catch {
    throw bad('the header is no JSON');
  }
}

/** Texts that a file of weights carries. Throws as `decodeWeights`. */
export const notesOf = (bytes: Uint8Array): Readonly<Record<string, string>> =>
  (headerOf(bytes).header as { [NOTES]?: Record<string, string> })[NOTES] ?? {};

/** Throws `bad-file` where the bytes are no safetensors of float32 or float16, with the tensor that is wrong. */
export function decodeWeights(bytes: Uint8Array): LearntWeights {
  const { length, header } = headerOf(bytes);
  const found = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === NOTES) continue;
    if (dtype !== 'F32' && dtype !== 'F16') throw bad(`${name} is ${dtype}, and learnt weights are F32 or F16`);
    const [start, end] = offsets;
    if (!(start >= 0) || end - start !== BYTES[dtype] * sizeOf(shape) || 8 + length + end > bytes.length) {
      throw bad(`${name} lies outside of the file`);
    }
    // A copy: elements may begin anywhere in the file, and typed arrays may not.
    const own = new Uint8Array(bytes.subarray(8 + length + start, 8 + length + end)).buffer;
    found.set(
      name,
      floats(shape, dtype === 'F32' ? new Float32Array(own) : Float32Array.from(new Uint16Array(own), float16ToNumber)),
    );
  }
  return found;
}
