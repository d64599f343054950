import { describe, expect, it } from 'vitest';
import { parseValues } from './value-list.ts';

describe('values of an option', () => {
  it.each([
    ['0.1..0.7:7', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
    [' 1 … 9 : 3 ', [1, 5, 9]],
    ['-1..1', [-1, -0.5, 0, 0.5, 1]],
    ['0.25, 0.5', [0.25, 0.5]],
    ['l1,l2,true', ['l1', 'l2', true]],
    ['8', [8]],
  ])('are read from %s', (text, values) => expect(parseValues(text)).toEqual(values));

  it.each([
    ['', /No value/],
    [' , ', /No value/],
    ['0..1:1', /2 to 200 values, not 1/],
    ['0..1:900', /not 900/],
    ['a..b', /is no range/],
    ['1.2.3..4', /ends of a range are numbers/],
  ])('of %s are refused with a sentence', (text, sentence) => expect(parseValues(text)).toMatch(sentence));
});
