import { describe, expect, it } from 'vitest';
import { migrate, type Migrations } from './migrate.ts';
import { parseRecipe, serializeRecipe } from './parse.ts';

/** Versions that were never written: 1 named its steps `passes`, 2 put them into an object. */
const MIGRATIONS: Migrations = {
  1: ({ passes, ...rest }) => ({ ...rest, steps: passes! }),
  2: ({ steps, ...rest }) => ({ ...rest, body: { steps: steps! } }),
};

describe('a recipe of an earlier version', () => {
  it('is taken from version to version', () => {
    expect(migrate({ whittle: 1, passes: ['a'] }, 3, MIGRATIONS)).toEqual({ whittle: 3, body: { steps: ['a'] } });
    expect(migrate({ whittle: 2, steps: ['a'] }, 3, MIGRATIONS)).toEqual({ whittle: 3, body: { steps: ['a'] } });
  });

  it('is refused where nothing leads on from it, and so is one of a later version', () => {
    expect(() => migrate({ whittle: 0 }, 3, MIGRATIONS)).toThrow(/version 0; this Whittle reads version 3/);
    expect(() => migrate({ whittle: 4 }, 3, MIGRATIONS)).toThrow(/written by a later one/);
    expect(() => migrate({ whittle: '2' }, 3, MIGRATIONS)).toThrow(/version "2"/);
    expect(() => migrate({}, 3, MIGRATIONS)).toThrow(/no recipe/);
  });
});

describe('a step of a pass that this build does not have', () => {
  it('is written back as it was read', () => {
    const step = { pass: 'from-the-future', options: { deep: [1] }, sites: { near: ['x'] }, spin: { a: null } };
    const text = serializeRecipe(parseRecipe({ whittle: 1, steps: [step, { pass: 'merge-casts' }] }));
    expect(JSON.parse(text)).toEqual({
      whittle: 1,
      steps: [step, { pass: 'merge-casts', options: {}, sites: 'all' }],
    });
  });
});
