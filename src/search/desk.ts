import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { DeviceRef } from '../bench/types.ts';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { Stop } from '../engine/document.ts';
import { deviceOf, emptyTable, loadTable, storeTable, type StoredTable } from '../engine/latency-table/table.ts';
import type { LatencyTable } from '../engine/latency-table/types.ts';
import type { RuntimePort } from '../engine/ports.ts';
import type { StepContext } from '../engine/steps.ts';
import { TrainControl } from '../engine/train/control.ts';
import type { PreparedData } from '../engine/train/desk.ts';
import { openTrainData, type TrainFiles } from '../engine/train/files.ts';
import type { ApplyRequest } from '../engine/types.ts';
import type { RecipeStep } from '../recipe/types.ts';
import { assemble, localJudge, repairFor, subjectOf, type LocalJudge, type SearchParts } from './assemble.ts';
import { sizeOf, viewOf } from './chosen.ts';
import { MEASURING } from './measuring.ts';
import { LocalEvaluator, type Evaluator, type RunsOn } from './evaluate.ts';
import type { Genome } from './genome.ts';
import { lentAs } from './lent-clock.ts';
import { mattersIn, runSearch, type SearchJob } from './runner.ts';
import { searchSpace } from './space.ts';
import type { FindingsStore } from './store.ts';
import { trainedKinds } from './supernet/info.ts';
import { stepsOf } from './subnet.ts';
import type { SearchAsk, SearchRequest, SearchResult, SpaceRequest, SpaceView } from './types.ts';

/** What the desk needs of what it stands in. */
export interface SearchSurroundings {
  readonly port: RuntimePort;
  readonly store: FindingsStore;
  /** Learnt weights that steps name. */
  readonly weights: StepContext['weights'];
  /** A stop of the recipe of the open model. */
  stopOf(index: number): Stop;
  /** A lent device as a runtime of its own. */
  portOf(device: DeviceRef): Pick<RuntimePort, 'capabilities' | 'runs' | 'kernels' | 'bench'>;
}

/** What is searched in the open model: the space, the data to judge by, the search at work. */
export class SearchDesk {
  private readonly around: SearchSurroundings;
  private data: PreparedData | null = null;
  private control: TrainControl | null = null;

  constructor(around: SearchSurroundings) {
    this.around = around;
  }

  space(stop: number, request: SpaceRequest): SpaceView {
    const { model, analysis } = this.around.stopOf(stop);
    const space = searchSpace(model, analysis, request);
    const genes = viewOf(space, request);
    const { supernet, notes } = space;
    const kinds = supernet ? trainedKinds(supernet) : [];
    const mark = supernet && {
      kinds: kinds.length > 0 ? kinds : null,
      kernels: Object.keys(supernet.transforms).length,
    };
    return { genes, size: sizeOf(genes), notes, supernet: mark };
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

  /** Sub-networks that were judged on these samples before, in this visit or another. */
  async kept({ stop, request }: SearchAsk, job: Job): Promise<number> {
    const parts = this.parts(stop, request);
    const { samples } = localJudge(parts);
    return this.count(await subjectOf(parts.stop, samples, job));
  }

  /** Runs a search; another one may begin only when it is over. Throws as `runSearch` does. */
  async run(
    { stop, request, judges = [], clock }: SearchAsk,
    table: StoredTable | null,
    job: SearchJob,
  ): Promise<SearchResult> {
    if (this.control) throw new CodedError('bad-request', 'A search is at work already. Stop it first.');
    const control = new TrainControl();
    this.control = control;
    try {
      const parts = this.parts(stop, request);
      const judge = localJudge(parts);
      const { store } = this.around;
      const clockPort = clock ? this.timingOn(clock) : parts.port;
      const times = table ? loadTable(table) : await this.begun(request, clockPort);
      const evaluators = [judge.evaluator, ...judges.map((device) => this.elsewhere(device, parts, judge))];
      const keepTable = (grown: LatencyTable): void => job.progress({ stage: MEASURING, table: storeTable(grown) });
      const how = { table: times, clockPort, keepTable, store, control, evaluators };
      const searched = await assemble(parts, judge, how, job);
      const before = await this.count(searched.subject);
      const result = await runSearch(searched, job);
      const fresh = result.points.filter(({ cached }) => !cached).length;
      await store.put(countKey(searched.subject), { points: before + fresh });
      return result;
    } finally {
      this.control = null;
    }
  }

  /** Of the search at work, if one is. */
  pause = (): void => this.control?.pause();
  resume = (): void => this.control?.resume();
  /** Ends it with what it has found. */
  stop = (): void => this.control?.stop();

  /** A sub-network as steps to apply, one after the other, decided as they were when it was judged. */
  async found(stop: number, request: SearchRequest, genome: Genome, job: Job): Promise<readonly ApplyRequest[]> {
    const steps = await this.steps(stop, request, genome, job);
    return steps.map(({ pass, options, decisions }) => ({ pass, options, off: [], ...(decisions && { decisions }) }));
  }

  /** The same as steps of a recipe: their replay needs no samples. */
  async steps(stop: number, request: SearchRequest, genome: Genome, job: Job): Promise<readonly RecipeStep[]> {
    const parts = this.parts(stop, request);
    const { model, analysis } = parts.stop;
    const space = searchSpace(model, analysis, request.space);
    const steps = stepsOf(space, genome, repairFor(request.repair, parts.stop));
    return localJudge(parts).evaluator.decided(steps, job);
  }

  private parts(stop: number, request: SearchRequest) {
    const { data } = this;
    if (!data) throw new CodedError('bad-request', 'There is nothing to judge by: give samples first.');
    const { port, weights } = this.around;
    return { stop: this.around.stopOf(stop), data, request, port, weights };
  }

  /** Sub-networks are built here and run there. */
  private elsewhere(device: DeviceRef, parts: SearchParts, judge: LocalJudge): Evaluator {
    const port = this.around.portOf(device);
    const on: RunsOn = (bytes, feeds, job) => port.runs({ name: 'sub-network', bytes }, feeds, job);
    const repairs = repairFor(parts.request.repair, parts.stop) !== 'none';
    return new LocalEvaluator({ ...parts, samples: judge.samples, repairs }, device.name, on);
  }

  private timingOn(device: DeviceRef): RuntimePort {
    const there = this.around.portOf(device);
    const capabilities = async () => lentAs(await there.capabilities(), device.name);
    return { ...this.around.port, ...there, capabilities };
  }

  /** A table of the device that has no times yet; null: latency plays no part. */
  private async begun(request: SearchRequest, port: RuntimePort): Promise<LatencyTable | null> {
    if (!mattersIn(request, 'latency')) return null;
    return emptyTable(deviceOf(await port.capabilities(), 'wasm', request.threads));
  }

  private async count(subject: string): Promise<number> {
    const known = (await this.around.store.get(countKey(subject))) as { readonly points: number } | null;
    return known?.points ?? 0;
  }
}

const countKey = (subject: string): string => `count ${subject}`;
