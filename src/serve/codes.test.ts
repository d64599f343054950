import { describe, expect, test } from 'vitest';
import { Codes, Guesses } from './codes.ts';

const MINUTE = 60_000;

/** Codes of two owners and a clock that is set by hand. */
function make() {
  const clock = { now: 1e12 };
  return { clock, codes: new Codes<string>(() => clock.now), guesses: new Guesses(() => clock.now) };
}

describe('a code', () => {
  test('lets one device join, however it is typed, and no second one', () => {
    const { codes } = make();
    const { code, expiresIn } = codes.issue('one');
    expect(code).toMatch(/^[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}$/);
    expect(expiresIn).toBe(10 * MINUTE);
    expect(codes.redeem(` ${code.toLowerCase().replace('-', ' ')}`)).toMatchObject({ owner: 'one' });
    expect(codes.redeem(code)).toBeNull();
    expect(codes.of('one')).toBeNull();
  });

  test('ends after ten minutes, and when its owner asks for another one', () => {
    const { codes, clock } = make();
    const { code: first } = codes.issue('one');
    const { code: second } = codes.issue('one');
    const { code: other } = codes.issue('two');
    expect(codes.redeem(first)).toBeNull();
    clock.now += 10 * MINUTE - 1;
    expect(codes.of('one')).toEqual({ code: second, expiresIn: 1 });
    expect(codes.redeem(other)).toMatchObject({ owner: 'two' });
    clock.now += 1;
    expect(codes.of('one')).toBeNull();
    expect(codes.redeem(second)).toBeNull();
  });

  test('is never the empty one, and codes differ', () => {
    const { codes } = make();
    const all = new Set(Array.from({ length: 200 }, (_, owner) => codes.issue(String(owner)).code));
    expect(all.size).toBe(200);
    expect(codes.redeem('')).toBeNull();
  });
});

describe('wrong guesses', () => {
  test('of one address make it wait until a minute after the first of five', () => {
    const { guesses, clock } = make();
    for (let i = 0; i < 5; i++) {
      expect(guesses.wait('phone')).toBe(0);
      guesses.count('phone');
      clock.now += 1000;
    }
    expect(guesses.wait('phone')).toBe(MINUTE - 5000);
    expect(guesses.wait('another')).toBe(0);
    clock.now += MINUTE - 5000;
    expect(guesses.wait('phone')).toBe(0);
  });

  test('of many addresses make everybody wait', () => {
    const { guesses } = make();
    for (let i = 0; i < 30; i++) guesses.count(`address ${i}`);
    expect(guesses.wait('a new one')).toBe(MINUTE);
  });
});
