import type { ErrorRecord } from '../base/error.ts';
import type { SupernetLook, SupernetProgress, SupernetRequest, SupernetResult } from '../search/supernet/types.ts';
import type { TrainStatus } from './training-run.ts';

/** A supernet in training as the page sees it. */
export interface SupernetRun {
  readonly status: TrainStatus;
  /** What the stop was called when it began. */
  readonly name: string;
  readonly request: SupernetRequest;
  readonly stage: string;
  readonly step: number;
  /** The step that it went on from; 0: it began anew. */
  readonly from: number;
  /** Steps a second, smoothed; null: none was made yet. */
  readonly pace: number | null;
  /** Of the last step, over its sub-networks; null: none was made yet. */
  readonly loss: number | null;
  readonly looks: readonly SupernetLook[];
  readonly result: SupernetResult | null;
  readonly error: ErrorRecord | null;
  /** Its model was handed over. */
  readonly saved: boolean;
}

/** Share of the last message in the pace: it steadies what the rest of the machine does. */
const FRESH = 0.25;
const RESUMED = 'Going on from a checkpoint';
const AT_WORK: ReadonlySet<TrainStatus> = new Set(['running', 'pausing', 'paused', 'stopping']);

export const isSupernetAtWork = (run: SupernetRun | null): boolean => run !== null && AT_WORK.has(run.status);

/** Leaving the page would lose it: it is at work, or nobody has taken what it came to. */
export const isSupernetUnsaved = (run: SupernetRun | null): boolean =>
  isSupernetAtWork(run) || (run?.status === 'done' && !run.saved);

export const supernetBegun = (start: Pick<SupernetRun, 'name' | 'request'>): SupernetRun => ({
  ...start,
  status: 'running',
  stage: 'Preparing',
  step: 0,
  from: 0,
  pace: null,
  loss: null,
  looks: [],
  result: null,
  error: null,
  saved: false,
});

/** The run after some messages, oldest first. */
export function supernetAdvanced(run: SupernetRun, messages: readonly SupernetProgress[]): SupernetRun {
  let { status, stage, step, from, pace, loss } = run;
  for (const message of messages) {
    ({ stage } = message);
    step = message.done ?? step;
    loss = message.points?.at(-1)?.loss ?? loss;
    if (stage === RESUMED) from = step;
    if (message.pace !== undefined) pace = pace === null ? message.pace : pace + FRESH * (message.pace - pace);
    if (stage === 'Paused' && status === 'pausing') status = 'paused';
  }
  const looks = messages.flatMap(({ look }) => look ?? []);
  return {
    ...run,
    status,
    stage,
    step,
    from,
    pace,
    loss,
    looks: looks.length > 0 ? [...run.looks, ...looks] : run.looks,
  };
}

/** Milliseconds until it has made all steps, looks at held-out samples aside; null: not known. */
export function supernetLeft({ pace, step, request }: SupernetRun): number | null {
  return pace === null || pace <= 0 ? null : (1000 * Math.max(0, request.steps - step)) / pace;
}
