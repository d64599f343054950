import type { Job } from '../base/job.ts';
import { readFacts } from '../runtime/facts.ts';
import { planFeeds } from '../runtime/feed-plan.ts';
import { TIMING_ATTEMPTS } from '../runtime/feed-sizes.ts';
import { makeFeeds } from '../runtime/feeds.ts';
import type { Feeds, Runtime, SessionSettings } from '../runtime/types.ts';

/** What a model is timed on. */
export interface Inputs {
  /** Real inputs instead of made ones. */
  readonly feeds?: Feeds;
  /** Fixed shapes, by input, where the model leaves them free. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

/**
 * Loads the first model once without counting it: the runtime itself starts with its first session, and inputs that
 * fit are found by running.
 */
export async function rehearse(
  runtime: Runtime,
  model: Uint8Array,
  settings: SessionSettings,
  { feeds, shapes = {} }: Inputs,
  job: Job,
): Promise<Feeds> {
  job.progress({ stage: 'Starting the runtime' });
  const session = await runtime.createSession(model, settings, job);
  try {
    if (feeds) return feeds;
    const { limits } = readFacts(model);
    const [plan] = await planFeeds(session, { attempts: TIMING_ATTEMPTS, count: 1, shapes, limits }, job);
    return makeFeeds(session.inputs, 'unit', 1, plan ?? { sizes: {}, shapes, limits });
  } finally {
    await session.release();
  }
}
