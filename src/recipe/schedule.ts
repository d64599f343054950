import { hasPass, passById } from '../passes/index.ts';
import type { Recipe, RecipeStep } from './types.ts';

/** A step whose turn it is. `again`: of a later sweep, worth keeping only if it changes something. */
export interface Turn {
  readonly step: RecipeStep;
  readonly again: boolean;
}

/** More sweeps than any real graph needs: each one must change something. */
const MOST_SWEEPS = 8;

/**
 * The steps of a recipe in the order in which they are run. Whoever runs them answers each turn with whether the step
 * changed the model: `turns.next(changed)`. In a recipe that is `untilStable`, each row of clean-up and fusion steps comes
 * again until a whole sweep has changed nothing: a fusion leaves things to clean up, and what is clean fuses.
 */
export function* schedule(recipe: Recipe): Generator<Turn, void, boolean> {
  for (const { steps, sweeps } of rowsOf(recipe)) {
    // Done once every step has run without a change since the last one.
    let idle = 0;
    for (let turn = 0; turn < steps.length * (sweeps ? MOST_SWEEPS : 1); turn++) {
      const step = steps[turn % steps.length];
      const again = turn >= steps.length;
      if (!step || (again && idle >= steps.length)) break;
      idle = (yield { step, again }) ? 0 : idle + 1;
    }
  }
}

/** Steps in a row that are swept together, or not. */
function rowsOf(recipe: Recipe): { readonly steps: RecipeStep[]; readonly sweeps: boolean }[] {
  const rows: { readonly steps: RecipeStep[]; readonly sweeps: boolean }[] = [];
  for (const step of recipe.steps) {
    const sweeps = recipe.untilStable === true && step.sites === 'all' && isSwept(step.pass);
    const last = rows.at(-1);
    if (last && last.sweeps === sweeps) last.steps.push(step);
    else rows.push({ steps: [step], sweeps });
  }
  return rows;
}

const isSwept = (pass: string): boolean => hasPass(pass) && ['cleanup', 'fusion'].includes(passById(pass).group);
