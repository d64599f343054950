import type { Tokenizer as Library } from '@huggingface/tokenizers';
import { decodeText } from './csv.ts';
import { refuse } from './refuse.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Parts of a `tokenizer.json` that may be left out. */
const PARTS = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };

/**
 * The file itself says nowhere which of its special tokens begin and end a text, where no template does: names that
 * published models use, those of chats among the ends.
 */
const BEGINS = ['<s>', '<bos>', '[BOS]', '<|begin_of_text|>', '<|startoftext|>', '<|endoftext|>'];
const ENDS = [
  ...['</s>', '<eos>', '[EOS]', '<|endoftext|>', '<|end_of_text|>', '<|eot_id|>', '<|im_end|>', '<|end|>'],
  ...['<end_of_turn>', '<|eom_id|>', '<|return|>'],
];

interface Json {
  readonly model: { readonly type?: string; readonly byte_fallback?: boolean };
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[];
}

/**
 * A `tokenizer.json` of Hugging Face: BPE, WordPiece or Unigram with its normalizer, splitting and decoder, as their own
 * library for JavaScript reads it, which is loaded only now. Throws `bad-file` for what is none, `unsupported` for a part
 * that the library does not know; `encode` throws `bad-request` where a text has what the vocabulary lacks and no token
 * stands for it.
 */
export async function readTokenizerJson(file: string, bytes: Uint8Array): Promise<Tokenizer> {
  const json = parse(file, bytes);
  const library = await start(file, json);
  const special = new Set(json.added_tokens.filter((token) => token.special).map(({ id }) => id));
  const named = (names: readonly string[]): number[] =>
    names.map((name) => library.token_to_id(name)).filter((id) => id !== undefined && special.has(id)) as number[];
  const { opening, closing } = around(library, special);
  return {
    name: file,
    vocabulary: vocabularyOf(library),
    bos: opening[0] ?? named(BEGINS)[0] ?? null,
    opening,
    ends: [...new Set([...closing, ...named(ENDS)])],
    encode: (text) => encode(library, file, decodeText(file, text)),
    decode(ids) {
      // A model may have more ids than its tokenizer.
      const said = Array.from(ids).filter((id) => !special.has(id) && library.id_to_token(id) !== undefined);
      // Tidying spaces before full stops would take back what a stream has given out.
      return said.length === 0 ? '' : library.decode(said, { clean_up_tokenization_spaces: false });
    },
  };
}

function parse(file: string, bytes: Uint8Array): Json {
  let json: unknown;
  try {
    json = JSON.parse(decodeText(file, bytes));
  } catch (error) {
    throw refuse('bad-file', file, `it is no JSON: ${(error as Error).message}. Give a tokenizer.json.`);
  }
  if (!isObject(json) || !isObject(json['model'])) {
    throw refuse('bad-file', file, 'it has no field “model”. Give a tokenizer.json, not its configuration.');
  }
  return { ...PARTS, ...json } as unknown as Json;
}

async function start(file: string, json: Json): Promise<Library> {
  const { Tokenizer } = await import('@huggingface/tokenizers');
  try {
    return new Tokenizer(json, {});
  } catch (error) {
    const reason = (error as Error).message;
    const unknown = /^unknown|not supported|unsupported/i.test(reason);
    const cure = unknown ? 'Give a tokenizer of other parts.' : 'Get the file again.';
    throw refuse(unknown ? 'unsupported' : 'bad-file', file, `it cannot be used: ${reason}. ${cure}`);
  }
}

/** Special tokens that the file's template puts in front of a text and behind it. */
function around(library: Library, special: ReadonlySet<number>): { opening: number[]; closing: number[] } {
  const bare = library.encode('a', { add_special_tokens: false }).ids.length;
  const { ids } = library.encode('a', { add_special_tokens: true });
  const first = ids.findIndex((id) => !special.has(id));
  const start = first < 0 ? 0 : first;
  return { opening: ids.slice(0, start), closing: ids.slice(start + bare) };
}

function vocabularyOf(library: Library): number {
  let most = -1;
  for (const id of library.get_vocab().values()) most = Math.max(most, id);
  return most + 1;
}

function encode(library: Library, file: string, text: string): Int32Array {
  const { ids, tokens } = library.encode(text, { add_special_tokens: false });
  // The library leaves undefined behind where there is no token for the unknown.
  const at = (ids as (number | undefined)[]).indexOf(undefined);
  if (at < 0) return Int32Array.from(ids);
  const piece = tokens[at] ?? '';
  throw refuse('bad-request', file, `“${piece}” is none of its tokens. Give a text of those that it has.`, { piece });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
