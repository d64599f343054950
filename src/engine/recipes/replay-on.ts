import type { Json } from '../../base/json.ts';
import { sameJson } from '../../recipe/same.ts';
import type { Recipe, RecipeStep } from '../../recipe/types.ts';
import type { Stop } from '../document.ts';
import { runRecipe, type StepContext } from '../steps.ts';

/** Stops of one run with the backend that they were made for. */
export interface Ran {
  readonly backend: StepContext['backend'];
  /** The original first. */
  readonly stops: readonly Stop[];
}

/** A step that failed may not do so again: the weights that it lacked may be there now. */
const isSame = (stop: Stop | undefined, step: RecipeStep): boolean =>
  stop?.outcome != null &&
  stop.error === null &&
  sameJson(stop.outcome.step as unknown as Json, step as unknown as Json);

/** How many steps of a recipe those stops are already. */
function sharedBy({ backend, stops }: Ran, { steps }: Recipe, wanted: StepContext['backend']): number {
  if (backend !== wanted) return 0;
  const first = steps.findIndex((step, index) => !isSame(stops[index + 1], step));
  return first < 0 ? steps.length : first;
}

/**
 * The stops of a decided recipe, the original first: what the longest of the earlier runs has in common with it is taken over
 * with its checks, the rest is run.
 */
export async function replayOn(
  earlier: readonly Ran[],
  recipe: Recipe,
  context: StepContext,
): Promise<readonly Stop[]> {
  const [first] = earlier;
  let [best, shared] = [first!, 0];
  // Rows of a preset are swept until nothing changes: their steps are not those of the recipe one by one.
  for (const ran of recipe.untilStable === true ? [] : earlier) {
    const count = sharedBy(ran, recipe, context.backend);
    if (count > shared) [best, shared] = [ran, count];
  }
  const kept = best.stops.slice(0, shared + 1);
  if (shared === recipe.steps.length && !recipe.untilStable) return kept;
  const rest = { ...recipe, steps: recipe.steps.slice(shared) };
  return [...kept, ...(await runRecipe(kept.at(-1)!, rest, context, shared))];
}
