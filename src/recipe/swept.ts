import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { hasPass, passById } from '../passes/index.ts';
import { resolveOptions } from '../rewrite/options.ts';
import type { Recipe, RecipeStep } from './types.ts';

/** One option of one step, which is given several values. `step` from 0. */
export interface SweptOption {
  readonly step: number;
  readonly option: string;
}

/**
 * The recipe with another value. What was decided at this step and behind it was decided for the old value, and is decided
 * anew. Throws `bad-request` for a step, an option or a value that there is not.
 */
export function withValue(recipe: Recipe, { step: at, option }: SweptOption, value: Json): Recipe {
  const step = recipe.steps[at];
  if (!step) throw bad(`The recipe has no step ${at + 1}: it has ${recipe.steps.length}.`);
  if (!hasPass(step.pass))
    throw bad(`Step ${at + 1} cannot be swept: this Whittle does not have the pass "${step.pass}".`);
  const options = { ...step.options, [option]: value };
  resolveOptions(passById(step.pass), options);
  const steps = recipe.steps.map((each, index) =>
    index < at ? each : undecided(index === at ? { ...each, options } : each),
  );
  return { ...recipe, steps };
}

function undecided(step: RecipeStep): RecipeStep {
  const { decisions: _, measured: __, ...asked } = step;
  return asked;
}

/** Index of the step that `wanted` names: its number from 1, or its pass. Throws `bad-request`. */
export function stepNamed({ steps }: Recipe, wanted: string): number {
  if (/^\d+$/.test(wanted)) {
    const at = Number(wanted) - 1;
    if (steps[at]) return at;
    throw bad(`The recipe has no step ${wanted}: it has ${steps.length}.`);
  }
  const found = steps.flatMap(({ pass }, index) => (pass === wanted ? [index] : []));
  if (found.length === 1) return found[0]!;
  const passes = [...new Set(steps.map(({ pass }) => pass))].join(', ') || 'none';
  throw bad(
    found.length === 0
      ? `The recipe has no step ${wanted}. Its passes: ${passes}.`
      : `${wanted} is in the recipe ${found.length} times: as steps ${found.map((at) => at + 1).join(', ')}. Name one by its number.`,
  );
}

const bad = (message: string): CodedError => new CodedError('bad-request', message);
