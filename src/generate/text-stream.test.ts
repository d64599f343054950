import { array, assert, constantFrom, integer, property, string } from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTokenizer } from '../data/read-tokenizer.ts';
import { byteTokenizer, type Tokenizer } from '../data/tokenizer.ts';
import { byteFallbackJson, byteLevelJson, wordPieceJson, written } from '../testing/tokenizers.ts';
import { TextStream } from './text-stream.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Half of a pair. */
const LONE = /\p{Surrogate}/u;
const text = string({ unit: 'binary', maxLength: 30 }).filter((each) => !LONE.test(each) && !/[▁\uFEFF]/.test(each));

const pieces = (stream: TextStream, ids: Iterable<number>): string[] => [
  ...Array.from(ids, (id) => stream.push(id)),
  stream.end(),
];

let tokenizers: readonly Tokenizer[] = [];
beforeAll(async () => {
  const level = byteLevelJson([
    ['Ã', '©'],
    ['Ġ', 'a'],
    ['a', 'b'],
  ]);
  const fallback = byteFallbackJson('▁abé', [['▁', 'a']]);
  tokenizers = [
    byteTokenizer,
    await readTokenizer('level', written(level)),
    await readTokenizer('fallback', written(fallback)),
  ];
});

describe('a stream of text', () => {
  it('waits for the end of a character that is cut', () => {
    expect(pieces(new TextStream(byteTokenizer), utf8('aé😀'))).toEqual(['a', '', 'é', '', '', '', '😀', '']);
  });

  it('gives in pieces what the ids mean together, never half a character', () => {
    assert(
      property(text, integer({ min: 0, max: 2 }), (given, which) => {
        const tokenizer = tokenizers[which]!;
        const ids = tokenizer.encode(utf8(given));
        const all = pieces(new TextStream(tokenizer), ids);
        expect(all.join('')).toBe(given);
        for (const piece of all) expect(piece).not.toMatch(LONE);
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it('goes on behind a prompt as the whole would, with its spaces', () => {
    assert(
      property(text, integer({ min: 0, max: 2 }), integer({ min: 0, max: 30 }), (given, which, cut) => {
        const tokenizer = tokenizers[which]!;
        const ids = [...tokenizer.encode(utf8(given))];
        const prompt = tokenizer.decode(ids.slice(0, cut)).replace(/\uFFFD+$/, '');
        const rest = pieces(new TextStream(tokenizer, ids.slice(0, cut)), ids.slice(cut)).join('');
        if (cut <= ids.length && !given.includes('\uFFFD')) expect(prompt + rest).toBe(given);
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  it('gives out bytes that are no text as such, also a long run of them', () => {
    const bytes = array(constantFrom(0x61, 0xc3, 0xa9, 0xff, 0xf0, 0x9f, 0x98, 0x80), { maxLength: 40 });
    assert(
      property(bytes, (ids) => {
        expect(pieces(new TextStream(byteTokenizer), ids).join('')).toBe(byteTokenizer.decode(ids));
      }),
      { seed: 3, numRuns: 400 },
    );
    const run = pieces(
      new TextStream(byteTokenizer),
      Array.from({ length: 12 }, () => 0xff),
    );
    expect(run.slice(0, 11).join('').length).toBe(8);
  });

  it('keeps the space in front of a word behind tokens without text', async () => {
    const tokenizer = await readTokenizer('f', written(byteFallbackJson('▁ab', [['▁', 'a']])));
    const [word] = tokenizer.encode(utf8('a'));
    expect(pieces(new TextStream(tokenizer), [word!, 1, word!, 2, word!]).join('')).toBe('a a a');
  });

  it('puts pieces of words together', async () => {
    const tokenizer = await readTokenizer('w', written(wordPieceJson(['un', '##able', 'is'])));
    expect(pieces(new TextStream(tokenizer), [3, 4, 5, 3])).toEqual(['un', 'able', ' is', ' un', '']);
  });

  it('ends before a stop text that comes in parts, and gives out no part of it', () => {
    const stream = new TextStream(byteTokenizer, [], ['\n\nQ:', 'END']);
    const all = pieces(stream, utf8('a\n\nbE\n\nQ:cEND'));
    expect(all.slice(0, 6)).toEqual(['a', '', '', '\n\nb', '', 'E']);
    expect(all.slice(6).join('')).toBe('');
    expect(stream.stopped).toBe(true);
  });

  it('gives out what looked like a stop when it ends without one', () => {
    expect(pieces(new TextStream(byteTokenizer, [], ['END']), utf8('xEN'))).toEqual(['x', '', '', 'EN']);
  });

  it('stops at the same place however the text is cut, and never leaks', () => {
    const letters = string({ unit: constantFrom('a', 'b', 'c'), maxLength: 24 });
    const stops = array(string({ unit: constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), { maxLength: 3 });
    // Pieces of the text itself are the tokens.
    const cut = (given: string, lengths: readonly number[]): string[] => {
      const parts: string[] = [];
      for (let at = 0, i = 0; at < given.length; i++) {
        const length = lengths[i % lengths.length] ?? 1;
        parts.push(given.slice(at, at + length));
        at += length;
      }
      return parts;
    };
    const lengths = array(integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
    assert(
      property(letters, stops, lengths, (given, stops, lengths) => {
        const parts = cut(given, lengths);
        const tokenizer = { decode: (ids: ArrayLike<number>) => Array.from(ids, (id) => parts[id]).join('') };
        const stream = new TextStream(tokenizer, [], stops);
        const said = pieces(stream, parts.keys()).join('');
        const ends = stops.map((stop) => given.indexOf(stop) + stop.length).filter((_, i) => given.includes(stops[i]!));
        const first = Math.min(...ends);
        const longest = stops.filter((stop) => given.slice(0, first).endsWith(stop)).map((stop) => stop.length);
        expect(stream.stopped).toBe(ends.length > 0);
        expect(said).toBe(ends.length > 0 ? given.slice(0, first - Math.max(...longest)) : given);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
