import type { Job } from '../../base/job.ts';
import type { BenchRequest, LoadOptions, Profile } from '../../bench/types.ts';
import type { Model } from '../../ir/model.ts';
import type { ProfileView } from '../../report/profile/types.ts';
import { namedParcel, timesIn } from '../node-times.ts';
import type { RuntimePort } from '../ports.ts';
import { rowsOf } from './rows.ts';

export interface ProfileSubject {
  readonly model: Model;
  /** The opened model that ancestors are nodes of; null: the subject is of another file. */
  readonly original: Model | null;
  readonly name: string;
  readonly title: string;
  /** How the runtime loads it. */
  readonly load: LoadOptions;
}

/**
 * Where the time of each model goes, by node, as the runtime runs it. Two are profiled in turn, the first, the second
 * twice, the first again, so that what the machine does meanwhile hits both alike.
 *
 * Throws `runtime`, `unsupported`, `out-of-memory`, `cancelled`, `bad-request`.
 */
export async function profileModels(
  subjects: readonly ProfileSubject[],
  request: BenchRequest,
  port: RuntimePort,
  job: Job,
): Promise<readonly ProfileView[]> {
  const order = subjects.length === 2 ? [0, 1, 1, 0] : subjects.map((_, index) => index);
  const times = order.length / subjects.length;
  const { runs, budgetMs } = request;
  const part = { ...request, runs: Math.ceil(runs / times), budgetMs: budgetMs / times };
  const found = subjects.map((): Profile[] => []);
  for (const [turn, index] of order.entries()) {
    const { model, name, load } = subjects[index]!;
    const watched = subjects.length === 1 ? job : inTurn(job, index, turn >= subjects.length);
    found[index]!.push(await port.profile(namedParcel(model, name), { ...part, loads: { a: load } }, watched));
  }
  job.progress({ stage: 'Finding the nodes' });
  await job.checkpoint();
  const software = request.backend === 'webgpu' && (await port.capabilities()).webgpu?.software === true;
  return subjects.map((subject, index) => viewOf(subject, together(found[index]!), software));
}

/** The job as one turn of it sees it. */
const inTurn = (job: Job, index: number, again: boolean): Job => ({
  signal: job.signal,
  checkpoint: () => job.checkpoint(),
  progress: ({ stage, ...rest }) =>
    job.progress({ stage: `${index === 0 ? 'Before' : 'After'}${again ? ', again' : ''}: ${stage}`, ...rest }),
});

/** Of the same model: means, weighed alike. */
function together(profiles: readonly Profile[]): Profile {
  const [first, ...others] = profiles;
  if (!first) throw new Error('invariant: a model was profiled');
  const mean = (of: (profile: Profile) => number): number =>
    profiles.reduce((sum, each) => sum + of(each), 0) / profiles.length;
  return {
    ...first,
    runs: profiles.reduce((sum, { runs }) => sum + runs, 0),
    ms: mean(({ ms }) => ms),
    kernels: first.kernels.map((kernel, place) => {
      const alike = others.every(({ kernels }) => kernels[place]?.node === kernel.node);
      return alike ? { ...kernel, ms: mean(({ kernels }) => kernels[place]!.ms) } : kernel;
    }),
  };
}

function viewOf({ model, original, name, title }: ProfileSubject, profile: Profile, software: boolean): ProfileView {
  const measured = timesIn(model, profile);
  const kernelsMs = profile.kernels.reduce((sum, { ms }) => sum + ms, 0);
  const { backend, level, threads, runs, ms, clock, inputs } = profile;
  return {
    name,
    title,
    backend,
    level,
    threads,
    runs,
    ms,
    kernelsMs,
    betweenMs: Math.max(0, ms - kernelsMs),
    mapped: kernelsMs > 0 ? 1 - measured.rest / kernelsMs : 1,
    clock,
    clockText: clockText(profile),
    software,
    inputs,
    ...rowsOf(model, measured, original),
    roofline: null,
  };
}

/** On WebGPU without timestamps the processor only says how long handing over took. */
function clockText({ backend, clock }: Profile): string {
  if (clock === 'gpu') return 'GPU time by timestamp queries';
  return backend === 'webgpu' ? 'time on the processor, which only hands kernels over' : 'time on the processor';
}
