import type { Tokenizer } from '../data/tokenizer.ts';

/** What a decoder is given first for a text: the text behind whatever the tokenizer begins with. */
export function promptIds({ bos, opening, encode }: Tokenizer, text: string): number[] {
  const encoded = encode(new TextEncoder().encode(text));
  const start = encoded.length === 0 && opening.length === 0 && bos !== null ? [bos] : opening;
  return [...start, ...encoded];
}

/** Characters that are read for each token that is wanted: few tokens are longer. */
const CHARACTERS = 8;

/** The first tokens of a text, `length` of them at most, behind whatever the tokenizer begins with. */
export function firstIds({ opening, bos, encode }: Tokenizer, text: string, length: number): number[] {
  const encoded = (part: string): Int32Array => encode(new TextEncoder().encode(part));
  const part = encoded(text.slice(0, length * CHARACTERS));
  const tokens = part.length < length && text.length > length * CHARACTERS ? encoded(text) : part;
  const start = tokens[0] === bos ? [] : opening;
  return [...start, ...tokens].slice(0, length);
}
