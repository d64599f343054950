import { refuse } from './refuse.ts';
import type { Tokenizer } from './tokenizer.ts';

/** In llama2.c, ids 0, 1, 2 are unknown, begin and end; the 256 bytes follow. */
const BOS = 1;
const EOS = 2;
const FIRST_BYTE = 3;
const SMALLEST_ENTRY = 8;

interface Vocabulary {
  /** Pieces as strings of bytes (one character a byte). */
  readonly pieces: readonly string[];
  readonly ids: ReadonlyMap<string, number>;
  /** Of each id: 0 for the best score; equal scores have equal ranks. */
  readonly ranks: Int32Array;
}

/**
 * The tokenizer file of llama2.c (github.com/karpathy/llama2.c, tokenizer.py): u32 longest piece, then for each id f32
 * score, i32 length, bytes; little-endian. Throws `bad-file`.
 */
export function readLlama2Tokenizer(file: string, bytes: Uint8Array): Tokenizer {
  const vocabulary = readVocabulary(file, bytes);
  return {
    name: file,
    vocabulary: vocabulary.pieces.length,
    bos: BOS,
    opening: [BOS],
    // llama2.c itself stops at the begin of the next text.
    ends: [BOS, EOS],
    encode: (text) => encode(vocabulary, text),
    decode: (ids) => decode(vocabulary, ids),
  };
}

function readVocabulary(file: string, bytes: Uint8Array): Vocabulary {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const longest = bytes.byteLength >= 4 ? view.getUint32(0, true) : 0;
  const [pieces, scores]: [string[], number[]] = [[], []];
  for (let at = 4; at < bytes.byteLength;) {
    const length = at + SMALLEST_ENTRY <= bytes.byteLength ? view.getInt32(at + 4, true) : -1;
    const end = at + SMALLEST_ENTRY + length;
    if (length < 0 || length > longest || end > bytes.byteLength) {
      throw refuse(
        'bad-file',
        file,
        `token ${pieces.length} at byte ${at} is cut short or longer than the ${longest} bytes of the header. Give a tokenizer of llama2.c.`,
      );
    }
    scores.push(view.getFloat32(at, true));
    pieces.push(binary(bytes.subarray(at + SMALLEST_ENTRY, end)));
    at = end;
  }
  if (pieces.length < FIRST_BYTE + 256) {
    throw refuse(
      'bad-file',
      file,
      `it has ${pieces.length} tokens; 3 special ones and 256 bytes come first. Give a tokenizer of llama2.c.`,
    );
  }
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => ids.has(piece) || ids.set(piece, id));
  const order = [...new Set(scores)].sort((a, b) => b - a);
  const rankOf = new Map(order.map((score, rank) => [score, rank]));
  return { pieces, ids, ranks: Int32Array.from(scores, (score) => rankOf.get(score) ?? order.length) };
}

function binary(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A merge waits under rank · 2³² + place: the best score first, the leftmost among equals. */
const PLACES = 2 ** 32;

/**
 * llama2.c's `encode` without begin and end: a space in front, characters (bytes where a character is no piece), then
 * the neighbours whose piece scores best are merged until none can be. Theirs looks at every pair for each merge; a heap
 * gives the same tokens in n log n.
 */
function encode(vocabulary: Vocabulary, text: Uint8Array): Int32Array {
  if (text.byteLength === 0) return new Int32Array(0);
  const { pieces, ids, ranks } = vocabulary;
  const tokens = characters(vocabulary, text);
  const next = tokens.map((_, place) => place + 1);
  const previous = tokens.map((_, place) => place - 1);
  const heap = createHeap();
  const merged = (place: number): number => {
    const right = next[place] ?? 0;
    if (right >= tokens.length) return -1;
    return ids.get((pieces[tokens[place] ?? 0] ?? '') + (pieces[tokens[right] ?? 0] ?? '')) ?? -1;
  };
  const offer = (place: number): void => {
    const id = place < 0 ? -1 : merged(place);
    if (id >= 0) heap.push((ranks[id] ?? 0) * PLACES + place);
  };
  for (let place = 0; place + 1 < tokens.length; place++) offer(place);
  for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
    const place = key % PLACES;
    // What was pushed may be gone: the place swallowed, or its pair another one by now.
    if ((tokens[place] ?? -1) < 0) continue;
    const id = merged(place);
    if (id < 0 || (ranks[id] ?? 0) !== Math.floor(key / PLACES)) continue;
    const right = next[place] ?? 0;
    tokens[place] = id;
    tokens[right] = -1;
    const after = next[right] ?? tokens.length;
    next[place] = after;
    if (after < tokens.length) previous[after] = place;
    offer(previous[place] ?? -1);
    offer(place);
  }
  return tokens.filter((id) => id >= 0);
}

/** One token a character of UTF-8, else one a byte. */
function characters({ ids }: Vocabulary, text: Uint8Array): Int32Array {
  const out = new Int32Array(text.byteLength + 1);
  let count = 0;
  const space = ids.get(' ');
  if (space !== undefined) out[count++] = space;
  for (let at = 0; at < text.byteLength;) {
    let end = at + 1;
    while (end < text.byteLength && end < at + 4 && ((text[end] ?? 0) & 0xc0) === 0x80) end++;
    const id = ids.get(binary(text.subarray(at, end)));
    if (id !== undefined) out[count++] = id;
    else for (let i = at; i < end; i++) out[count++] = (text[i] ?? 0) + FIRST_BYTE;
    at = end;
  }
  return out.slice(0, count);
}

/**
 * llama2.c's `decode`: the space that `encode` put in front is taken off, at the start and behind a begin; byte pieces
 * become their byte.
 */
function decode({ pieces }: Vocabulary, ids: ArrayLike<number>): string {
  const bytes = Array.from(ids).flatMap((id, i) => {
    if (id === BOS || id === EOS) return [];
    if (id >= FIRST_BYTE && id < FIRST_BYTE + 256) return [id - FIRST_BYTE];
    const piece = pieces[id] ?? '';
    const first = i === 0 || ids[i - 1] === BOS;
    const own = first && piece.startsWith(' ') ? piece.slice(1) : piece;
    return Array.from(own, (each) => each.charCodeAt(0));
  });
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** A binary min-heap of numbers. */
function createHeap(): { push(key: number): void; pop(): number | undefined } {
  const keys: number[] = [];
  return {
    push(key) {
      let at = keys.push(key) - 1;
      for (let parent = (at - 1) >> 1; at > 0 && (keys[parent] ?? 0) > key; parent = (at - 1) >> 1) {
        keys[at] = keys[parent] ?? 0;
        at = parent;
      }
      keys[at] = key;
    },
    pop() {
      const [least, last] = [keys[0], keys.pop()];
      if (last === undefined || keys.length === 0) return least;
      let at = 0;
      for (let child = 1; child < keys.length; child = at * 2 + 1) {
        if ((keys[child + 1] ?? Infinity) < (keys[child] ?? 0)) child++;
        if ((keys[child] ?? 0) >= last) break;
        keys[at] = keys[child] ?? 0;
        at = child;
      }
      keys[at] = last;
      return least;
    },
  };
}
