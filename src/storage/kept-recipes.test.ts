import { describe, expect, it } from 'vitest';
import { changeRecipes, keptRecipes, type TextStore } from './kept-recipes.ts';
import type { KeptRecipe } from './types.ts';

function memory(first: string | null = null): TextStore & { text: string | null } {
  let last: Promise<unknown> = Promise.resolve();
  const store = {
    text: first,
    read: async () => store.text,
    write: async (_: string, text: string) => ((store.text = text), true),
    exclusive: <T>(work: () => Promise<T>): Promise<T> => {
      const mine = last.then(work);
      last = mine;
      return mine;
    },
  };
  return store;
}
const recipe = (id: string, at: number): KeptRecipe => ({ id, name: id, recipe: { whittle: 1 }, model: null, at });
const ids = (recipes: readonly KeptRecipe[] | null) => recipes?.map(({ id }) => id);

describe('kept recipes', () => {
  it('are the newest first; one of the same id is replaced', async () => {
    const store = memory();
    await changeRecipes([recipe('a', 1), recipe('b', 2)], [], store);
    expect(ids(await changeRecipes([recipe('a', 3)], [], store))).toEqual(['a', 'b']);
    expect(ids(await changeRecipes([], ['a'], store))).toEqual(['b']);
    expect(ids(await keptRecipes(store))).toEqual(['b']);
  });

  it('of another tab stay: a change is made to the list as it is now', async () => {
    const store = memory();
    await changeRecipes([recipe('mine', 1)], [], store);
    store.text = JSON.stringify({ version: 1, recipes: [recipe('theirs', 5), recipe('mine', 1)] });
    expect(ids(await changeRecipes([], ['mine'], store))).toEqual(['theirs']);
  });

  it('lose none of two changes that are made at once', async () => {
    const store = memory();
    await Promise.all([changeRecipes([recipe('a', 1)], [], store), changeRecipes([recipe('b', 2)], [], store)]);
    expect(ids(await keptRecipes(store))).toEqual(['b', 'a']);
  });

  it('are none where the list is damaged, and null where nothing can be kept', async () => {
    expect(await keptRecipes(memory('{'))).toEqual([]);
    expect(await changeRecipes([recipe('a', 1)], [], { ...memory(), write: async () => false })).toBeNull();
  });
});
