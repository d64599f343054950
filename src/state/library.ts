import { toErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Core } from './core.ts';
import { handRecipe } from './exporting.ts';
import { readRecipe } from './files.ts';
import { createLatest } from './latest.ts';
import type { OpeningActions } from './opening.ts';
import type { RecipeRef, RecipesState, RecipesTab, SavedRecipe } from './recipes-store.ts';
import { isDecided, undecided } from './undecided.ts';
import type { SteppingActions } from './stepping.ts';

export interface LibraryActions {
  openRecipes(tab?: RecipesTab): void;
  closeRecipes(): void;
  /** Keeps the recipe at work, or another one, under a name; one of that name is replaced, with a way back. */
  keepRecipe(name: string, recipe?: Recipe): Promise<void>;
  renameRecipe(id: string, name: string): Promise<void>;
  forgetRecipe(id: string): Promise<void>;
  /** Recipe files and reports, into the gallery. */
  importRecipes(files: readonly File[]): Promise<void>;
  /** As a file. */
  exportRecipe(ref: RecipeRef): Promise<void>;
  /** Replays a recipe on the open model, or keeps it until a model is dropped. */
  replayListed(ref: RecipeRef): Promise<void>;
  /** Chooses what is compared. */
  diffRefs(sides: Partial<Pick<RecipesState, 'a' | 'b'>>): Promise<void>;
}

type Others = Pick<OpeningActions, 'useRecipe'> & Pick<SteppingActions, 'applyPreset'>;

/** A recipe with its name, as a reference picks it; null: it is gone. */
export function recipeOf(core: Core, ref: RecipeRef): { readonly name: string; readonly recipe: Recipe } | null {
  const { presets, saved, branches, branch } = core.recipes.getState();
  const { document } = core.document.getState();
  const [kind, id] = [ref.slice(0, ref.indexOf(':')), ref.slice(ref.indexOf(':') + 1)];
  const current = document && { name: 'What is shown', recipe: document.recipe };
  if (ref === 'current') return current;
  if (kind === 'preset') {
    const preset = presets.find((each) => each.id === id);
    return preset ? { name: `Preset ${preset.title}`, recipe: preset.recipe } : null;
  }
  if (kind === 'saved') return saved.find((each) => each.id === id) ?? null;
  const found = branches.find((each) => each.id === id);
  if (!found) return null;
  if (id === branch && current) return { name: `Branch ${found.name}`, recipe: current.recipe };
  // What is undone on it is no part of what it leads to.
  return {
    name: `Branch ${found.name}`,
    recipe: { ...found.recipe, steps: found.recipe.steps.slice(0, found.cursor) },
  };
}

