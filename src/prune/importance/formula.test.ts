import { describe, expect, it } from 'vitest';
import { seeded } from '../../base/random.ts';
import { parseFormula } from './formula.ts';

const A = Float64Array.of(1, 2, 4);
const B = Float64Array.of(3, -1, 0.5);
const NAMES = ['a', 'b', 'channels'];
const of = (name: string): number | Float64Array => (name === 'a' ? A : name === 'b' ? B : 3);
const value = (text: string): number | number[] => {
  const found = parseFormula(text, NAMES).evaluate(of);
  return typeof found === 'number' ? found : Array.from(found);
};

describe('formulas of importances', () => {
  it.each([
    ['a', [1, 2, 4]],
    ['a + b * 2', [7, 0, 5]],
    ['(a + b) * 2', [8, 2, 9]],
    ['-a ^ 2', [-1, -4, -16]],
    ['2 ^ 3 ^ 2', 512],
    ['8 / 4 / 2', 1],
    ['8 - 4 - 2', 2],
    ['2 ^ -1', 0.5],
    ['a / mean(a)', [3 / 7, 6 / 7, 12 / 7]],
    ['a / largest(a)', [0.25, 0.5, 1]],
    ['sum(b) + abs(b)', [5.5, 3.5, 3]],
    ['max(a, b, 2)', [3, 2, 4]],
    ['min(a, channels)', [1, 2, 3]],
    ['sqrt(a) * 1.5e1', [15, Math.SQRT2 * 15, 30]],
    ['exp(log(a))', [1, Math.exp(Math.log(2)), Math.exp(Math.log(4))]],
    [' .5*a ', [0.5, 1, 2]],
  ])('%s', (text, expected) => expect(value(text)).toEqual(expected));

  it('tells which names are read, each once', () => {
    expect(parseFormula('a * a + mean(b) - 1', NAMES).variables).toEqual(['a', 'b']);
  });

  it.each([
    ['', 'It ends at character 0, where a number, a name or "(" is wanted.'],
    ['a +', 'It ends at character 3, where a number, a name or "(" is wanted.'],
    ['a b', '"b" stands at character 3 where an operator is wanted.'],
    ['(a', 'It ends at character 2, where ")" is wanted.'],
    ['a $ b', '"$" at character 3 has no meaning.'],
    ['a + c', 'There is no "c" (character 5). Names: a, b, channels.'],
    [
      'sinh(a)',
      'There is no function "sinh" (character 1). Functions: abs, sqrt, log, exp, min, max, mean, sum, largest.',
    ],
    ['constructor(a)', 'There is no function "constructor"'],
    ['max(a)', 'max takes 2 to 9, not 1.'],
    ['mean(a, b)', 'mean takes 1, not 2.'],
    ['1.2.3', '".3" stands at character 4 where an operator is wanted.'],
    [`${'('.repeat(5000)}a`, 'It nests more than 100 deep.'],
    [`${'-'.repeat(5000)}a`, 'It nests more than 100 deep.'],
  ])('refuses %j and says where', (text, message) => {
    expect(() => parseFormula(text, NAMES)).toThrow(message);
  });

  it('agrees with the arithmetic of the language on random terms', () => {
    const random = seeded(7);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const term = (depth: number): string =>
      depth === 0
        ? pick(['a', 'b', '2', '0.5', 'channels'])
        : `(${term(depth - 1)}) ${pick(['+', '-', '*', '/'])} (${term(depth - 1)})`;
    for (let i = 0; i < 200; i++) {
      const text = term(3);
      const found = value(`a * 0 + ${text}`) as number[];
      // oxlint-disable-next-line no-implied-eval -- the independent reference of this test
      const reference = new Function('a', 'b', 'channels', `return a * 0 + ${text};`) as (...of: number[]) => number;
      found.forEach((each, k) => expect(each, text).toBe(reference(A[k] ?? 0, B[k] ?? 0, 3)));
    }
  });
});
