import type { Tensor } from '../ir/tensor.ts';

const hashes = new WeakMap<Tensor, string>();

/** 64 bits of the stored elements, as two lanes of FNV-1a over 32-bit words. Each tensor is read once; nothing is decoded. */
export function contentHash(tensor: Tensor): string {
  const known = hashes.get(tensor);
  if (known !== undefined) return known;
  const lanes = new Uint32Array([0x811c9dc5, 0x9747b28c]);
  for (const part of partsOf(tensor)) mix(lanes, part);
  const text = lanes.join('.');
  hashes.set(tensor, text);
  return text;
}

/** Byte for byte; the types and shapes are equal already. */
export function sameContents(a: Tensor, b: Tensor): boolean {
  if (a === b || a.source === b.source) return true;
  const [left, right] = [partsOf(a), partsOf(b)];
  return left.length === right.length && left.every((part, i) => sameBytes(part, right[i] ?? new Uint8Array()));
}

const partsOf = (tensor: Tensor): readonly Uint8Array[] =>
  tensor.dtype === 'string' ? tensor.strings() : [tensor.bytes()];

/** The whole words of some bytes, as a view where they are aligned. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const count = bytes.byteLength >>> 2;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count);
}

function mix(lanes: Uint32Array, bytes: Uint8Array): void {
  let [a = 0, b = 0] = lanes;
  const words = wordsOf(bytes);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ ((word << 13) | (word >>> 19)), 0x85ebca6b);
    b ^= b >>> 15;
  }
  for (let i = words.length * 4; i < bytes.byteLength; i++) {
    a = Math.imul(a ^ (bytes[i] ?? 0), 0x01000193);
    b = Math.imul(b ^ (bytes[i] ?? 0), 0x85ebca6b);
  }
  lanes[0] = a ^ bytes.byteLength;
  lanes[1] = b;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] = [wordsOf(a), wordsOf(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  for (let i = left.length * 4; i < a.byteLength; i++) if (a[i] !== b[i]) return false;
  return true;
}
