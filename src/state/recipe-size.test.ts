import { expect, it } from 'vitest';
import type { Recipe } from '../recipe/types.ts';
import { isLargeRecipe, LARGE_RECIPE, stepsKey } from './recipe-size.ts';

const recipe = (text: string): Recipe => ({
  whittle: 1,
  steps: [{ pass: 'prune-channels', options: {}, sites: 'all', decisions: { a: { kept: 'ff', repair: [text] } } }],
});

it('a recipe is large where its decisions are', () => {
  expect(isLargeRecipe(recipe('x'.repeat(1000)))).toBe(false);
  expect(isLargeRecipe(recipe('x'.repeat(LARGE_RECIPE)))).toBe(true);
});

it('steps are told apart by every short text, and by length and ends of long ones', () => {
  const long = 'ab'.repeat(9000);
  expect(stepsKey(recipe(long).steps).length).toBeLessThan(400);
  expect(stepsKey(recipe(long).steps)).toBe(stepsKey(recipe(long).steps));
  for (const other of [`${long}c`, `c${long.slice(1)}`, `${long.slice(1)}c`]) {
    expect(stepsKey(recipe(other).steps)).not.toBe(stepsKey(recipe(long).steps));
  }
  expect(stepsKey(recipe('ab').steps)).not.toBe(stepsKey(recipe('ac').steps));
});
