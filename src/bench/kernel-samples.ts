import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { Runtime } from '../runtime/types.ts';
import { rehearse } from './rehearse.ts';
import { isSettled } from './statistics.ts';
import type { BenchRequest } from './types.ts';

/** Every sample of every kernel of a model, in the order in which the runtime ran them. */
export interface KernelSamples {
  readonly kernels: readonly { readonly node: string; readonly op: string }[];
  /** ms; by kernel, then by run. */
  readonly samples: readonly Float64Array[];
}

const WARM_UP_SHARE = 0.3;
const MAX_WARM_UPS = 40;
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
  const session = await runtime.createSession(model, { ...settings, profile: true }, job);
  try {
    const start = performance.now();
    const late = (share: number): boolean => performance.now() - start > budgetMs * share;
    const warm: number[] = [];
    // What is handed out is a slice for each part: as many as there are kernels, and two around each.
    const most = Math.max(MIN_RUNS, Math.floor(MOST_EVENTS / Math.max(1, session.outputs.length * 3)));
    while (warm.length < Math.min(MAX_WARM_UPS, most) && !late(WARM_UP_SHARE) && !isSettled(warm)) {
      await job.checkpoint();
      const before = performance.now();
      await session.run(feeds);
      warm.push(performance.now() - before);
    }
    for (let done = 0; done < Math.min(runs, most) && (done < MIN_RUNS || !late(1)); done++) {
      await job.checkpoint();
      await session.run(feeds);
    }
    const traced = (await session.endProfile()).slice(warm.length);
    const kernels = (traced[0]?.kernels ?? []).map(({ node, op }) => ({ node, op }));
    const samples = kernels.map((_, place) => Float64Array.from(traced, (run) => run.kernels[place]?.ms ?? NaN));
    return { kernels, samples };
  } finally {
    await session.release();
  }
}
