import type { SearchSpace } from './space.ts';
import type { GeneView, SpaceRequest } from './types.ts';

/** Genes as the model offers them, or as they were shown before. */
type Offered = Pick<SearchSpace, 'genes' | 'inside'> | { readonly genes: readonly GeneView[] };

/** The genes of a space as a request has them: which are searched, among which choices. */
export function viewOf(space: Offered, { kinds, genes: asked }: SpaceRequest): readonly GeneView[] {
  const places = 'inside' in space ? placesIn(space.inside) : space.genes.map(({ inside }) => inside);
  return space.genes.map(({ id, kind, name, choices, labels, nodes, spared }, index): GeneView => {
    const own = asked[id];
    const searched = own?.searched ?? (spared === null && kinds.includes(kind));
    const all = choices.map((_, index) => index);
    const given = own?.choices?.filter((index) => index in choices) ?? all;
    const allowed = !searched ? all.slice(-1) : given.length > 0 ? [...given].sort((a, b) => a - b) : all;
    const chosen = { searched: searched && allowed.length > 1, allowed };
    return { id, kind, name, choices, labels, nodes, inside: places[index] ?? null, spared, ...chosen };
  });
}

/** For each gene, the depth gene in whose blocks it lies. */
function placesIn(inside: SearchSpace['inside']): readonly GeneView['inside'][] {
  const places = inside.map((): GeneView['inside'] => null);
  inside.forEach((dependents, depth) => {
    for (const { gene, below } of dependents) places[gene] = { gene: depth, below };
  });
  return places;
}

/** log10 of the number of genomes. */
export const sizeOf = (genes: readonly GeneView[]): number =>
  genes.reduce((sum, { allowed }) => sum + Math.log10(allowed.length), 0);
