import { CodedError } from '../base/error.ts';
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

/**
 * Float32 tensors as a safetensors file (Hugging Face, safetensors format): eight bytes with the length of a header in
 * JSON, the header, then the elements, little-endian and row-major. Names come in order, so that equal weights are equal
 * bytes.
 */
export function encodeWeights(weights: LearntWeights): Uint8Array<ArrayBuffer> {
  const named = [...weights].sort(([a], [b]) => (a < b ? -1 : 1));
  const header: Record<string, Entry> = {};
  let end = 0;
  for (const [name, { shape }] of named) {
    const start = end;
    end += 4 * sizeOf(shape);
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // The elements begin at a multiple of eight.
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(text, 8);
  for (const [name, tensor] of named) bytes.set(tensor.bytes(), 8 + length + (header[name]?.data_offsets[0] ?? 0));
  return bytes;
}

/** Throws `bad-file` where the bytes are no safetensors of float32, with the tensor that is wrong. */
export function decodeWeights(bytes: Uint8Array): LearntWeights {
  const bad = (reason: string): CodedError => new CodedError('bad-file', `The weights cannot be read: ${reason}.`);
  if (bytes.length < 8) throw bad('the file is shorter than its header');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > LARGEST_HEADER || 8 + length > bytes.length) throw bad('the header is longer than the file');
  let header: Record<string, Entry>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, Entry>;
  } catch {
    throw bad('the header is no JSON');
  }
  const found = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (entry.dtype !== 'F32') throw bad(`${name} is ${entry.dtype}, and learnt weights are F32`);
    const [start, end] = entry.data_offsets;
    if (!(start >= 0) || end - start !== 4 * sizeOf(entry.shape) || 8 + length + end > bytes.length) {
      throw bad(`${name} lies outside of the file`);
    }
    const own = bytes.slice(8 + length + start, 8 + length + end);
    found.set(name, floats(entry.shape, new Float32Array(own.buffer)));
  }
  return found;
}

/** Hexadecimal SHA-256. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Learnt weights that steps of a recipe name by their SHA-256. */
export class Artifacts {
  private readonly known = new Map<
    string,
    { readonly bytes: Uint8Array<ArrayBuffer>; readonly weights: LearntWeights }
  >();

  /** @returns the SHA-256 under which they are known from now on */
  async keep(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const weights = decodeWeights(bytes);
    const sha256 = await sha256Of(bytes);
    this.known.set(sha256, { bytes, weights });
    return sha256;
  }

  readonly weights = (sha256: string): LearntWeights | null => this.known.get(sha256)?.weights ?? null;
  bytes = (sha256: string): Uint8Array<ArrayBuffer> | null => this.known.get(sha256)?.bytes ?? null;
}
