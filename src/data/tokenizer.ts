import { decodeText } from './csv.ts';

/** Text ↔ token ids. */
export interface Tokenizer {
  readonly name: string;
  /** Ids are below it. */
  readonly vocabulary: number;
  /** The begin-of-sequence token, where there is one. */
  readonly bos: number | null;
  encode(bytes: Uint8Array): Int32Array;
  decode(ids: ArrayLike<number>): string;
}

/** Each byte is its own id. */
export const byteTokenizer: Tokenizer = {
  name: 'bytes',
  vocabulary: 256,
  bos: null,
  encode: (bytes) => Int32Array.from(bytes),
  decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
};

/** The characters of `text` (code points), numbered in the order of their code: a vocabulary made of the data itself. */
export function characterTokenizer(file: string, text: Uint8Array): Tokenizer {
  const characters = [...new Set(decodeText(file, text))].sort(
    (a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0),
  );
  const ids = new Map(characters.map((character, id) => [character, id]));
  return {
    name: 'characters',
    vocabulary: characters.length,
    bos: null,
    encode(bytes) {
      const out = new Int32Array(bytes.byteLength);
      let count = 0;
      for (const character of decodeText(file, bytes)) out[count++] = ids.get(character) ?? 0;
      return out.slice(0, count);
    },
    decode: (tokens) => Array.from(tokens, (id) => characters[id] ?? '').join(''),
  };
}
