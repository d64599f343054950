import type { Recipe } from '../recipe/types.ts';

/** Above this many characters a recipe is neither put into links nor kept over a reload: local storage takes about 5 MB. */
export const LARGE_RECIPE = 2e6;

/** Characters of all texts in it, about those of its JSON; counting stops at `most`. */
function charactersOf(value: unknown, most: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let sum = 0;
  for (const [key, inside] of Object.entries(value)) {
    sum += key.length + charactersOf(inside, most - sum);
    if (sum > most) break;
  }
  return sum;
}

const known = new WeakMap<Recipe, boolean>();

/** Repairs by least squares weigh as much as weights. Reads no text, so that it takes no time. */
export function isLargeRecipe(recipe: Recipe): boolean {
  const before = known.get(recipe);
  if (before !== undefined) return before;
  const found = charactersOf(recipe, LARGE_RECIPE) > LARGE_RECIPE;
  known.set(recipe, found);
  return found;
}

/** Of longer texts, the ends stand for the whole. */
const WHOLE = 4096;
const END = 64;

/** What tells steps from others, without the megabytes that a decision may hold. */
export const stepsKey = (steps: Recipe['steps']): string =>
  JSON.stringify(steps, (_, value: unknown) =>
    typeof value === 'string' && value.length > WHOLE
      ? `${value.length} ${value.slice(0, END)} ${value.slice(-END)}`
      : value,
  );
