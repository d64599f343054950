import { plural } from '../base/format.ts';
import type { Recipe } from '../recipe/types.ts';
import { bind, ifHolds } from './bound.ts';
import type { Core, Opened } from './core.ts';
import type { CompareState } from './compared.ts';
import { handRecipe, recipeText, stemOf } from './exporting.ts';
import { pointOf, type SearchRun } from './searching-run.ts';

export interface FoundActions {
  /** Selects a sub-network by its id. */
  selectFound(id: number | null): void;
  hoverFound(id: number | null): void;
  /** The next or the one before on the front. */
  stepFront(by: 1 | -1): void;
  /** Points at a gene: its bars stand out. */
  markGene(id: string | null): void;
  /** Shows the nodes of a gene on the graph of the stop that is searched. */
  showGene(id: string): Promise<void>;
  /** The selected sub-network becomes steps of the recipe, and is shown on the canvas. */
  openFound(): Promise<void>;
  /** The same, beside the stop that was searched. */
  compareFound(): Promise<void>;
  /** Copies the choices of the selected sub-network, gene by gene. */
  copyFound(): Promise<void>;
  /** Copies the selected sub-network as a recipe that begins at the opened file. */
  copyFoundRecipe(): Promise<void>;
  /** Saves the same, with the learnt weights that its steps name. */
  saveFoundRecipe(): Promise<void>;
}

interface Around {
  landed(opened: Opened, title: string, kept: number): void;
  moveTo(cursor: number): Promise<void>;
  compareSides(sides: Partial<Pick<CompareState, 'a' | 'b'>>): void;
  focusNode(node: number): void;
}

/** The choices of a sub-network: what another person, or a script, can read. */
export const genomeText = ({ genes, points }: SearchRun, id: number): string => {
  const genome = pointOf(points, id)?.genome ?? [];
  const choices = genes.map((gene, at) => [gene.id, gene.labels[genome[at] ?? 0] ?? ''] as const);
  return JSON.stringify({ genome, genes: Object.fromEntries(choices) }, null, 1);
};

/** What is done with what a search has found. */
export function foundActions(core: Core, around: Around): FoundActions {
  const { searching: store, view } = core;

  const selected = (): { readonly run: SearchRun; readonly id: number } | null => {
    const { run, selected: id } = store.getState();
    return run && id !== null && pointOf(run.points, id) ? { run, id } : null;
  };

  /** The stop at which the selected sub-network lies, with the steps that lead there; null: it could not be made. */
  async function place(): Promise<number | null> {
    const found = selected();
    if (!found) return null;
    const { run, id } = found;
    const { used } = store.getState();
    const there = used?.result === id ? ifHolds(core, used) : null;
    if (there) {
      await around.moveTo(there.stop);
      return there.stop;
    }
    const genome = pointOf(run.points, id)?.genome ?? [];
    const { stop, request } = run;
    const opened = await core.change('apply', 'search', `Network ${id}`, (call) =>
      core.prepared(core.client.call('useFound', { stop, request, genome }, call)),
    );
    if (!opened) return null;
    around.landed(opened, `Network ${id} of the search`, stop);
    const { cursor } = opened.document;
    store.setState({ used: bind(core, cursor, id) });
    return cursor;
  }

  /** Hands the selected sub-network over as a recipe; `hand` tells what became of it. */
  async function asRecipe(title: string, hand: (recipe: Recipe, id: number) => Promise<string>): Promise<void> {
    const found = selected();
    if (!found) return;
    const { run, id } = found;
    const { stop, request } = run;
    const genome = pointOf(run.points, id)?.genome ?? [];
    try {
      const recipe = await core.runner.run('export', `Network ${id} as a recipe`, (call) =>
        core.client.call('foundRecipe', { stop, request, genome }, call),
      );
      core.notices.show({ tone: 'good', title, text: await hand(recipe, id) });
    } catch (error) {
      core.fail('search', `Network ${id} as a recipe`, error);
    }
  }

  return {
    selectFound: (id) => store.setState({ selected: id }),
    hoverFound: (id) => store.setState({ hovered: id }),
    stepFront(by) {
      const { run, selected: now } = store.getState();
      if (!run || run.front.length === 0) return;
      const { front } = run;
      const at = front.indexOf(now ?? -1);
      const next = at < 0 ? (by > 0 ? 0 : front.length - 1) : Math.max(0, Math.min(front.length - 1, at + by));
      store.setState({ selected: front[next] ?? null });
    },
    markGene: (gene) => store.setState({ gene }),
    async showGene(id) {
      const { stop, space } = store.getState();
      const gene = space?.result.view.genes.find((each) => each.id === id);
      const [first] = gene?.nodes ?? [];
      if (!gene || first === undefined) return;
      await around.moveTo(stop);
      if (core.document.getState().document?.cursor !== stop) return;
      view.setState({ workspace: 'studio', lit: gene.nodes });
      around.focusNode(first);
    },
    async openFound() {
      if ((await place()) !== null) view.setState({ workspace: 'studio', dock: 'recipe' });
    },
    async compareFound() {
      const stop = await place();
      if (stop === null) return;
      around.compareSides({ a: store.getState().run?.stop ?? 0, b: stop });
      view.setState({ workspace: 'compare' });
    },
    async copyFound() {
      const found = selected();
      if (!found) return;
      try {
        await core.platform.copy(genomeText(found.run, found.id));
        core.notices.show({ tone: 'good', title: 'Genome copied', text: `Network ${found.id}, choice by choice.` });
      } catch (error) {
        core.fail('search', 'Copying', error);
      }
    },
    copyFoundRecipe: () =>
      asRecipe('Recipe copied', async (recipe, id) => {
        await core.platform.copy(recipeText(recipe));
        return `Network ${id}, ${plural(recipe.steps.length, 'step')}.`;
      }),
    saveFoundRecipe: () =>
      asRecipe('Recipe saved', async (recipe, id) => {
        const model = `${stemOf(core.document.getState().document?.name ?? '')}.network-${id}`;
        await handRecipe(core, model, recipe);
        return `Network ${id}, ${plural(recipe.steps.length, 'step')}: drop it on the model to have it again.`;
      }),
  };
}
