import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import type { KernelEvent, TracedRun } from '../runtime/trace.ts';
import type { Runtime } from '../runtime/types.ts';
import { rehearse, type Inputs } from './rehearse.ts';
import { isSettled } from './statistics.ts';
import type { BenchRequest, KernelTime, Profile } from './types.ts';

/** Share of the budget that warming up may take. */
const WARM_UP_SHARE = 0.5;
/** ms; short runs are level before the optimizing compiler of WASM has begun, and twice as fast once it is done. */
const MIN_WARM_UP = 1600;
const MAX_WARM_UPS = 1000;
const MIN_RUNS = 3;

/**
 * Times every kernel of a model by the runtime's own profile: runs until their times stop falling, then `runs` more,
 * of which the means over the middle half are told. Keeping the profile costs time itself, so a benchmark runs without it.
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
  const { webgpu } = await runtime.capabilities();
  const start = performance.now();
  const settings = { backend, level, threads, ...request.loads?.a };
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
    const begun = performance.now();
    const early = (): boolean => performance.now() - begun < MIN_WARM_UP;
    while (warm.length < MAX_WARM_UPS && !late(WARM_UP_SHARE) && (early() || !isSettled(warm))) {
      job.progress({ stage: 'Warming up', done: warm.length });
      warm.push(await run());
    }
    for (let done = 0; done < runs && (done < MIN_RUNS || !late(1)); done++) {
      job.progress({ stage: 'Profiling', done, total: runs });
      await run();
    }
    const counted = (await session.endProfile()).slice(warm.length);
    const shapes = Object.entries(feeds).map(([name, { shape }]) => [name, shape] as const);
    return {
      ...(device && { device: device.name }),
      software: backend === 'webgpu' && webgpu?.software === true,
      backend,
      level: settings.level,
      threads,
      inputs: Object.fromEntries(shapes),
      ...summarized(counted),
    };
  } finally {
    await session.release();
  }
}

interface Gathered {
  readonly first: KernelEvent;
  /** Over the counted runs. */
  ms: number;
  least: number;
  calls: number;
}

/** The runtime keeps names apart within a graph, and places between graphs are told apart well enough. */
const keyOf = ({ node, index }: KernelEvent): string => `${index} ${node}`;

/**
 * The half of the runs that lies around the median. Means over the same runs add up, which medians of kernels do not:
 * on a machine that does other things as well, a different kernel is held up in each run.
 */
function middleHalf(runs: readonly TracedRun[]): readonly TracedRun[] {
  const sorted = [...runs].sort((a, b) => a.ms - b.ms);
  const cut = Math.floor(sorted.length / 4);
  return sorted.slice(cut, sorted.length - cut);
}

/** Kernels by name, in the order of a run; a kernel inside a loop runs more than once, and counts as a whole. */
function summarized(runs: readonly TracedRun[]): Pick<Profile, 'runs' | 'ms' | 'clock' | 'kernels' | 'timeline'> {
  const clock = runs.some((run) => run.kernels.some(({ gpuMs }) => gpuMs !== null)) ? 'gpu' : 'processor';
  const counted = middleHalf(runs);
  const found = new Map<string, Gathered>();
  for (const kernel of counted.flatMap((run) => run.kernels)) {
    const known = found.get(keyOf(kernel)) ?? { first: kernel, ms: 0, least: Infinity, calls: 0 };
    found.set(keyOf(kernel), known);
    known.ms += timeOf(kernel, clock);
    known.least = Math.min(known.least, timeOf(kernel, clock));
    known.calls += 1;
  }
  const kernels = Array.from(found.values(), ({ first, ms, least, calls }): KernelTime => {
    const { node, op, provider, inputs, outputs } = first;
    return { node, op, provider, ms: ms / counted.length, least, calls: calls / counted.length, inputs, outputs };
  });
  const places = new Map(Array.from(found.keys(), (key, place) => [key, place]));
  const typical = counted[Math.floor(counted.length / 2)];
  const timeline = (typical?.kernels ?? []).map((kernel) => {
    return { kernel: places.get(keyOf(kernel)) ?? 0, start: kernel.start, ms: kernel.span };
  });
  const ms = counted.reduce((sum, run) => sum + run.ms, 0) / counted.length;
  return { runs: runs.length, ms, clock, kernels, timeline };
}

/**
 * On a graphics card the processor only hands kernels over: its own time for a kernel of the card says nothing of it,
 * and a kernel without a program there (a reshape) takes none.
 */
const timeOf = ({ ms, gpuMs, provider }: KernelEvent, clock: Profile['clock']): number =>
  clock === 'gpu' && provider.startsWith('WebGpu') ? (gpuMs ?? 0) : ms;
