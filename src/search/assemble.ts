import type { Job } from '../base/job.ts';
import type { Stop } from '../engine/document.ts';
import type { LatencyTable } from '../engine/latency-table/types.ts';
import { sha256Of } from '../engine/artifacts.ts';
import type { RuntimePort } from '../engine/ports.ts';
import type { StepContext } from '../engine/steps.ts';
import type { PreparedData } from '../engine/train/desk.ts';
import type { TrainControl } from '../engine/train/control.ts';
import { writeModel } from '../onnx/write.ts';
import { viewOf } from './chosen.ts';
import { SearchClock, type ClockBudget } from './clock.ts';
import { LocalEvaluator, type Evaluator } from './evaluate.ts';
import type { Searched } from './runner.ts';
import { SearchSamples } from './samples.ts';
import { searchSpace } from './space.ts';
import type { FindingsStore } from './store.ts';
import type { SearchRepair, SearchRequest } from './types.ts';

/** What a search is made of. */
export interface SearchParts {
  readonly stop: Stop;
  readonly data: PreparedData;
  readonly request: SearchRequest;
  readonly port: RuntimePort;
  readonly weights: StepContext['weights'];
}

/** What is made up for after slicing, where nobody says. */
export function repairFor(asked: SearchRequest['repair'], { model }: Stop): SearchRepair {
  if (asked !== null) return asked;
  const hasNorms = [...model.nodes.values()].some(({ opType }) => opType === 'BatchNormalization');
  return hasNorms ? 'batch-norm' : 'mean';
}

/** What judges sub-networks here, and by what. */
export interface LocalJudge {
  readonly evaluator: LocalEvaluator;
  readonly samples: SearchSamples;
}

export function localJudge({ stop, data, request, port, weights }: SearchParts): LocalJudge {
  const repairs = repairFor(request.repair, stop) !== 'none';
  const samples = new SearchSamples(data, { samples: request.samples, repairs });
  return { evaluator: new LocalEvaluator({ stop, samples, port, repairs, weights }), samples };
}

/** The same for the same weights and the same samples, wherever they come from. */
export async function subjectOf(stop: Stop, samples: SearchSamples, job: Job): Promise<string> {
  const hash = await samples.hash(stop.summary.inputs, job);
  return `${await sha256Of(writeModel(stop.model))} ${hash}`;
}

export interface SearchWith {
  /** Null: latency plays no part. */
  readonly table: LatencyTable | null;
  /** What times are taken on, where that is another device. */
  readonly clockPort?: RuntimePort;
  readonly clockBudget?: ClockBudget;
  readonly keepTable?: (table: LatencyTable) => void;
  readonly store: FindingsStore;
  readonly control: TrainControl;
  /** Others that judge; none: it is done here. */
  readonly evaluators?: readonly Evaluator[];
}

/** Puts a search together. */
export async function assemble(
  { stop, request, port }: SearchParts,
  { evaluator, samples }: LocalJudge,
  how: SearchWith,
  job: Job,
): Promise<Searched> {
  const space = searchSpace(stop.model, stop.analysis, request.space);
  job.progress({ stage: 'Reading samples' });
  return {
    subject: await subjectOf(stop, samples, job),
    space,
    genes: viewOf(space, request.space),
    request,
    repair: repairFor(request.repair, stop),
    samples: samples.count,
    evaluators: how.evaluators && how.evaluators.length > 0 ? how.evaluators : [evaluator],
    build: (steps, each) => evaluator.build(steps, each),
    clock: how.table && new SearchClock(how.table, how.clockPort ?? port, how.keepTable, how.clockBudget),
    store: how.store,
    control: how.control,
    now: () => performance.now(),
  };
}
