import { describe, expect, it } from 'vitest';
import { textDataSet } from './text.ts';
import { byteTokenizer, characterTokenizer } from './tokenizer.ts';
import { prepared } from './feeds.ts';
import { split } from './data-set.ts';
import type { TextPreprocess } from './preprocess.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const TEXT = utf8('0123456789abcdef');
const windows: TextPreprocess = {
  kind: 'text',
  input: 'ids',
  dtype: 'int64',
  length: 6,
  stride: 5,
  bos: false,
  fill: {},
};

describe('text', () => {
  it('as bytes and as characters comes back', () => {
    const text = utf8('zaß😀a');
    expect(byteTokenizer.decode(byteTokenizer.encode(text))).toBe('zaß😀a');
    expect(byteTokenizer.decode([97, 256 + 97, 98])).toBe('ab');
    const characters = characterTokenizer('f', text);
    expect([characters.vocabulary, [...characters.encode(text)]]).toEqual([4, [1, 0, 2, 3, 0]]);
    expect(characters.decode(characters.encode(text))).toBe('zaß😀a');
  });

  it('is cut into windows at a stride; a rest is left out', async () => {
    const dataSet = prepared(textDataSet('t', TEXT, byteTokenizer), windows);
    expect(dataSet.count).toBe(3);
    const last = await dataSet.sample(2);
    expect(last.kind === 'tokens' && byteTokenizer.decode(last.ids)).toBe('abcdef');
  });

  it('begins each window with the begin token where there is one', async () => {
    const dataSet = prepared(textDataSet('t', TEXT, { ...byteTokenizer, bos: 1 }), { ...windows, bos: true });
    const second = await dataSet.sample(1);
    expect(second.kind === 'tokens' && [...second.ids]).toEqual([1, ...utf8('56789')]);
    expect(() => prepared(textDataSet('t', TEXT, byteTokenizer), { ...windows, bos: true })).toThrow(
      /no begin-of-sequence token/,
    );
  });

  it('is refused where it is shorter than a window, and a part keeps the windows it was taken with', () => {
    expect(() => prepared(textDataSet('t', TEXT, byteTokenizer), { ...windows, length: 99 })).toThrow(
      /16 tokens, one window wants 99/,
    );
    const whole = prepared(textDataSet('t', TEXT, byteTokenizer), windows);
    const [part] = split(whole, 2, 1);
    expect(prepared(part, windows)).toBe(part);
    expect(() => prepared(part, { ...windows, length: 4 })).toThrow(/Prepare the whole, then take a part/);
  });

  it('of more than 64 MiB is refused before it is cut into tokens', () => {
    expect(() => textDataSet('t', new Uint8Array(2 ** 26 + 1), byteTokenizer)).toThrow(
      /^t: 67108865 bytes of text are more than/,
    );
  });
});
