import type { KeptRecipe } from './types.ts';
import { keepText, readKept } from './kept-text.ts';

const NAME = 'recipes';

interface Stored {
  readonly version: 1;
  readonly recipes: readonly KeptRecipe[];
}

/** Where a text is kept under a name; tests have their own. */
export interface TextStore {
  readonly read: (name: string) => Promise<string | null>;
  readonly write: (name: string, text: string) => Promise<boolean>;
  /** Runs works one after the other, those of other tabs included: a change reads first, and then writes. */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

const BROWSER: TextStore = {
  read: readKept,
  write: keepText,
  exclusive: <T>(work: () => Promise<T>) => navigator.locks.request(`whittle.${NAME}`, work) as Promise<T>,
};

/** The recipes that were kept under a name, the newest first. */
export async function keptRecipes(store = BROWSER): Promise<readonly KeptRecipe[]> {
  try {
    const stored = JSON.parse((await store.read(NAME)) ?? 'null') as Stored | null;
    return stored?.version === 1 ? stored.recipes : [];
  } catch {
    // A damaged list is replaced at the next change.
    return [];
  }
}

/**
 * Keeps and forgets recipes by id: of the list as it is now, for another tab may have changed it. Null where the browser keeps
 * nothing here, or has no room.
 */
export function changeRecipes(
  put: readonly KeptRecipe[],
  remove: readonly string[],
  store = BROWSER,
): Promise<readonly KeptRecipe[] | null> {
  const gone = new Set([...remove, ...put.map(({ id }) => id)]);
  return store.exclusive(async () => {
    const others = (await keptRecipes(store)).filter(({ id }) => !gone.has(id));
    const recipes = [...put, ...others].sort((a, b) => b.at - a.at);
    const text = JSON.stringify({ version: 1, recipes } satisfies Stored);
    return (await store.write(NAME, text)) ? recipes : null;
  });
}
