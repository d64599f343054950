import type { Tokenizer } from '../data/tokenizer.ts';

/** What a decoder is given first for a text: the text behind whatever the tokenizer begins with. */
export function promptIds({ bos, opening, encode }: Tokenizer, text: string): number[] {
  const encoded = encode(new TextEncoder().encode(text));
  const start = encoded.length === 0 && opening.length === 0 && bos !== null ? [bos] : opening;
  return [...start, ...encoded];
}
