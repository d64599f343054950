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
  return subjects.map((subject, index) => viewOf(subject, together(found[index]!)));
}

/** The job as one turn of it sees it. */
const inTurn = (job: Job, index: number, again: boolean): Job => ({
  signal: job.signal,
  checkpoint: () => job.checkpoint(),
  progress: ({ stage, ...rest }) =>
    job.progress({ stage: `${index === 0 ? 'Before' : 'After'}${again ? ', again' : ''}: ${stage}`, ...rest }),
});

/** A profile with how far its turns lie apart, ms: of the whole, and by kernel. */
interface Turns extends Profile {
  readonly spreadMs: number;
  readonly spreads: readonly number[];
}

/** Of the same model: means, weighed alike, and half of what lies between the turns. */
function together(profiles: readonly Profile[]): Turns {
  const [first, ...others] = profiles;
  if (!first) throw new Error('invariant: a model was profiled');
  const mean = (of: (profile: Profile) => number): number =>
    profiles.reduce((sum, each) => sum + of(each), 0) / profiles.length;
  const spread = (of: (profile: Profile) => number): number => {
    const values = profiles.map(of);
    return (Math.max(...values) - Math.min(...values)) / 2;
  };
  const isAlike = (place: number): boolean =>
    others.every(({ kernels }) => kernels[place]?.node === first.kernels[place]?.node);
  const msAt = (place: number) => (profile: Profile) => profile.kernels[place]!.ms;
  return {
    ...first,
    runs: profiles.reduce((sum, { runs }) => sum + runs, 0),
    ms: mean(({ ms }) => ms),
    spreadMs: spread(({ ms }) => ms),
    kernels: first.kernels.map((kernel, at) => (isAlike(at) ? { ...kernel, ms: mean(msAt(at)) } : kernel)),
    spreads: first.kernels.map((_, at) => (isAlike(at) ? spread(msAt(at)) : 0)),
  };
}

function viewOf({ model, original, name, title }: ProfileSubject, profile: Turns): ProfileView {
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
    spreadMs: profile.spreadMs,
    kernelsMs,
    betweenMs: Math.max(0, ms - kernelsMs),
    mapped: kernelsMs > 0 ? 1 - measured.rest / kernelsMs : 1,
    clock,
    clockText: clockText(profile),
    software: profile.software,
    device: profile.device ?? null,
    inputs,
    ...rowsOf(model, measured, original, profile.spreads),
    roofline: null,
  };
}

/** On WebGPU without timestamps the processor only says how long handing over took. */
function clockText({ backend, clock }: Profile): string {
  if (clock === 'gpu') return 'GPU time by timestamp queries';
  return backend === 'webgpu' ? 'time on the processor, which only hands kernels over' : 'time on the processor';
}
