import { describe, expect, it } from 'vitest';
import { canTrain, frozenBut, frozenToo, trainsNow, type PlannedWeight } from './weights.ts';

const weight = (name: string, patch: Partial<PlannedWeight> = {}): PlannedWeight => ({
  name,
  shape: [2, 3],
  role: 'weight',
  node: `/${name}/Conv`,
  trains: true,
  reason: null,
  ...patch,
});

describe('weights of a plan', () => {
  it('can be trained unless something else than a person keeps them', () => {
    expect(canTrain(weight('a'))).toBe(true);
    expect(canTrain(weight('a', { trains: false, reason: 'frozen' }))).toBe(true);
    expect(canTrain(weight('a', { trains: false, reason: 'running statistics' }))).toBe(false);
  });

  it('are frozen by their names, each once', () => {
    expect(frozenToo(['a'], [weight('a'), weight('b')])).toEqual(['a', 'b']);
  });

  it('are trained again when all that freezes them goes: names, nodes, beginnings', () => {
    expect(frozenBut(['a', '/a/*', '/b/Conv', 'c'], [weight('a')])).toEqual(['/b/Conv', 'c']);
    expect(frozenBut(['/b/Conv'], [weight('b')])).toEqual([]);
  });

  it('show what was chosen before the plan is made anew', () => {
    expect(trainsNow(['a'], weight('a'))).toBe(false);
    expect(trainsNow([], weight('a', { trains: false, reason: 'frozen' }))).toBe(true);
    expect(trainsNow([], weight('a', { trains: false, reason: 'a table' }))).toBe(false);
  });
});
