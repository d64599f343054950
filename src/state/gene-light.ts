import type { Core } from './core.ts';

export interface GeneLightActions {
  /** The nodes of a gene stand out on the canvas while somebody points at it; null: nobody does any more. */
  lightGene(id: string | null): void;
}

/** Lights genes on the canvas, and gives back what was lit before. */
export function geneLightActions({ searching, view }: Core): GeneLightActions {
  let own: readonly number[] | null = null;
  let before: readonly number[] | null = null;
  return {
    lightGene(id) {
      searching.setState({ gene: id });
      // Something else may have been lit in the meantime, or all of it put out.
      if (own !== null && view.getState().lit === own) view.setState({ lit: before });
      own = null;
      const gene = searching.getState().space?.result.view.genes.find((each) => each.id === id);
      if (!gene) return;
      before = view.getState().lit;
      own = [...gene.nodes];
      view.setState({ lit: own });
    },
  };
}
