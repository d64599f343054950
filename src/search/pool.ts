import type { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Evaluator, Work } from './evaluate.ts';
import type { Metrics } from './types.ts';

/** Metrics, or why there are none: a sub-network that cannot be built or run. */
export type Outcome = { readonly metrics: Metrics } | { readonly reason: string };

/** What is the sub-network's own fault. */
export const OWN: ReadonlySet<string> = new Set([
  'unsupported',
  'runtime',
  'bad-request',
  'invalid-graph',
  'pass-failed',
  'replay-failed',
]);

/**
 * Spreads work over evaluators; each takes the next one when it is free, until `ended`. `told` gets each outcome as it
 * comes. An evaluator that is lost gives its work back and is told of by `lost`; the last one throws.
 */
export async function evaluateAll(
  evaluators: readonly Evaluator[],
  works: readonly Work[],
  job: Job,
  { told, ended, lost }: EvaluateHooks,
): Promise<void> {
  const waiting = works.map((_, index) => index);
  const failures: unknown[] = [];
  let left = evaluators.length;
  const serve = async (evaluator: Evaluator): Promise<void> => {
    while (failures.length === 0) {
      await job.checkpoint();
      if (ended()) return;
      const index = waiting.shift();
      const work = index === undefined ? undefined : works[index];
      if (index === undefined || !work) return;
      try {
        await told(index, await outcomeOf(evaluator, work, job));
      } catch (error) {
        const isLost = (error as CodedError).code === 'device-lost' || (error as CodedError).code === 'worker-died';
        left -= 1;
        if (!isLost || left === 0) throw error;
        waiting.unshift(index);
        lost(evaluator, error as CodedError);
        return;
      }
    }
  };
  await Promise.all(
    evaluators.map(async (evaluator) => {
      try {
        await serve(evaluator);
      } catch (error) {
        failures.push(error);
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
  // The last one to be lost may have given work back after the others had gone.
  if (waiting.length > 0 && !ended()) {
    const there = evaluators.slice(0, 1);
    await evaluateAll(
      there,
      waiting.map((index) => works[index]!),
      job,
      {
        told: (place, outcome) => told(waiting[place]!, outcome),
        ended,
        lost,
      },
    );
  }
}

export interface EvaluateHooks {
  readonly told: (index: number, outcome: Outcome) => void | Promise<void>;
  /** No more is to be found out. */
  readonly ended: () => boolean;
  readonly lost: (evaluator: Evaluator, error: CodedError) => void;
}

async function outcomeOf(evaluator: Evaluator, work: Work, job: Job): Promise<Outcome> {
  try {
    return { metrics: await evaluator.evaluate(work, job) };
  } catch (error) {
    const { code, message } = error as CodedError;
    if (!OWN.has(code)) throw error;
    return { reason: message };
  }
}
