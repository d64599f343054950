import { describe, expect, it } from 'vitest';
import { seeded } from '../base/random.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { readLlama2Tokenizer } from './llama2-tokenizer.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Piece {
  readonly text: string;
  readonly score: number;
}
const BASE: readonly Piece[] = [
  { text: '<unk>', score: 0 },
  { text: '<s>', score: 0 },
  { text: '</s>', score: 0 },
  ...Array.from({ length: 256 }, (_, byte) => ({
    text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    score: 0,
  })),
];

function tokenizerFile(pieces: readonly Piece[]): Uint8Array {
  const parts = pieces.map(({ text, score }) => {
    const bytes = utf8(text);
    const head = new DataView(new ArrayBuffer(8));
    head.setFloat32(0, score, true);
    head.setInt32(4, bytes.length, true);
    return [...new Uint8Array(head.buffer), ...bytes];
  });
  return Uint8Array.from([16, 0, 0, 0, ...parts.flat()]);
}

/** llama2.c's own loop: every neighbouring pair is looked at for every merge, the first of the best is taken. */
function slowly(pieces: readonly Piece[], text: string): number[] {
  const id = (piece: string): number => pieces.findIndex((each) => each.text === piece);
  const tokens = [` `, ...text].flatMap((char) =>
    id(char) >= 0 ? [id(char)] : [...utf8(char)].map((byte) => byte + 3),
  );
  for (;;) {
    let [best, at, merged] = [-1e10, -1, -1];
    for (let i = 0; i + 1 < tokens.length; i++) {
      const found = id(pieces[tokens[i]!]!.text + pieces[tokens[i + 1]!]!.text);
      if (found >= 0 && pieces[found]!.score > best) [best, at, merged] = [pieces[found]!.score, i, found];
    }
    if (at < 0) return tokens;
    tokens.splice(at, 2, merged);
  }
}

describe('the tokenizer of llama2.c', () => {
  const words = ['ab', 'ba', 'aa', 'abab', 'aba', ' a', 'aaa', 'bab', 'ab ', 'éa'];
  const singles = [' ', 'a', 'b', 'é'].map((text) => ({ text, score: -1e6 }));
  // Two scores are equal, so that the leftmost must win.
  const pieces = [...BASE, ...words.map((text, i) => ({ text, score: -Math.floor(i / 2) })), ...singles];
  const tokenizer = readLlama2Tokenizer('t', tokenizerFile(pieces));

  it('merges as the original does, pair by pair', () => {
    const random = seeded(6);
    for (let run = 0; run < 200; run++) {
      const text = Array.from(
        { length: 1 + Math.floor(random() * 24) },
        () => ['a', 'b', 'a', ' ', 'é', 'z'][Math.floor(random() * 6)],
      ).join('');
      expect([...tokenizer.encode(utf8(text))]).toEqual(slowly(pieces, text));
    }
  });

  it('falls back to bytes and brings every text back', () => {
    expect([...tokenizer.encode(utf8('z'))]).toEqual([pieces.length - 4, 'z'.charCodeAt(0) + 3]);
    for (const text of ['ab é 😀 z', 'a\nb', '']) expect(tokenizer.decode(tokenizer.encode(utf8(text)))).toBe(text);
  });

  it('stays quick on a long run of one letter', () => {
    const started = performance.now();
    expect(tokenizer.encode(utf8('a'.repeat(200_000))).length).toBeLessThan(200_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('is refused when its file is cut short, is another or too small', () => {
    const whole = tokenizerFile(pieces);
    expect(() => readLlama2Tokenizer('f', whole.subarray(0, whole.length - 1))).toThrow(
      /^f: token 272 at byte \d+ is cut short/,
    );
    expect(() => readLlama2Tokenizer('f', utf8('hello world, no tokenizer'))).toThrow(/token 0 at byte 4/);
    expect(() => readLlama2Tokenizer('f', tokenizerFile(BASE.slice(0, 20)))).toThrow(
      /20 tokens; 3 special ones and 256 bytes/,
    );
  });

  it.skipIf(!haveShared())('reads back what a real model said, and Shakespeare without loss', () => {
    const real = readLlama2Tokenizer('tok512', sharedFile('real/models/decoder/aidreams_tok512.bin'));
    expect(real.vocabulary).toBe(512);
    const said = JSON.parse(new TextDecoder().decode(sharedFile('real/models/decoder/aidreams_greedy.json'))) as {
      greedy_ids: number[];
      text: string;
    };
    expect(real.decode(said.greedy_ids.slice(1)).trim()).toBe(said.text.trim());
    const text = sharedFile('real/data/text/tinyshakespeare.txt').subarray(0, 100_000);
    const ids = real.encode(text);
    expect(ids.length).toBeLessThan(text.length * 0.8);
    expect(real.decode(ids)).toBe(new TextDecoder().decode(text));
  });
});
