import { describe, expect, it } from 'vitest';
import { readScores, scoresTemplate, scoresText } from './prune-scores.ts';

const groups = [
  { key: 'a', name: 'a', atoms: 2, channels: 8 },
  { key: 'b', name: 'b', atoms: 3, channels: 3 },
];
const faultOf = (text: string): string => {
  const read = readScores(text, groups);
  return 'fault' in read ? read.fault : '';
};

describe('scores of a person’s own', () => {
  it('are one for each channel, or for each of those that go together', () => {
    expect(readScores('{"a": [1, 2], "b": [3, 2, 1]}', groups)).toEqual({ scores: { a: [1, 2], b: [3, 2, 1] } });
    expect(readScores('{"a": [1, 2, 3, 4, 5, 6, 7, 8]}', groups)).toHaveProperty('scores');
  });

  it('are refused with the place and what is wanted', () => {
    expect(faultOf('{')).toMatch(/no JSON.*Wanted is \{ "group key": \[numbers\] \}/);
    expect(faultOf('[1, 2]')).toMatch(/^Wanted/);
    expect(faultOf('{}')).toMatch(/No group is named/);
    expect(faultOf('{"c": [1]}')).toBe('There is no group "c" here. The first is "a".');
    expect(faultOf('{"a": [1, "2"]}')).toMatch(/"a" are no list of numbers/);
    expect(faultOf('{"a": [1, 2, 3]}')).toBe('"a" has 3 scores and takes 2 or 8.');
    expect(faultOf('{"b": []}')).toBe('"b" has 0 scores and takes 3.');
  });

  it('start from a list of all groups, which can be used as it is', () => {
    const template = scoresTemplate(groups);
    expect(readScores(template, groups)).toEqual({ scores: { a: [1, 1], b: [1, 1, 1] } });
    expect(scoresText({})).toBe('');
  });
});
