import { CodedError } from '../base/error.ts';
import { checkText } from './refuse.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { TextDataSet, TextWindow } from './types.ts';

const DEFAULT_LENGTH = 128;

/**
 * A text as windows of token ids: `[length]` each. Throws `bad-request` where it is shorter than one window, `unsupported`
 * beyond 64 MiB.
 */
export function textDataSet(name: string, bytes: Uint8Array, tokenizer: Tokenizer): TextDataSet {
  checkText(name, bytes);
  const ids = tokenizer.encode(bytes);
  const length = Math.max(1, Math.min(DEFAULT_LENGTH, ids.length));
  return windowed(name, ids, tokenizer, { length, stride: length, bos: false });
}

function windowed(name: string, ids: Int32Array, tokenizer: Tokenizer, window: TextWindow): TextDataSet {
  const { length, stride, bos } = window;
  const start = bos ? beginning(name, tokenizer) : null;
  const body = length - (start === null ? 0 : 1);
  if (!Number.isInteger(length) || !Number.isInteger(stride) || body < 1 || stride < 1) {
    throw new CodedError(
      'bad-request',
      `Windows of ${length} tokens at stride ${stride} hold no text. Give both as whole numbers from 1.`,
    );
  }
  if (ids.length < body) {
    throw new CodedError(
      'bad-request',
      `${name} has ${ids.length} tokens, one window wants ${body}. Give a longer text or shorter windows.`,
    );
  }
  return {
    name,
    kind: 'text',
    count: Math.floor((ids.length - body) / stride) + 1,
    text: {
      tokenizer: tokenizer.name,
      vocabulary: tokenizer.vocabulary,
      tokens: ids.length,
      hasBos: tokenizer.bos !== null,
      window,
    },
    rewindow: (other) => windowed(name, ids, tokenizer, other),
    async sample(index) {
      const part = ids.subarray(index * stride, index * stride + body);
      return { kind: 'tokens', ids: start === null ? part : Int32Array.from([start, ...part]) };
    },
  };
}

function beginning(name: string, { bos, name: tokenizer }: Tokenizer): number {
  if (bos !== null) return bos;
  throw new CodedError(
    'bad-request',
    `${name}: the tokenizer ${tokenizer} has no begin-of-sequence token. Set bos to false.`,
  );
}
