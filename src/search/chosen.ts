import type { GeneView, SpaceRequest } from './types.ts';

/** A gene before anybody has said whether it is searched. */
type Offered = Omit<GeneView, 'searched' | 'allowed'>;

/** The genes of a space as a request has them: which are searched, among which choices. */
export const viewOf = (
  { genes }: { readonly genes: readonly Offered[] },
  { kinds, genes: asked }: SpaceRequest,
): readonly GeneView[] =>
  genes.map(({ id, kind, name, choices, labels, nodes, spared }): GeneView => {
    const own = asked[id];
    const searched = own?.searched ?? (spared === null && kinds.includes(kind));
    const all = choices.map((_, index) => index);
    const given = own?.choices?.filter((index) => index in choices) ?? all;
    const allowed = !searched ? all.slice(-1) : given.length > 0 ? [...given].sort((a, b) => a - b) : all;
    return { id, kind, name, choices, labels, nodes, spared, searched: searched && allowed.length > 1, allowed };
  });

/** log10 of the number of genomes. */
export const sizeOf = (genes: readonly GeneView[]): number =>
  genes.reduce((sum, { allowed }) => sum + Math.log10(allowed.length), 0);
