import type { Job } from '../base/job.ts';
import { readFacts } from './facts.ts';
import { planFeeds } from './feed-plan.ts';
import { TIMING_ATTEMPTS } from './feed-sizes.ts';
import { makeFeeds } from './feeds.ts';
import type { Feeds, HostTensor, Runtime, RuntimeSession, SessionSettings } from './types.ts';

/** Inputs that are made up: normal numbers, by the seeds `first`, `first` + 1, …. */
export interface MadeUp {
  readonly first: number;
  readonly count: number;
}

export const isMadeUp = (inputs: readonly Feeds[] | MadeUp): inputs is MadeUp => 'first' in inputs;

/** Runs a model on one set of inputs after the other, in one session. Throws `runtime` where one does not fit. */
export async function runMany(
  runtime: Runtime,
  model: Uint8Array,
  inputs: readonly Feeds[] | MadeUp,
  settings: SessionSettings,
  job: Job,
): Promise<Record<string, HostTensor>[]> {
  const session = await runtime.createSession(model, settings, job);
  try {
    const feeds = isMadeUp(inputs) ? await madeUp(session, model, inputs, job) : inputs;
    return await runEach(session, feeds, job);
  } finally {
    await session.release();
  }
}

/** One run after the other. */
export async function runEach(
  session: RuntimeSession,
  inputs: readonly Feeds[],
  job: Job,
): Promise<Record<string, HostTensor>[]> {
  const results: Record<string, HostTensor>[] = [];
  for (const each of inputs) {
    await job.checkpoint();
    results.push(await session.run(each));
  }
  return results;
}

async function madeUp(session: RuntimeSession, model: Uint8Array, inputs: MadeUp, job: Job): Promise<Feeds[]> {
  const { limits } = readFacts(model);
  const [plan] = await planFeeds(session, { attempts: TIMING_ATTEMPTS, count: 1, limits }, job);
  const chosen = plan ?? { sizes: {}, shapes: {}, limits };
  return Array.from({ length: inputs.count }, (_, i) =>
    makeFeeds(session.inputs, 'normal', inputs.first + i + 1, chosen),
  );
}
