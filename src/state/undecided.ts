import type { Recipe, RecipeStep } from '../recipe/types.ts';

/** A step as it was asked for, without what was decided for one model. */
export function undecidedStep(step: RecipeStep): RecipeStep {
  const { decisions: _, measured: __, ...asked } = step;
  return asked;
}

/** What was decided in it holds for the model that it was made with. */
export const isDecided = ({ steps }: Recipe): boolean => steps.some(({ decisions }) => decisions !== undefined);

/** The same wishes for any model: what was decided is decided anew when it is replayed. */
export function undecided(recipe: Recipe): Recipe {
  const { model: _, ...rest } = recipe;
  return { ...rest, steps: recipe.steps.map(undecidedStep) };
}
