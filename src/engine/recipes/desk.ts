import type { Job } from '../../base/job.ts';
import type { Judgement } from '../fidelity.ts';
import type { OpenDocument } from '../opened.ts';
import type { Parcel } from '../ports.ts';
import type { StepContext } from '../steps.ts';
import type { DocumentView } from '../types.ts';
import { Branches, type BranchMove } from './branches.ts';
import { sweep } from './sweep.ts';
import type { SweepRequest, SweepResult } from './sweep-types.ts';

/** Where the open model is. */
interface RecipePlace {
  current(): OpenDocument;
  context(job: Job): StepContext;
}

/** What is done with whole recipes of the open model: branches and sweeps. */
export class RecipeDesk {
  private readonly branches = new Branches();
  private readonly place: RecipePlace;

  constructor(place: RecipePlace) {
    this.place = place;
  }

  /** Another model is open. */
  forget(): void {
    this.branches.forget();
  }

  /** Leaves one branch of recipes for another; what the one that is left led to is kept where it is light. */
  async switchBranch(move: BranchMove, job: Job): Promise<DocumentView> {
    const document = this.place.current();
    await this.branches.move(document, move, this.place.context(job));
    await document.sha256IfCheap();
    return document.view();
  }

  /** What a branch leads to, as a file; the document stays where it is. */
  async branchModel(branch: Omit<BranchMove, 'leave'>, job: Job): Promise<Parcel> {
    const { backend, stops } = await this.branches.stopsOf(this.place.current(), branch, this.place.context(job));
    return this.place
      .current()
      .beside(stops, backend)
      .parcel(Math.min(branch.cursor, stops.length - 1));
  }

  /** Gives one option of a recipe several values; nothing of the document changes. */
  sweep = (request: SweepRequest, judgement: Judgement | null, job: Job): Promise<SweepResult> =>
    sweep(this.place.current(), request, judgement, this.place.context(job));
}
