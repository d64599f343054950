import { CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { seeded } from '../base/random.ts';
import type { Runtime, SessionSettings } from '../runtime/types.ts';
import { benchMessage } from './message.ts';
import { rehearse, type Inputs } from './rehearse.ts';
import { conditionsOf, probeQuiet } from './quiet.ts';
import { takeRounds, type Entrant } from './rounds.ts';
import { bootstrapRatio, judge, median } from './statistics.ts';
import { Subject, type Clock } from './subject.ts';
import type { BenchRequest, BenchResult, Conditions } from './types.ts';

export interface BenchOptions extends Inputs {
  /** ms; tests give their own. */
  readonly clock?: Clock;
  /** Of the order of runs and of the bootstrap. */
  readonly seed?: number;
}

/**
 * Times one model, or two side by side, in rounds; see `takeRounds`. How quiet the machine is, is looked at before and
 * after, unless the request leaves that out. A software WebGPU adapter gets no verdict.
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
  const { webgpu, timerStep } = await runtime.capabilities();
  const settings = settingsOf(request);
  const feeds = await rehearse(runtime, a, settings[0], options, job);
  const quiet = request.looks === false ? null : probeQuiet(clock, timerStep);
  const start = clock();
  const entrants = (b ? [a, b] : [a]).map((model, index): Entrant => {
    const chosen = settings[index] ?? settings[0];
    const open = () => runtime.createSession(model, chosen, job);
    return { subject: new Subject(feeds, clock, timerStep), settings: chosen, open };
  });
  const seed = options.seed ?? 1;
  const spent = (): number => (clock() - start) / request.budgetMs;
  try {
    await takeRounds(entrants, { request, spent, clock, random: seeded(seed), job });
  } finally {
    for (const { subject } of entrants) await subject.release();
  }
  const conditions = conditionsOf(quiet, quiet && probeQuiet(clock, timerStep, quiet.turns));
  if (request.heap && request.backend === 'wasm') {
    job.progress({ stage: 'Measuring memory' });
    for (const [index, { subject, settings: chosen }] of entrants.entries()) {
      await job.checkpoint();
      subject.heapBytes = (await runtime.heapOf?.(index === 0 ? a : (b ?? a), chosen, feeds, job)) ?? null;
    }
  }
  const software = request.backend === 'webgpu' && webgpu?.software === true;
  return conclude(
    entrants.map(({ subject }) => subject),
    { request, seed, software, conditions },
  );
}

/** How the first and the second model are loaded. */
function settingsOf({ backend, level, threads, loads }: BenchRequest): readonly [SessionSettings, SessionSettings] {
  const common = { backend, level, threads };
  return [
    { ...common, ...loads?.a },
    { ...common, ...loads?.b },
  ];
}

interface Measured {
  readonly request: BenchRequest;
  readonly seed: number;
  readonly software: boolean;
  readonly conditions: Conditions;
}

function conclude(subjects: readonly Subject[], { request, seed, software, conditions }: Measured): BenchResult {
  const [a, b] = subjects;
  if (!a) throw new Error('invariant: a benchmark has a first model');
  const { backend, level, threads, device } = request;
  const pair = b && {
    ratio: median(a.samples) / median(b.samples),
    interval: bootstrapRatio(a.samples, b.samples, seed, a.rounds),
  };
  const judged = pair && (software ? 'no verdict' : judge(pair.interval, a.samples.length));
  const result = {
    ...(device && { device: device.name }),
    backend,
    level,
    threads,
    a: a.timing(),
    b: b?.timing() ?? null,
    ratio: pair?.ratio ?? null,
    interval: pair?.interval ?? null,
    verdict: judged ?? null,
    conditions,
    software,
  };
  return { ...result, message: benchMessage(result, request.runs) };
}
