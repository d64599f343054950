import type { Json } from '../base/json.ts';
import type { RecipeStep } from '../recipe/types.ts';
import type { Genome } from './genome.ts';
import type { SearchRepair } from './types.ts';
import { canonical, type SearchSpace } from './space.ts';

/**
 * A sub-network as steps of a recipe, which slice the model's own weights: blocks go first, then channels and heads, the
 * least important ones by group-wise L2 of what is left. The model itself takes no step.
 *
 * @param genome a choice for each gene of the space, the spared ones too
 * @param repair what is made up for afterwards
 */
export function stepsOf(space: SearchSpace, genome: Genome, repair: SearchRepair = 'none'): readonly RecipeStep[] {
  const chosen = canonical(space, genome);
  const blocks: string[] = [];
  const ratios: Record<string, Json> = {};
  space.genes.forEach(({ place, choices }, index) => {
    const choice = choices[chosen[index] ?? 0] ?? 1;
    if (place.kind === 'group') {
      if (choice < 1) ratios[place.key] = 1 - choice;
      return;
    }
    const units = choices.at(-1) ?? 0;
    const perUnit = place.sums.length / Math.max(1, units);
    blocks.push(...place.sums.slice(choice * perUnit));
  });
  const steps: RecipeStep[] = [];
  if (blocks.length > 0) steps.push({ pass: 'prune-blocks', options: { count: blocks.length, blocks }, sites: 'all' });
  if (Object.keys(ratios).length > 0) {
    const repaired = repair === 'mean' || repair === 'least-squares' ? { repair } : {};
    steps.push({ pass: 'prune-channels', options: { ratio: 0, ratios, ...repaired }, sites: 'all' });
  }
  if (steps.length > 0 && repair === 'batch-norm') {
    steps.push({ pass: 'reestimate-batch-norm', options: {}, sites: 'all' });
  }
  return steps;
}
