import type { Json } from '../../base/json.ts';
import { tellDiff, type ToldDiff } from '../../recipe/diff-words.ts';
import { parseRecipe, unknownPasses } from '../../recipe/parse.ts';
import { presetInfos, type PresetInfo } from '../../recipe/presets.ts';
import { stepNamed } from '../../recipe/swept.ts';
import type { Recipe } from '../../recipe/types.ts';
import type { Backend } from '../../rewrite/pass.ts';

export type { PresetInfo, ToldDiff };
/** The step was skipped, since this build does not have its pass. */
export { isSkipped } from '../../recipe/replay.ts';

/** A recipe that was read, and what a person should know of it. */
export interface ReadRecipe {
  readonly recipe: Recipe;
  /** A sentence for each step whose pass this build does not have. */
  readonly unknown: readonly string[];
}

/** Reads a recipe of this or an earlier version. Throws `bad-request` that names the place. */
export function readRecipeValue(value: Json): ReadRecipe {
  const recipe = parseRecipe(value);
  return { recipe, unknown: unknownPasses(recipe) };
}

/** Index of the step that a number from 1, or a pass, names. Throws `bad-request`. */
export const sweptStep = (recipe: Recipe, wanted: string): number => stepNamed(recipe, wanted);

export const recipeDiff = (a: Recipe, b: Recipe): ToldDiff => tellDiff(a, b);

export const presetsOf = (backend: Backend): readonly PresetInfo[] => presetInfos(backend);
