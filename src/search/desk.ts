import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { StoredTable } from '../engine/latency-table/table.ts';
import type { RuntimePort } from '../engine/ports.ts';
import type { Stop } from '../engine/document.ts';
import type { PreparedData } from '../engine/train/desk.ts';
import { openTrainData, type TrainFiles } from '../engine/train/files.ts';
import type { ApplyRequest } from '../engine/types.ts';
import type { Genome } from './genome.ts';
import { sizeOf, viewOf } from './chosen.ts';
import { searchSpace } from './space.ts';
import { stepsOf } from './subnet.ts';
import type { SearchAsk, SearchProgress, SearchResult, SpaceRequest, SpaceView } from './types.ts';

/** A job whose progress tells of a search. */
export interface SearchJob extends Omit<Job, 'progress'> {
  progress(progress: SearchProgress): void;
}

/** What the desk needs of the studio that it stands beside. */
export interface SearchSurroundings {
  readonly port: RuntimePort;
  /** A stop of the recipe of the open model. */
  stopOf(index: number): Stop;
}

/** What is searched in the open model: the space, the data to judge by, the search at work. */
export class SearchDesk {
  private readonly around: SearchSurroundings;
  private data: PreparedData | null = null;

  constructor(around: SearchSurroundings) {
    this.around = around;
  }

  space(stop: number, request: SpaceRequest): SpaceView {
    const { model, analysis } = this.around.stopOf(stop);
    const genes = viewOf(searchSpace(model, analysis, request), request);
    return { genes, size: sizeOf(genes), notes: [] };
  }

  /** Opens samples to judge by, until another model is opened; null: they are given back. Throws as the readers do. */
  async open(files: TrainFiles | null): Promise<AccuracyDataView | null> {
    const opened = files && (await openTrainData(files, 'judge', this.around.stopOf(0).summary.inputs));
    this.data = opened && opened.data;
    return opened && opened.view;
  }

  forget(): void {
    this.data = null;
  }

  /** A sub-network as steps to apply, one after the other. */
  steps(stop: number, request: SpaceRequest, genome: Genome): readonly ApplyRequest[] {
    const { model, analysis } = this.around.stopOf(stop);
    return stepsOf(searchSpace(model, analysis, request), genome).map(({ pass, options }) => ({
      pass,
      options,
      off: [],
    }));
  }

  kept = (_: SearchAsk): number => 0;

  run(_ask: SearchAsk, _table: StoredTable | null, _job: SearchJob): Promise<SearchResult> {
    const { data } = this;
    if (!data) throw new CodedError('bad-request', 'There is nothing to judge by: give samples first.');
    throw new CodedError('unsupported', 'The search is not served yet.');
  }
}