export function libraryActions(core: Core, others: Others): LibraryActions {
  const { recipes, document: store, notices, client } = core;

  const reading = createLatest();
  const writing = createLatest();

  /** Shown at once, so what is said of a change is said before this is waited for: a way back must not come late. */
  const put = async (changed: readonly SavedRecipe[], removed: readonly string[] = []): Promise<void> => {
    // What is being read is older than this.
    reading.stop();
    const gone = new Set([...removed, ...changed.map(({ id }) => id)]);
    const all = [...changed, ...recipes.getState().saved.filter(({ id }) => !gone.has(id))];
    recipes.setState({ saved: all.sort((x, y) => y.at - x.at) });
    try {
      const answer = await writing.run(async () => ({
        kept: await client.call('changeRecipes', { put: changed, remove: removed }),
      }));
      // A later change has an answer of its own.
      if (!answer) return;
      if (answer.kept) return recipes.setState({ saved: answer.kept as readonly SavedRecipe[], keeps: true });
    } catch (error) {
      recipes.setState({ keeps: false });
      return void core.fail('recipe', 'The gallery', error);
    }
    recipes.setState({ keeps: false });
    const text = 'This browser keeps nothing here: export the recipe, or it is gone with this tab.';
    notices.show({ tone: 'warning', title: 'The recipe holds for this visit', text });
  };

  const load = async (): Promise<void> => {
    const backend = store.getState().document?.backend ?? 'wasm';
    try {
      const [presets, kept] = await Promise.all([
        client.call('presets', { backend }),
        reading.run(() => client.call('keptRecipes', null)),
      ]);
      // What this browser could not keep is there for this visit.
      const isNews = recipes.getState().keeps && kept !== null;
      recipes.setState(isNews ? { presets, saved: kept as readonly SavedRecipe[] } : { presets });
      await actions.diffRefs({});
    } catch (error) {
      core.fail('recipe', 'The recipes', error);
    }
  };

  /** On another model than it was made with, a recipe of the gallery is a way to go: it is decided anew. */
  const forThisModel = async (name: string, recipe: Recipe): Promise<readonly [string, Recipe]> => {
    if (!recipe.model || !isDecided(recipe) || !store.getState().document) return [name, recipe];
    const here = await client.call('modelHash', null);
    return here === recipe.model.sha256 ? [name, recipe] : [`${name}, decided anew`, undecided(recipe)];
  };

  const newId = (): string => `${core.platform.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
  const saved = (id: string): SavedRecipe | undefined => recipes.getState().saved.find((each) => each.id === id);

  const actions: LibraryActions = {
    openRecipes(tab = 'gallery') {
      recipes.setState({ open: true, tab });
      void load();
    },
    closeRecipes: () => recipes.setState({ open: false }),
    async keepRecipe(name, recipe = store.getState().document?.recipe) {
      if (!recipe || name.trim() === '') return;
      const before = recipes.getState().saved.find((each) => each.name === name.trim());
      const id = before?.id ?? newId();
      const model = store.getState().document?.name ?? null;
      const action = { label: 'Undo', run: () => void (before ? put([before]) : put([], [id])) };
      const title = `${name.trim()} ${before ? 'takes the place of the one before' : 'is in the gallery'}`;
      notices.show({ tone: 'good', title, text: `${plural(recipe.steps.length, 'step')}.`, action });
      await put([{ id, name: name.trim(), recipe, model, at: core.platform.now() }]);
    },
    async renameRecipe(id, name) {
      const before = saved(id);
      if (!before || name.trim() === '' || name.trim() === before.name) return;
      await put([{ ...before, name: name.trim() }]);
    },
    async forgetRecipe(id) {
      const before = saved(id);
      if (!before) return;
      const action = { label: 'Undo', run: () => void put([before]) };
      notices.show({ tone: 'plain', title: `${before.name} was deleted`, action });
      await put([], [id]);
    },
    async importRecipes(files) {
      for (const file of files) {
        try {
          const { value } = readRecipe(file.name, await file.text());
          const { recipe, unknown } = await client.call('readRecipe', { value });
          const name = recipe.name ?? file.name.replace(/(\.recipe|\.report)?\.(json|html?)$/i, '');
          const tone = unknown.length > 0 ? 'warning' : 'good';
          notices.show({ tone, title: `${name} is in the gallery`, text: unknown.join(' ') });
          await put([{ id: newId(), name, recipe, model: recipe.model?.name ?? null, at: core.platform.now() }]);
        } catch (error) {
          notices.show({ tone: 'error', title: `${file.name} was not read`, text: toErrorRecord(error).message });
        }
      }
    },
    async exportRecipe(ref) {
      const found = recipeOf(core, ref);
      if (!found) return;
      try {
        const isPacked = await handRecipe(core, found.name, { ...found.recipe, name: found.name });
        const text = isPacked
          ? 'It holds the steps, and the weights that were learnt.'
          : 'It holds the steps, not the weights.';
        notices.show({ tone: 'good', title: 'Recipe saved', text });
      } catch (error) {
        core.fail('export', 'The recipe', error);
      }
    },
    async replayListed(ref) {
      const found = recipeOf(core, ref);
      if (!found) return;
      recipes.setState({ open: false });
      const preset = ref.startsWith('preset:') && store.getState().document;
      if (preset) await others.applyPreset(ref.slice('preset:'.length), found.name);
      else await others.useRecipe(...(await forThisModel(found.name, found.recipe)));
    },
    async diffRefs(sides) {
      recipes.setState({ ...sides, diffError: null });
      const { a, b } = recipes.getState();
      const [left, right] = [recipeOf(core, a), recipeOf(core, b)];
      if (!left || !right) return recipes.setState({ diff: null });
      try {
        const diff = await client.call('diffRecipes', { a: left.recipe, b: right.recipe });
        const now = recipes.getState();
        if (now.a === a && now.b === b) recipes.setState({ diff });
      } catch (error) {
        recipes.setState({ diff: null, diffError: toErrorRecord(error) });
      }
    },
  };
  return actions;
}
