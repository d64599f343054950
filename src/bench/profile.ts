import { defined } from '../base/assert.ts';
import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { KernelEvent, TracedRun } from '../runtime/trace.ts';
import type { Runtime } from '../runtime/types.ts';
import { rehearse, type Inputs } from './rehearse.ts';
import { isSettled, median } from './statistics.ts';
import type { BenchRequest, KernelTime, Profile } from './types.ts';

/** Share of the budget that warming up may take. */
const WARM_UP_SHARE = 0.5;
const MAX_WARM_UPS = 100;
const MIN_RUNS = 3;

/**
 * Times every kernel of a model by the runtime's own profile: runs until their times stop falling, then `runs` more,
 * of which the medians are told. Keeping the profile costs time itself, so a benchmark runs without it.
 *
 * Throws `runtime`, `unsupported`, `out-of-memory`, `cancelled`, `bad-request`.
 */
export async function profile(
  runtime: Runtime,
  model: Uint8Array,
  request: BenchRequest,
  job: Job,
  inputs: Inputs = {},
): Promise<Profile> {
  const { backend, level, threads, runs, budgetMs, device } = request;
  if (!Number.isInteger(runs) || runs < 1 || !(budgetMs > 0)) {
    throw new CodedError('bad-request', 'A profile needs at least one run and a budget above 0 ms.');
  }
  const start = performance.now();
  const settings = { backend, level, threads };
  const feeds = await rehearse(runtime, model, settings, inputs, job);
  const session = await runtime.createSession(model, { ...settings, profile: true }, job);
  try {
    const run = async (): Promise<number> => {
      await job.checkpoint();
      const before = performance.now();
      await session.run(feeds);
      return performance.now() - before;
    };
    const late = (share: number): boolean => performance.now() - start > budgetMs * share;
    const warm: number[] = [];
    while (warm.length < MAX_WARM_UPS && !late(WARM_UP_SHARE) && !isSettled(warm)) {
      job.progress({ stage: 'Warming up', done: warm.length });
      warm.push(await run());
    }
    for (let done = 0; done < runs && (done < MIN_RUNS || !late(1)); done++) {
      job.progress({ stage: 'Profiling', done, total: runs });
      await run();
    }
    const counted = (await session.endProfile()).slice(warm.length);
    return { ...(device && { device: device.name }), backend, level, threads, ...medians(counted) };
  } finally {
    await session.release();
  }
}

/** Kernels by name, in the order of the first run; a kernel inside a loop runs more than once, and counts as a whole. */
function medians(runs: readonly TracedRun[]): Pick<Profile, 'runs' | 'ms' | 'kernels'> {
  const times = new Map<string, { readonly kernel: KernelEvent; readonly perRun: number[] }>();
  runs.forEach(({ kernels }, run) => {
    for (const kernel of kernels) {
      const known = times.get(kernel.node) ?? { kernel, perRun: runs.map(() => 0) };
      times.set(kernel.node, known);
      known.perRun[run] = defined(known.perRun[run], 'a time of each run') + kernel.ms;
    }
  });
  const kernels = Array.from(times.values(), ({ kernel: { node, op, provider }, perRun }): KernelTime => {
    return { node, op, provider, ms: median(perRun) };
  });
  return { runs: runs.length, ms: median(runs.map((run) => run.ms)), kernels };
}
