import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Feeds, Runtime, SessionSettings } from '../runtime/types.ts';
import { rehearse } from './rehearse.ts';
import { isSettled } from './statistics.ts';
import type { BenchRequest } from './types.ts';

/** Every sample of every kernel of a model, in the order in which the runtime ran them. */
export interface KernelSamples {
  readonly kernels: readonly { readonly node: string; readonly op: string }[];
  /** ms; by kernel, then by run. */
  readonly samples: readonly Float64Array[];
}

const WARM_UP_SHARE = 0.4;
/** Of the budget, however steady times seem: a runtime that just started is compiled better after a while only. */
const LEAST_WARM_UP = 0.2;
/** First runs of the session that keeps the profile. */
const UNCOUNTED = 3;
const MIN_RUNS = 5;
/** The runtime tells its profile as text, which is read at once: more kernels than this are not asked for. */
const MOST_EVENTS = 20_000;

/**
 * Runs a model until its times stop falling, then `runs` times more within the budget, and hands out what each kernel
 * took each time. Throws `runtime`, `unsupported`, `out-of-memory`, `cancelled`, `bad-request`.
 */
export async function kernelSamples(
  runtime: Runtime,
  model: Uint8Array,
  request: BenchRequest,
  job: Job,
): Promise<KernelSamples> {
  const { backend, level, threads, runs, budgetMs } = request;
  if (!Number.isInteger(runs) || runs < 1 || !(budgetMs > 0)) {
    throw new CodedError('bad-request', 'Kernels are timed in at least one run, within a budget above 0 ms.');
  }
  const settings = { backend, level, threads, ...request.loads?.a };
  const feeds = await rehearse(runtime, model, settings, {}, job);
  const start = performance.now();
  const late = (share: number): boolean => performance.now() - start > budgetMs * share;
  await warmUp(runtime, model, settings, feeds, late, job);
  const session = await runtime.createSession(model, { ...settings, profile: true }, job);
  try {
    // What is handed out is a slice for each part: as many as there are kernels, and two around each.
    const most = Math.max(MIN_RUNS, Math.floor(MOST_EVENTS / Math.max(1, session.outputs.length * 3)));
    const planned = Math.min(runs, most);
    for (let done = -UNCOUNTED; done < planned && (done < MIN_RUNS || !late(1)); done++) {
      await job.checkpoint();
      await session.run(feeds);
    }
    const traced = (await session.endProfile()).slice(UNCOUNTED);
    const kernels = (traced[0]?.kernels ?? []).map(({ node, op }) => ({ node, op }));
    const samples = kernels.map((_, place) => Float64Array.from(traced, (run) => run.kernels[place]?.ms ?? NaN));
    return { kernels, samples };
  } finally {
    await session.release();
  }
}

/** In a session without a profile: its runs need not be read back. */
async function warmUp(
  runtime: Runtime,
  model: Uint8Array,
  settings: SessionSettings,
  feeds: Feeds,
  late: (share: number) => boolean,
  job: Job,
): Promise<void> {
  const session = await runtime.createSession(model, settings, job);
  try {
    const times: number[] = [];
    while (!late(WARM_UP_SHARE) && !(late(LEAST_WARM_UP) && isSettled(times))) {
      await job.checkpoint();
      const before = performance.now();
      await session.run(feeds);
      times.push(performance.now() - before);
    }
  } finally {
    await session.release();
  }
}
