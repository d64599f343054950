import { readLlama2Tokenizer } from './llama2-tokenizer.ts';
import { readTokenizerJson } from './tokenizer-json.ts';
import type { Tokenizer } from './tokenizer.ts';

const OBJECT = /^[\uFEFF\s]*\{/;

/** A tokenizer file: `tokenizer.json`, else one of llama2.c. Throws `bad-file`, `unsupported`. */
export async function readTokenizer(file: string, bytes: Uint8Array): Promise<Tokenizer> {
  const head = new TextDecoder().decode(bytes.subarray(0, 64));
  return OBJECT.test(head) ? readTokenizerJson(file, bytes) : readLlama2Tokenizer(file, bytes);
}
