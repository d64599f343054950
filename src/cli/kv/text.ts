import { CodedError } from '../../base/error.ts';
import type { Tokenizer } from '../../data/tokenizer.ts';
import { drawnText } from '../../engine/train/drawn.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';
import { fileAt } from '../data-files.ts';
import { tokenizerFor, tokenizerOption } from '../tokenizer.ts';

export const TEXT_OPTIONS: Options = {
  text: {
    type: 'string',
    value: 'F',
    help: 'perplexity, needle: a text file, or stories, those that the bundled decoder was not shown',
  },
  ...tokenizerOption,
  length: { type: 'string', value: 'N', help: 'perplexity: tokens of the text at most (1024)' },
};

/** Characters that are read for each token that is wanted: few tokens are longer. */
const CHARACTERS = 8;

/** The tokenizer that the text is read by. */
export async function requireTokenizer(args: Arguments, own: Tokenizer | null): Promise<Tokenizer> {
  const tokenizer = await tokenizerFor(args, own);
  if (tokenizer) return tokenizer;
  throw new CodedError('bad-request', 'The model does not name its tokenizer. Give it with --tokenizer.');
}

/** A file, or `stories`. */
export function textAsked(args: Arguments): string {
  const path = args.text('text');
  if (path === null) throw new UsageError('--text is missing: a file, or stories.');
  return path;
}

/** What the tokenizer begins a text with, and its first tokens: so many together, or all. */
export async function textIds(path: string, tokenizer: Tokenizer, length: number): Promise<readonly number[]> {
  const whole = path === 'stories' ? drawnText() : new TextDecoder().decode(await fileAt(path).bytes());
  const { opening, bos } = tokenizer;
  const encode = (text: string): Int32Array => tokenizer.encode(new TextEncoder().encode(text));
  const part = encode(whole.slice(0, length * CHARACTERS));
  const tokens = part.length < length && whole.length > length * CHARACTERS ? encode(whole) : part;
  const start = tokens[0] === bos ? [] : opening;
  return [...start, ...tokens].slice(0, length);
}
