import type { Tensor } from '../ir/tensor.ts';

const hashes = new WeakMap<Tensor, string>();

/**
 * 64 bits of the stored elements, as two lanes of FNV-1a over 32-bit words. Each tensor is read once, piece by piece;
 * nothing is decoded.
 */
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
  return left.length === right.length && left.every((part, i) => samePieces(part, right[i] ?? []));
}

type Pieces = Iterable<Uint8Array>;

/** Each string by itself; all numbers together. */
const partsOf = (tensor: Tensor): readonly Pieces[] =>
  tensor.dtype === 'string' ? tensor.strings().map((each) => [each]) : [tensor.pieces()];

/** The whole words of some bytes, as a view where they are aligned. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const count = bytes.byteLength >>> 2;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count);
}

/** Only the last piece has bytes behind its whole words: how the part is cut does not matter. */
function mix(lanes: Uint32Array, pieces: Pieces): void {
  let [a = 0, b = 0] = lanes;
  let length = 0;
  for (const bytes of pieces) {
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
    length += bytes.byteLength;
  }
  lanes[0] = a ^ length;
  lanes[1] = b;
}

const NOTHING = new Uint8Array(0);

/** The same bytes, however both are cut into pieces. */
function samePieces(a: Pieces, b: Pieces): boolean {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  let [one, other] = [NOTHING, NOTHING] as [Uint8Array, Uint8Array];
  for (;;) {
    if (one.byteLength === 0) one = left.next().value ?? NOTHING;
    if (other.byteLength === 0) other = right.next().value ?? NOTHING;
    const length = Math.min(one.byteLength, other.byteLength);
    if (length === 0) return one.byteLength === other.byteLength;
    if (!sameBytes(one.subarray(0, length), other.subarray(0, length))) return false;
    [one, other] = [one.subarray(length), other.subarray(length)];
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  for (let i = left.length * 4; i < a.byteLength; i++) if (a[i] !== b[i]) return false;
  return true;
}
