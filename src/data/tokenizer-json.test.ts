import { array, assert, constantFrom, pre, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteFallbackJson, byteLevelJson, unigramJson, wordPieceJson, written } from '../testing/tokenizers.ts';
import { openDataSet } from './open.ts';
import { readTokenizer } from './read-tokenizer.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const wellFormed = string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.startsWith('\uFEFF'));

const BYTE_LEVEL = byteLevelJson([
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 'the'],
  ['Ã', '©'],
]);

describe('a tokenizer.json', () => {
  it('of BPE over bytes merges by rank, with the space in front of a word', async () => {
    const tokenizer = await readTokenizer('t.json', written(BYTE_LEVEL));
    expect([...tokenizer.encode(utf8('the the thé'))]).toEqual([257, 258, 32, 256, 259]);
    expect(tokenizer.decode([257, 258, 32, 256, 259])).toBe('the the thé');
    expect(tokenizer).toMatchObject({ name: 't.json', vocabulary: 261, bos: 260, opening: [], ends: [260] });
  });

  it('of BPE over bytes brings back every text', async () => {
    const tokenizer = await readTokenizer('t', written(BYTE_LEVEL));
    assert(
      property(wellFormed, (text) => {
        const ids = tokenizer.encode(utf8(text));
        expect(tokenizer.decode(ids)).toBe(text);
        for (const id of ids) expect(id).toBeLessThan(tokenizer.vocabulary);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('of BPE with bytes for the rest brings back every text, and says what begins one', async () => {
    const json = byteFallbackJson('▁abc', [
      ['a', 'b'],
      ['▁', 'ab'],
    ]);
    const tokenizer = await readTokenizer('t', written(json));
    expect([...tokenizer.encode(utf8('ab é'))]).toEqual([264, 259, 3 + 0xc3, 3 + 0xa9]);
    expect(tokenizer).toMatchObject({ bos: 1, opening: [1], ends: [2], vocabulary: 265 });
    expect(tokenizer.decode([1, 264, 259, 3 + 0xc3, 3 + 0xa9, 2])).toBe('ab é');
    assert(
      property(wellFormed, (text) => {
        // The mark of a space is itself no text that could come back.
        pre(!text.includes('▁'));
        expect(tokenizer.decode(tokenizer.encode(utf8(text)))).toBe(text);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('of WordPiece cuts words into the longest pieces', async () => {
    const json = wordPieceJson(['un', '##aff', '##able', 'a', '##a', ',']);
    const tokenizer = await readTokenizer('t', written(json));
    expect([...tokenizer.encode(utf8('Unaffable, aa zoo'))]).toEqual([3, 4, 5, 8, 6, 7, 0]);
    expect(tokenizer.decode([1, 3, 4, 5, 8, 6, 7, 2])).toBe('unaffable , aa');
    expect(tokenizer).toMatchObject({ bos: 1, opening: [1], ends: [2] });
  });

  it('of Unigram takes the pieces of the best sum of scores', async () => {
    const pieces: [string, number][] = [
      ['▁', -3],
      ['▁ab', -4],
      ['a', -5],
      ['b', -5],
      ['abc', -9],
      ['c', -2],
      ['▁abc', -7],
    ];
    const tokenizer = await readTokenizer('t', written(unigramJson(pieces)));
    // ▁ab + c: −6; ▁abc: −7; ▁ + abc: −12.
    expect([...tokenizer.encode(utf8('abc ab'))]).toEqual([3, 7, 3]);
    expect(tokenizer.ends).toEqual([1]);
    const words = array(string({ unit: constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 5,
    });
    assert(
      property(words, (each) => {
        const text = each.join(' ');
        expect(tokenizer.decode(tokenizer.encode(utf8(text)))).toBe(text);
      }),
      { seed: 6 },
    );
  });

  it('gives no text for ids beyond its own', async () => {
    const tokenizer = await readTokenizer('t', written(wordPieceJson(['a'])));
    expect(tokenizer.decode([3, 99])).toBe('a');
    expect(tokenizer.decode([])).toBe('');
  });

  it('is refused where it is none, or has parts that are unknown', async () => {
    const read = (text: string): Promise<unknown> => readTokenizer('t.json', utf8(text));
    await expect(read('{"model":')).rejects.toThrow(/^t\.json: it is no JSON/);
    await expect(read('{"bos_token":"<s>"}')).rejects.toThrow(/no field “model”/);
    const strange = { ...BYTE_LEVEL, pre_tokenizer: { type: 'Sideways' } };
    await expect(readTokenizer('t', written(strange))).rejects.toMatchObject({ code: 'unsupported' });
    await expect(readTokenizer('t', written(strange))).rejects.toThrow(/Unknown PreTokenizer type: Sideways/);
  });

  it('turns a data set of text into ids, as other tokenizers do', async () => {
    const file = (name: string, bytes: Uint8Array) => ({ name, bytes: () => Promise.resolve(bytes) });
    const options = { tokenizer: file('tokenizer.json', written(BYTE_LEVEL)) };
    const data = await openDataSet('d', [file('a.txt', utf8('the thé'))], options);
    expect(data.kind === 'text' && data.text).toMatchObject({
      tokenizer: 'tokenizer.json',
      vocabulary: 261,
      tokens: 4,
    });
  });
});
