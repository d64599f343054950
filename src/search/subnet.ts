import type { Json } from '../base/json.ts';
import type { RecipeStep } from '../recipe/types.ts';
import type { Genome } from './genome.ts';
import type { SearchRepair } from './types.ts';
import { canonical, type SearchSpace } from './space.ts';

/**
 * A sub-network as steps of a recipe, which slice the model's own weights: first the size of its images, then blocks go,
 * then kernels shrink, then channels and heads go, the least important ones by group-wise L2 of what is left. In a
 * supernet the last channels go, and kernels shrink as it has learnt. The model itself takes no step.
 *
 * @param genome a choice for each gene of the space, the spared ones too
 * @param repair what is made up for: by least squares kernels are fitted to data as well
 */
export function stepsOf(space: SearchSpace, genome: Genome, repair: SearchRepair = 'none'): readonly RecipeStep[] {
  const chosen = canonical(space, genome);
  const shapes: Record<string, Json> = {};
  const blocks: string[] = [];
  const kernels: Record<string, Json> = {};
  const ratios: Record<string, Json> = {};
  space.genes.forEach(({ place, choices }, index) => {
    const at = chosen[index] ?? 0;
    if (at >= choices.length - 1) return;
    const choice = choices[at] ?? 1;
    switch (place.kind) {
      case 'group':
        ratios[place.key] = 1 - choice;
        return;
      case 'stage':
        blocks.push(...place.sums.slice((choice * place.sums.length) / (choices.at(-1) ?? 1)));
        return;
      case 'kernel':
        kernels[place.key] = choice;
        return;
      case 'resolution':
        shapes[place.input] = place.shapes[at] ?? [];
        return;
      default:
        place satisfies never;
    }
  });
  const repaired = repair === 'mean' || repair === 'least-squares' ? { repair } : {};
  const slicing: readonly [pass: string, about: object, options: RecipeStep['options']][] = [
    ['set-input-shape', shapes, { shapes }],
    ['prune-blocks', blocks, { count: blocks.length, blocks }],
    [
      'shrink-kernels',
      kernels,
      { kernels, ...(repair === 'least-squares' ? { method: repair } : {}), ...learntOf(space, kernels) },
    ],
    ['prune-channels', ratios, { ratio: 0, ...(space.supernet ? { importance: 'order' } : {}), ratios, ...repaired }],
  ];
  const steps = slicing.flatMap(([pass, about, options]): RecipeStep[] =>
    Object.keys(about).length > 0 ? [{ pass, options, sites: 'all' }] : [],
  );
  const norms: RecipeStep = { pass: 'reestimate-batch-norm', options: { basis: 'data' }, sites: 'all' };
  return steps.length > 0 && repair === 'batch-norm' ? [...steps, norms] : steps;
}

/** Of the kernels that shrink, the transforms that they take. */
function learntOf({ supernet }: SearchSpace, kernels: Readonly<Record<string, Json>>): Record<string, Json> {
  const transforms = Object.entries(kernels).flatMap(([conv, least]) => {
    const sizes = Object.entries(supernet?.transforms[conv] ?? {}).filter(([size]) => Number(size) >= Number(least));
    return sizes.length > 0 ? [[conv, Object.fromEntries(sizes)] as const] : [];
  });
  return transforms.length > 0 ? { transforms: Object.fromEntries(transforms) } : {};
}
