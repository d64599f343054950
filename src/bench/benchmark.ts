import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { seeded, type Random } from '../base/random.ts';
import type { Runtime, SessionSettings } from '../runtime/types.ts';
import { benchMessage } from './message.ts';
import { rehearse, type Inputs } from './rehearse.ts';
import { bootstrapRatio, judge, median } from './statistics.ts';
import { Subject, type Clock } from './subject.ts';
import type { BenchRequest, BenchResult } from './types.ts';

export interface BenchOptions extends Inputs {
  /** ms; tests give their own. */
  readonly clock?: Clock;
  /** Of the order of runs and of the bootstrap. */
  readonly seed?: number;
}

/** Share of the budget that loading and warming up may take. */
const WARM_UP_SHARE = 0.4;
const MAX_WARM_UPS = 200;
/** Samples that are taken however long they take. */
const MIN_SAMPLES = 3;

/**
 * Times one model, or two side by side: session creation and the first run apart, then a warm-up until times stop
 * falling, then interleaved rounds in random order, so that what the machine does meanwhile hits both alike.
 *
 * Throws `runtime`, `unsupported`, `out-of-memory`, `cancelled`, `bad-request`.
 */
export async function benchmark(
  runtime: Runtime,
  a: Uint8Array,
  b: Uint8Array | null,
  request: BenchRequest,
  job: Job,
  options: BenchOptions = {},
): Promise<BenchResult> {
  if (!Number.isInteger(request.runs) || request.runs < 1 || !(request.budgetMs > 0)) {
    throw new CodedError('bad-request', 'A benchmark needs at least one run and a budget above 0 ms.');
  }
  const clock = options.clock ?? (() => performance.now());
  const start = clock();
  const { webgpu, timerStep } = await runtime.capabilities();
  const [first, second] = settingsOf(request);
  const feeds = await rehearse(runtime, a, first, options, job);
  const subjects: Subject[] = [];
  try {
    for (const [model, settings] of [[a, first] as const, ...(b ? [[b, second] as const] : [])]) {
      await job.checkpoint();
      job.progress({ stage: 'Loading' });
      const before = clock();
      const session = await runtime.createSession(model, settings, job);
      subjects.push(new Subject(session, feeds, clock() - before, clock, timerStep));
    }
    for (const subject of subjects) await subject.firstRun();
    await warmUp(subjects, () => clock() - start > request.budgetMs * WARM_UP_SHARE, job);
    await takeSamples(subjects, request.runs, () => clock() - start > request.budgetMs, seeded(options.seed ?? 1), job);
  } finally {
    for (const { session } of subjects) await session.release();
  }
  const software = request.backend === 'webgpu' && webgpu?.software === true;
  return conclude(subjects, request, options.seed ?? 1, software);
}

/** How the first and the second model are loaded. */
function settingsOf({ backend, level, threads, loads }: BenchRequest): readonly [SessionSettings, SessionSettings] {
  const common = { backend, level, threads };
  return [
    { ...common, ...loads?.a },
    { ...common, ...loads?.b },
  ];
}

/** Until every subject's times are flat, or the time is up. */
async function warmUp(subjects: readonly Subject[], isLate: () => boolean, job: Job): Promise<void> {
  for (let round = 0; round < MAX_WARM_UPS && !isLate(); round++) {
    if (subjects.every((subject) => subject.isSettled)) break;
    job.progress({ stage: 'Warming up', done: round });
    for (const subject of subjects) {
      await job.checkpoint();
      await subject.warmUp();
    }
  }
  for (const subject of subjects) subject.endWarmUp();
}

/** Blocks of ABBA or BAAB, tossed for: neither a drift nor the neighbour favours one of the two. */
async function takeSamples(
  subjects: readonly Subject[],
  runs: number,
  isLate: () => boolean,
  random: Random,
  job: Job,
): Promise<void> {
  for (let pair = 0, flip = false; pair < runs; pair++) {
    if (pair >= MIN_SAMPLES && isLate()) break;
    job.progress({ stage: 'Timing', done: pair, total: runs });
    flip = pair % 2 === 0 ? random() < 0.5 : !flip;
    for (const subject of flip ? subjects.toReversed() : subjects) {
      await job.checkpoint();
      await subject.sample();
    }
  }
}

function conclude(subjects: readonly Subject[], request: BenchRequest, seed: number, software: boolean): BenchResult {
  const [a, b] = subjects;
  if (!a) throw new Error('invariant: a benchmark has a first model');
  const { backend, level, threads, device } = request;
  const pair = b && {
    ratio: median(a.samples) / median(b.samples),
    interval: bootstrapRatio(a.samples, b.samples, seed),
  };
  const result = {
    ...(device && { device: device.name }),
    backend,
    level,
    threads,
    a: a.timing(),
    b: b?.timing() ?? null,
    ratio: pair?.ratio ?? null,
    interval: pair?.interval ?? null,
    verdict: pair ? judge(pair.interval, a.samples.length) : null,
  };
  return { ...result, message: benchMessage(result, request.runs, software) };
}
