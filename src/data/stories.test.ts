import { describe, expect, it } from 'vitest';
import { BEGIN, CHARACTERS, stories, story } from './stories.ts';

const many = Array.from({ length: 400 }, (_, index) => story(index, 5));

describe('stories', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(story(17, 3)).toBe(story(17, 3));
    expect(story(17, 3)).not.toBe(story(18, 3));
    const [learnt, heldOut] = [1, 2].map((seed) => new Set(Array.from({ length: 300 }, (_, i) => story(i, seed))));
    expect(learnt!.size).toBe(300);
    expect([...heldOut!].filter((each) => learnt!.has(each))).toEqual([]);
  });

  it('use the characters of their vocabulary alone, and the begin of a document only there', async () => {
    const known = new Set(CHARACTERS);
    expect(new Set(CHARACTERS).size).toBe(CHARACTERS.length);
    for (const each of many) {
      expect([...each].filter((character) => !known.has(character))).toEqual([]);
      expect(each).not.toContain(BEGIN);
      expect(each).not.toContain('\n');
    }
    const sample = await stories(3, 1).sample(0);
    expect(sample.kind === 'tokens' && sample.ids[0]).toBe(CHARACTERS.indexOf(BEGIN));
  });

  it('are cut into windows without a begin of their own', () => {
    const data = stories(50, 1);
    expect(data.text).toMatchObject({ vocabulary: CHARACTERS.length, hasBos: false, window: { bos: false } });
    expect(data.count).toBe(Math.floor(data.text.tokens / data.text.window.length));
  });

  it('have sums that are right', () => {
    const sums = many.flatMap((each) => [...each.matchAll(/(\d+) ([+-]) (\d+) = (\d+)/g)]);
    expect(sums.length).toBeGreaterThan(100);
    for (const [, a, sign, b, result] of sums) {
      expect(sign === '+' ? Number(a) + Number(b) : Number(a) - Number(b)).toBe(Number(result));
    }
    const gifts = many.flatMap((each) => [...each.matchAll(/had (\d+) \w+ and gave (\d+) .* had (\d+) \w+ left/g)]);
    expect(gifts.length).toBeGreaterThan(100);
    for (const [, all, given, left] of gifts) expect(Number(all) - Number(given)).toBe(Number(left));
  });

  it('remember: a thing is where it was put last, and has the colour that it got last', () => {
    let asked = 0;
    for (const each of many) {
      const answer = /It is ([^,]*),"/.exec(each);
      if (!answer) continue;
      const before = each.slice(0, answer.index);
      const places = [...before.matchAll(/\bput (?:the \w+|it) ([^.]*)\./g)].map(([, place]) => place);
      expect(answer[1]).toBe(places.at(-1));
      const colours = [...before.matchAll(/found an? (\w+) \w+ (?:in|on|near|at|under)|Now it was (\w+)/g)];
      expect(before).toMatch(new RegExp(`Where is the ${colours.at(-1)?.slice(1).find(Boolean)} `));
      asked += 1;
    }
    expect(asked).toBeGreaterThan(100);
  });

  it('say she of a girl and he of a boy', () => {
    for (const each of many) {
      const [, kind] = /\b(girl|boy)\b/.exec(each) ?? [];
      const [, pronoun] = /\. (She|He) had a/.exec(each) ?? [];
      expect(pronoun).toBe(kind === 'girl' ? 'She' : 'He');
    }
  });

  it('vary: of 400 no two are alike, and each has some length', () => {
    expect(new Set(many).size).toBe(many.length);
    const lengths = many.map((each) => each.length);
    expect(Math.min(...lengths)).toBeGreaterThan(150);
    expect(Math.max(...lengths)).toBeLessThan(1000);
  });
});
