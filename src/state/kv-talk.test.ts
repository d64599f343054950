import { describe, expect, it } from 'vitest';
import type { TalkPiece } from '../engine/kv/lab-types.ts';
import { firstDifference, partsAt, talkAdvanced, talkBegun, type Talk } from './kv-talk.ts';

const piece = (id: number | null, text: string, ms = 2, cacheBytes = 0): TalkPiece => ({ id, text, ms, cacheBytes });
const talk = (prompt: string, ...pieces: TalkPiece[]): Talk =>
  talkAdvanced(talkBegun({ kind: 'dense' }, prompt), { stage: 'Generating', pieces });

describe('a text as it comes', () => {
  it('tells the prompt’s time apart from the mean of the tokens behind it', () => {
    const first = talk('a', piece(1, 'x', 40, 100));
    expect(first).toMatchObject({ tokens: 1, prefillMs: 40, msPerToken: null, cacheBytes: 100 });
    const more = talkAdvanced(first, { stage: 'Generating', pieces: [piece(2, 'y', 3, 110), piece(3, 'z', 5, 120)] });
    expect(more).toMatchObject({ tokens: 3, prefillMs: 40, msPerToken: 4, cacheBytes: 120 });
    expect(talkAdvanced(more, { stage: 'Generating', pieces: [piece(null, '!', 0, 120)] })).toMatchObject({
      tokens: 3,
      msPerToken: 4,
    });
  });

  it('is cut at the first token that two do not have in common', () => {
    const a = talk('a', piece(1, 'On'), piece(2, 'ce'), piece(3, ' more'), piece(4, '.'));
    const b = talk('a', piece(1, 'On'), piece(2, 'ce'), piece(9, ' upon'));
    expect(firstDifference(a, b)).toBe(2);
    expect(partsAt(a, 2)).toEqual(['Once', ' more', '.']);
    expect(partsAt(b, 2)).toEqual(['Once', ' upon', '']);
    expect(partsAt(a, null)).toEqual(['Once more.', '', '']);
  });

  it('differs nowhere while one is only shorter, and where prompts are not alike', () => {
    const a = talk('a', piece(1, 'x'), piece(2, 'y'));
    expect(firstDifference(a, talk('a', piece(1, 'x')))).toBeNull();
    expect(firstDifference(a, talk('b', piece(7, 'x')))).toBeNull();
    expect(firstDifference(a, null)).toBeNull();
  });

  it('differs where one of two that are over went on', () => {
    const over = (each: Talk): Talk => ({ ...each, status: 'done' });
    const a = talk('a', piece(1, 'x'), piece(2, 'y'));
    expect(firstDifference(over(a), over(talk('a', piece(1, 'x'))))).toBe(1);
  });

  it('gives text that waited to the token that it waited for', () => {
    expect(partsAt(talk('a', piece(1, 'x'), piece(2, ''), piece(null, 'y')), 1)).toEqual(['x', 'y', '']);
  });
});
