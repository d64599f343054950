import type { Json } from '../base/json.ts';
import type { RecipeStep } from '../recipe/types.ts';
import type { Genome } from './genome.ts';
import { canonical, type SearchSpace } from './space.ts';

/**
 * A sub-network as steps of a recipe, which slice the model's own weights: blocks go first, then channels and heads, the
 * least important ones by group-wise L2 of what is left; of a supernet the last ones. The model itself takes no step.
 *
 * @param genome a choice for each gene of the space, the spared ones too
 */
export function stepsOf(space: SearchSpace, genome: Genome): readonly RecipeStep[] {
  const chosen = canonical(space, genome);
  const blocks: string[] = [];
  const ratios: Record<string, Json> = {};
  space.genes.forEach(({ place, choices }, index) => {
    const choice = choices[chosen[index] ?? 0] ?? 1;
    if (place.kind === 'group') {
      if (choice < 1) ratios[place.key] = 1 - choice;
      return;
    }
    if (place.kind !== 'stage') return;
    const units = choices.at(-1) ?? 0;
    const perUnit = place.sums.length / Math.max(1, units);
    blocks.push(...place.sums.slice(choice * perUnit));
  });
  const steps: RecipeStep[] = [];
  if (blocks.length > 0) steps.push({ pass: 'prune-blocks', options: { count: blocks.length, blocks }, sites: 'all' });
  if (Object.keys(ratios).length > 0) {
    const importance = space.supernet ? { importance: 'order' } : {};
    steps.push({ pass: 'prune-channels', options: { ratio: 0, ...importance, ratios }, sites: 'all' });
  }
  return steps;
}
