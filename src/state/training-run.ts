import type { CompareSide } from '../engine/compare-types.ts';
import type { ErrorRecord } from '../base/error.ts';
import { sparseFrom } from '../train/sparsity.ts';
import type { CurvePoint, Evaluation, TrainProgress, TrainRequest, TrainResult } from '../engine/train/types.ts';

export type TrainStatus = 'running' | 'pausing' | 'paused' | 'stopping' | 'done' | 'cancelled' | 'failed';

/** A training as the page sees it. */
export interface TrainRun {
  readonly status: TrainStatus;
  /** What they were called when it began. */
  readonly student: string;
  /** A second file takes part in no recipe. */
  readonly side: CompareSide;
  readonly teacher: string | null;
  readonly request: TrainRequest;
  /** Names of the terms of the loss, in the order of the points'. */
  readonly terms: readonly string[];
  readonly stage: string;
  readonly step: number;
  /** The step that it went on from; 0: it began anew. */
  readonly from: number;
  /** Steps a second, smoothed; null: none was made yet. */
  readonly pace: number | null;
  readonly curve: readonly CurvePoint[];
  readonly evaluations: readonly Evaluation[];
  /** The teacher on the held-out samples; null: there is none, or it was not asked yet. */
  readonly taught: Evaluation | null;
  readonly result: TrainResult | null;
  readonly error: ErrorRecord | null;
  /** Its model was handed over as a file. */
  readonly saved: boolean;
}

/** Share of the last message in the pace: it steadies what the rest of the machine does. */
const FRESH = 0.25;

const AT_WORK: ReadonlySet<TrainStatus> = new Set(['running', 'pausing', 'paused', 'stopping']);

export const isAtWork = (run: TrainRun | null): boolean => run !== null && AT_WORK.has(run.status);

/** Leaving the page would lose it: it is at work, or nobody has saved what it came to. */
export const isUnsaved = (run: TrainRun | null): boolean => isAtWork(run) || (run?.status === 'done' && !run.saved);

export const begun = (start: Pick<TrainRun, 'student' | 'side' | 'teacher' | 'request' | 'terms'>): TrainRun => ({
  ...start,
  status: 'running',
  stage: 'Preparing',
  step: 0,
  from: 0,
  pace: null,
  curve: [],
  evaluations: [],
  taught: null,
  result: null,
  error: null,
  saved: false,
});

const RESUMED = 'Going on from a checkpoint';

/** The run after some messages, oldest first. */
export function advanced(run: TrainRun, messages: readonly TrainProgress[]): TrainRun {
  const points = messages.flatMap((each) => each.points ?? []);
  const evaluations = messages.flatMap((each) => each.evaluation ?? []);
  let { status, stage, step, from, pace, taught } = run;
  for (const message of messages) {
    stage = message.stage;
    step = message.done ?? step;
    taught = message.teacher ?? taught;
    if (stage === RESUMED) from = step;
    if (message.pace !== undefined) pace = pace === null ? message.pace : pace + FRESH * (message.pace - pace);
    if (stage === 'Paused' && status === 'pausing') status = 'paused';
  }
  return {
    ...run,
    status,
    stage,
    step,
    from,
    pace,
    taught,
    curve: points.length > 0 ? [...run.curve, ...points] : run.curve,
    evaluations: evaluations.length > 0 ? [...run.evaluations, ...evaluations] : run.evaluations,
  };
}

/** Milliseconds until it has made all steps, looks at held-out samples aside; null: not known. */
export function msLeft({ pace, step, request }: TrainRun): number | null {
  return pace === null || pace <= 0 ? null : (1000 * Math.max(0, request.steps - step)) / pace;
}

/** By right answers, then by how sure; for texts by perplexity; without labels by how near the teacher is. */
export function betterOf(a: Evaluation, b: Evaluation): Evaluation {
  const orders: readonly (readonly [keyof Evaluation, 1 | -1])[] = [
    ['perplexity', -1],
    ['top1', 1],
    ['crossEntropy', -1],
    ['divergence', -1],
    ['error', -1],
  ];
  for (const [key, sign] of orders) {
    const [x, y] = [a[key], b[key]];
    if (x !== null && y !== null && x !== y) return sign * (x - y) > 0 ? a : b;
  }
  return a;
}

/** The look at held-out samples that did best so far, as sparse as it shall be if it can; null: there was none. */
export const bestOf = ({ evaluations, result, request }: TrainRun): Evaluation | null =>
  result?.evaluations[result.best] ??
  evaluations.reduce<Evaluation | null>(
    (best, each) => (best && best.step >= sparseFrom(request) ? betterOf(best, each) : each),
    null,
  );
