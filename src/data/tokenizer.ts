import { CodedError } from '../base/error.ts';
import { decodeText } from './csv.ts';

/** Text ↔ token ids. */
export interface Tokenizer {
  readonly name: string;
  /** Ids are below it. */
  readonly vocabulary: number;
  /** The begin-of-sequence token, where there is one. */
  readonly bos: number | null;
  /** What a model that was trained with it expects in front of a text. */
  readonly opening: readonly number[];
  /** Tokens that end a text: end-of-sequence, and whatever begins the next one. */
  readonly ends: readonly number[];
  /** Without special tokens around it. */
  encode(bytes: Uint8Array): Int32Array;
  /** Special tokens and ids beyond the vocabulary give no text; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: ArrayLike<number>): string;
}

/** Each byte is its own id. */
export const byteTokenizer: Tokenizer = {
  name: 'bytes',
  vocabulary: 256,
  bos: null,
  opening: [],
  ends: [],
  encode: (bytes) => Int32Array.from(bytes),
  decode: (ids) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(Array.from(ids).filter((id) => id < 256))),
};

/** The characters of `text` (code points), numbered in the order of their code: a vocabulary made of the data itself. */
export function characterTokenizer(file: string, text: Uint8Array): Tokenizer {
  const characters = [...new Set(decodeText(file, text))].sort(
    (a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0),
  );
  return vocabularyTokenizer(file, characters.join(''));
}

/**
 * Characters (code points), each with its place in `characters` as its id. Encoding throws `bad-request` for a character
 * that is not among them.
 *
 * @param of whose vocabulary it is, for errors
 */
export function vocabularyTokenizer(of: string, characters: string): Tokenizer {
  const known = [...characters];
  const ids = new Map(known.map((character, id) => [character, id]));
  return {
    name: 'characters',
    vocabulary: known.length,
    bos: null,
    opening: [],
    ends: [],
    encode(bytes) {
      const out = new Int32Array(bytes.byteLength);
      let count = 0;
      for (const character of decodeText(of, bytes)) {
        const id = ids.get(character);
        if (id === undefined) throw strange(of, character);
        out[count++] = id;
      }
      return out.slice(0, count);
    },
    decode: (tokens) => Array.from(tokens, (id) => known[id] ?? '').join(''),
  };
}

function strange(of: string, character: string): CodedError {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return new CodedError(
    'bad-request',
    `“${character}” (U+${code}) is none of the characters of ${of}. Give a text of those characters.`,
    { character },
  );
}

/** The tokenizer that a model names in its metadata, as the bundled decoder does; null: it names none that is known. */
export function tokenizerOf(metadata: ReadonlyMap<string, string> | undefined): Tokenizer | null {
  const text = metadata?.get('tokenizer');
  if (text === undefined) return null;
  try {
    const { kind, characters, bos } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (kind !== 'characters' || typeof characters !== 'string') return null;
    const tokenizer = vocabularyTokenizer('the model', characters);
    return typeof bos === 'number' ? begunBy(tokenizer, bos) : tokenizer;
  } catch {
    return null;
  }
}

/** With a token that begins every text, and so ends the one before. */
const begunBy = (tokenizer: Tokenizer, bos: number): Tokenizer => ({
  ...tokenizer,
  bos,
  opening: [bos],
  ends: [bos],
  decode: (ids) => tokenizer.decode(Array.from(ids).filter((id) => id !== bos)),
});
