import { readTokenizer } from '../data/read-tokenizer.ts';
import { byteTokenizer, type Tokenizer } from '../data/tokenizer.ts';
import type { Arguments, Options } from './arguments.ts';
import { fileAt } from './data-files.ts';

export const tokenizerOption: Options = {
  tokenizer: {
    type: 'string',
    value: 'bytes|FILE',
    help: "tokenizer.json, or as of llama2.c (the model's own, if it names one)",
  },
};

/** The tokenizer that is asked for, else the model's own; null: there is none. */
export async function tokenizerFor(args: Arguments, own: Tokenizer | null): Promise<Tokenizer | null> {
  const choice = args.text('tokenizer');
  if (choice === null) return own;
  if (choice === 'bytes') return byteTokenizer;
  const file = fileAt(choice);
  return readTokenizer(file.name, await file.bytes());
}
