import type { Recipe } from '../../recipe/types.ts';
import type { OpenDocument } from '../opened.ts';
import type { StepContext } from '../steps.ts';
import { replayOn, type Ran } from './replay-on.ts';

/** A branch that the document goes to, and the one that it leaves. */
export interface BranchMove {
  /** What the branch is called by that is left. */
  readonly leave: string;
  readonly to: string;
  /** All steps of the branch, the undone ones included. */
  readonly recipe: Recipe;
  readonly cursor: number;
}

/** Branches whose models stay; the one that was left first goes first. */
const KEPT = 6;
/** Results that weigh more than this together are replayed instead, bytes. */
const KEPT_BYTES = 512e6;

/** What other branches of the open model led to: going back takes no replay, and their checks still hold. */
export class Branches {
  private readonly kept = new Map<string, Ran>();

  forget(): void {
    this.kept.clear();
  }

  /** Stops of a branch, the original first; from what is there already as far as that goes. */
  async stopsOf(
    document: OpenDocument,
    { to, recipe }: Pick<BranchMove, 'to' | 'recipe'>,
    context: StepContext,
  ): Promise<Ran> {
    const backend = recipe.backend ?? document.backend;
    const own = this.kept.get(to);
    const earlier = [document, ...(own ? [own] : []), ...this.kept.values()];
    return { backend, stops: await replayOn(earlier, recipe, { ...context, backend }) };
  }

  /** Puts the document on another branch; nothing changes where its replay is cancelled. */
  async move(document: OpenDocument, move: BranchMove, context: StepContext): Promise<void> {
    const { backend, stops } = await this.stopsOf(document, move, context);
    this.keep(move.leave, { backend: document.backend, stops: [...document.stops] });
    document.backend = backend;
    document.recipeWarning = null;
    document.moveTo(0);
    document.push(stops.slice(1));
    document.moveTo(Math.min(move.cursor, stops.length - 1));
  }

  private keep(id: string, ran: Ran): void {
    this.kept.delete(id);
    this.kept.set(id, ran);
    const bytes = (): number => [...this.kept.values()].reduce((sum, { stops }) => sum + stops.at(-1)!.bytes, 0);
    while (this.kept.size > KEPT || (this.kept.size > 0 && bytes() > KEPT_BYTES)) {
      this.kept.delete([...this.kept.keys()][0]!);
    }
  }
}
